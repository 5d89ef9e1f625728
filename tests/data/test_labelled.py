from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.conftest import draw_photo

from catordog.data.catalog import load_catalog
from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice
from catordog.data.labelled import (
    LabelledPhoto,
    assign_parts,
    data_sha256,
    deal_parts,
    load_labelled_photos,
    read_parts,
)
from catordog.data.photos import Photo
from catordog.data.sources.example import Example
from catordog.data.split import Part
from catordog.data.split_file import write_split
from catordog.errors import ConfigError, DatasetError
from catordog.labels import CLASSES, Label

TRAIN, VALIDATION, TEST = Part


class Listener:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        return lambda count: None

    def say(self, text: str) -> None:
        self.lines.append(text)


def load(folder: Path | str, decisions: Path | None = None) -> tuple[list[LabelledPhoto], Listener]:
    screen = Listener()
    return load_labelled_photos(str(folder), screen, decisions=decisions, cache=None), screen


def by_id(photos: Sequence[LabelledPhoto]) -> dict[str, LabelledPhoto]:
    return {photo.example.id: photo for photo in photos}


def save(photo: Image.Image, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    photo.save(path, quality=90)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six cats and six dogs in class folders."""
    for label in ("cat", "dog"):
        for number in range(6):
            photo = draw_photo(label, number + 50 * (label == "dog"))
            save(photo, tmp_path / "data" / label / f"{number}.jpg")
    return tmp_path / "data"


def invent(count: int, *, split: str = "", first: int = 0) -> list[LabelledPhoto]:
    """Photos of cats and dogs in turn, each a picture of its own."""
    return [
        LabelledPhoto(
            Example(f"{number}.jpg", Photo(f"{number}.jpg", None, f"{number}.jpg"), None),
            CLASSES[number % 2],
            f"{number * 7919:064x}",
            f"{number * 7919:064x}",
            split,
        )
        for number in range(first, first + count)
    ]


def test_photos_come_in_the_order_of_their_digests(folder: Path) -> None:
    photos, screen = load(folder)
    assert [photo.sha256 for photo in photos] == sorted(photo.sha256 for photo in photos)
    assert Counter(photo.label for photo in photos) == {Label.CAT: 6, Label.DOG: 6}
    assert all(photo.label == photo.example.id.partition("/")[0] for photo in photos)
    assert {photo.given_split for photo in photos} == {""}
    assert all(photo.key == photo.sha256 for photo in photos)  # no two are near duplicates
    assert screen.lines == []


def test_names_and_packaging_play_no_part(folder: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "other.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for number, path in enumerate(sorted(folder.rglob("*.jpg"), reverse=True)):
            archive.write(path, f"train/{path.parent.name}.{number}.jpg")
    (photos, _), (others, _) = load(folder), load(zipped)
    for name in ("sha256", "key", "label"):
        assert [getattr(photo, name) for photo in photos] == [getattr(p, name) for p in others]
    assert data_sha256(photos) == data_sha256(others)
    options = {"val": 0.2, "test": 0.2, "seed": 3}
    assert deal_parts(photos, **options) == deal_parts(others, **options)  # type: ignore[arg-type]


def test_copies_share_a_key_and_a_part(folder: Path) -> None:
    shutil.copy(folder / "cat" / "0.jpg", folder / "cat" / "exact.jpg")
    photo = Image.open(folder / "cat" / "0.jpg")
    photo.resize((45, 45)).save(folder / "cat" / "small.jpg", quality=60)
    save(draw_photo("dog", 99), folder / "dog" / "6.jpg")
    photos, _ = load(folder)
    own = by_id(photos)
    copies = [own[f"cat/{name}.jpg"] for name in ("0", "exact", "small")]
    assert {photo.key for photo in copies} == {min(photo.sha256 for photo in copies)}
    assert len({photo.key for photo in photos}) == len(photos) - 2
    for seed in range(10):
        parts = deal_parts(photos, val=0.4, test=0, seed=seed)
        assert len({parts[photos.index(photo)] for photo in copies}) == 1


def test_what_is_left_out_is_told(folder: Path) -> None:
    save(draw_photo("cat", 90), folder / "unsorted" / "1.jpg")
    save(draw_photo("cat", 91), folder / "neither" / "1.jpg")
    save(draw_photo("cat", 92), folder / "both" / "1.jpg")
    (folder / "cat" / "dangling.jpg").symlink_to(folder / "nowhere")
    (folder / "unsorted" / "dangling.jpg").symlink_to(folder / "nowhere")
    (folder / "dog" / "broken.jpg").write_bytes(b"no photo")  # readable: training tells of it
    photos, screen = load(folder)
    assert len(photos) == 13
    assert "dog/broken.jpg" in by_id(photos)
    assert screen.lines == [
        "left out: 2 photos that cannot be read",
        "left out: 3 photos not labelled cat or dog",
    ]


def test_decisions_count_more_than_the_data_set(folder: Path, tmp_path: Path) -> None:
    save(draw_photo("dog", 90), folder / "unsorted" / "1.jpg")
    own = by_id(load(folder)[0])
    log = DecisionLog(tmp_path / "decisions.csv")
    for name, choice in (
        ("cat/0.jpg", Choice.DOG),
        ("cat/1.jpg", Choice.DROP),
        ("cat/2.jpg", Choice.NEITHER),
        ("cat/3.jpg", Choice.KEEP),
        ("cat/4.jpg", Choice.DOG),
        ("cat/4.jpg", Choice.UNDECIDED),
    ):
        log.append(name, own[name].sha256, Label.CAT, choice)
    photos, screen = load(folder, tmp_path / "decisions.csv")
    found = {name: photo.label for name, photo in by_id(photos).items()}
    assert found["cat/0.jpg"] is Label.DOG
    assert found["cat/3.jpg"] is found["cat/4.jpg"] is found["cat/5.jpg"] is Label.CAT
    assert found.keys() == own.keys() - {"cat/1.jpg", "cat/2.jpg"}
    assert screen.lines == [
        f"{tmp_path / 'decisions.csv'}: 2 labels changed, 1 photo dropped",
        "left out: 2 photos not labelled cat or dog",
    ]
    assert data_sha256(photos) != data_sha256(list(own.values()))


def test_decision_can_label_what_nobody_labelled(folder: Path, tmp_path: Path) -> None:
    path = save(draw_photo("dog", 90), folder / "unsorted" / "1.jpg")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    DecisionLog(tmp_path / "d.csv").append("unsorted/1.jpg", sha256, None, Choice.DOG)
    photos, screen = load(folder, tmp_path / "d.csv")
    assert by_id(photos)["unsorted/1.jpg"].label is Label.DOG
    assert screen.lines == [f"{tmp_path / 'd.csv'}: 1 label changed, 0 photos dropped"]


def test_decision_on_another_photo_is_refused(folder: Path, tmp_path: Path) -> None:
    DecisionLog(tmp_path / "d.csv").append("cat/0.jpg", "0" * 64, Label.CAT, Choice.DOG)
    with pytest.raises(DatasetError, match=r"decision on 'cat/0\.jpg'.*catordog review"):
        load(folder, tmp_path / "d.csv")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["cat.1.jpg", "cat.2.jpg", "x.jpg"], "received 2 cat, 0 dog among 3 photos"),
        (["a.jpg", "b.jpg"], r"received 0 cat, 0 dog among 2 photos.*the first is 'a\.jpg'"),
    ],
)
def test_missing_class_is_refused(names: list[str], words: str, tmp_path: Path) -> None:
    for seed, name in enumerate(names):
        save(draw_photo("cat", seed), tmp_path / name)
    with pytest.raises(
        DatasetError, match=rf"^Cannot learn from .*class folders; .*{words}.*folders named cat"
    ):
        load(tmp_path)


def test_class_of_which_no_photo_can_be_read_is_refused(tmp_path: Path) -> None:
    save(draw_photo("cat", 1), tmp_path / "cat" / "1.jpg")
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "1.jpg").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="received 1 cat, 0 dog among 2 photos"):
        load(tmp_path)


def test_own_splits_of_the_data_set_are_read_and_honoured(tmp_path: Path) -> None:
    splits = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    seed = 0
    for split in splits:
        for label in ("cats", "dogs"):
            for number in range(2):
                seed += 1
                save(draw_photo(label[:-1], seed), tmp_path / split / label / f"{number}.jpg")
    photos, _ = load(tmp_path)
    parts = assign_parts(photos, val=0.9, test=0.05)
    assert [str(part) for part in parts] == [photo.given_split for photo in photos]
    assert parts == [splits[photo.example.id.partition("/")[0]] for photo in photos]


def test_given_test_stays_and_validation_is_dealt_from_the_rest() -> None:
    photos = invent(100, split="train") + invent(20, split="test", first=100)
    parts = assign_parts(photos, val=0.2, test=0.5)
    assert parts[100:] == [TEST] * 20
    assert Counter(parts[:100]) == {TRAIN: 80, VALIDATION: 20}
    assert parts != assign_parts(photos, val=0.2, seed=1)


def test_given_validation_without_a_test_leaves_none() -> None:
    photos = invent(20, split="train") + invent(20, split="val", first=20)
    assert assign_parts(photos, val=0.1, test=0.3) == [TRAIN] * 20 + [VALIDATION] * 20


@pytest.mark.parametrize("split", ["", "train"])
def test_without_given_splits_all_are_dealt(split: str) -> None:
    photos = invent(100, split=split)
    parts = assign_parts(photos, val=0.2, test=0.1, seed=5)
    assert Counter(parts) == {TRAIN: 70, VALIDATION: 20, TEST: 10}
    assert parts == deal_parts(photos, val=0.2, test=0.1, seed=5)


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        (invent(20, split="val"), "received no cat in part 'train'"),
        (invent(20, split="test"), "Cannot split 0 photos of a cat"),
        (invent(19, split="train") + invent(1, split="val", first=20), "no dog in part 'val'"),
        (invent(1, split="train") + invent(9, split="val", first=20), "no dog in part 'train'"),
    ],
)
def test_given_splits_that_lack_a_class_are_refused(
    photos: list[LabelledPhoto], words: str
) -> None:
    with pytest.raises(DatasetError, match=words):
        assign_parts(photos)


def test_shares_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="leave some photos to train on"):
        assign_parts(invent(20), val=0.5, test=0.5)


@settings(max_examples=30, deadline=None)
@given(
    order=st.permutations(range(48)),
    keys=st.lists(st.integers(0, 30), min_size=48, max_size=48),
    seed=st.integers(0, 3),
)
def test_deal_does_not_depend_on_order_and_keeps_groups_together(
    order: list[int], keys: list[int], seed: int
) -> None:
    # One dog and one cat of each key, besides, so that there is enough of both.
    photos = [
        LabelledPhoto(photo.example, photo.label, photo.sha256, f"{key:064x}", "")
        for photo, key in zip(invent(48), keys, strict=True)
    ] + invent(60, first=100)
    everyone = [*order, *range(48, 108)]
    straight = deal_parts(photos, val=0.3, test=0.2, seed=seed)
    shuffled = deal_parts([photos[at] for at in everyone], val=0.3, test=0.2, seed=seed)
    assert shuffled == [straight[at] for at in everyone]
    parts_of_key: dict[str, set[Part]] = {}
    for photo, part in zip(photos, straight, strict=True):
        parts_of_key.setdefault(photo.key, set()).add(part)
    assert {len(parts) for parts in parts_of_key.values()} == {1}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Of twelve photos whose data set says another."""
    photos = invent(12, split="train")
    parts = [*[TRAIN] * 6, *[VALIDATION] * 4, *[TEST] * 2]
    rows = [
        (photo.example.id, photo.label, part, photo.key, photo.sha256)
        for photo, part in zip(photos, parts, strict=True)
    ]
    return write_split(tmp_path / "split.csv", rows).path


def test_split_file_counts_more_than_anything(split: Path) -> None:
    photos = invent(12, split="test")[::-1]
    parts = assign_parts(photos, split=split, val=0.9)
    assert parts == [*[TEST] * 2, *[VALIDATION] * 4, *[TRAIN] * 6]
    assert parts == read_parts(photos, split)


def test_split_file_of_other_photos_is_refused(split: Path) -> None:
    with pytest.raises(DatasetError, match="1 new, 2 missing and 0 changed"):
        assign_parts(invent(11, first=2), split=split)


def test_split_file_still_serves_when_decisions_leave_photos_out(
    split: Path, tmp_path: Path
) -> None:
    photos = invent(12)
    dropped = photos.pop(3)
    log = DecisionLog(tmp_path / "d.csv")
    log.append(dropped.example.id, dropped.sha256, dropped.label, Choice.DROP)
    with pytest.raises(DatasetError, match="0 new, 1 missing"):
        assign_parts(photos, split=split)
    parts = assign_parts(photos, split=split, decisions=log.path)
    assert parts == [*[TRAIN] * 5, *[VALIDATION] * 4, *[TEST] * 2]


def test_split_file_that_lacks_a_class_is_refused(split: Path) -> None:
    split.write_text(split.read_text().replace(",val,", ",test,"))
    with pytest.raises(
        DatasetError,
        match=r"^Cannot learn by split '.*split\.csv': expected .* received no cat in part 'val'\. "
        "Make another with: catordog split",
    ):
        assign_parts(invent(12), split=split)


def test_other_labels_come_along_if_they_are_wanted(tmp_path: Path) -> None:
    for place, label in enumerate(("cat", "dog", "both", "neither")):
        save(draw_photo("cat", place), tmp_path / label / "a.jpg")
    screen = Listener()
    photos = load_labelled_photos(str(tmp_path), screen, labels=tuple(Label), cache=None)
    assert {photo.label for photo in photos} == set(Label)
    assert not screen.lines
    photos, screen = load(tmp_path)
    assert {photo.label for photo in photos} == set(CLASSES)
    assert screen.lines == ["left out: 2 photos not labelled cat or dog"]


def test_catalog_stands_for_its_data_set(tmp_path: Path) -> None:
    for place, label in enumerate(CLASSES):
        save(draw_photo(label, place), tmp_path / label / "a.jpg")
    catalog = load_catalog(str(tmp_path), cache=None)
    photos, _ = load(tmp_path)
    assert load_labelled_photos(catalog, Listener(), cache=None) == photos
