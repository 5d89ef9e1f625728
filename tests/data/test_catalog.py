from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.conftest import draw_photo

from catordog import Classifier
from catordog.data import catalog_cache, scan
from catordog.data.catalog import COLUMNS, Catalog, load_catalog
from catordog.data.photos import PhotoReader
from catordog.data.sources import open_source
from catordog.errors import ImageError
from catordog.images.preprocess import PreprocessSpec
from catordog.inference.bundle import SHIPPED_MODELS, load_bundle


@dataclass
class FakeModel:
    """Stands in for a `Bundle`: its features are mean colours; counts the photos it saw."""

    name: str = "a"
    size_px: int = scan.SCAN_PX
    seen: int = 0
    metadata: SimpleNamespace = field(init=False)

    def __post_init__(self) -> None:
        self.metadata = SimpleNamespace(preprocess=PreprocessSpec(self.size_px))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def predict_with_features(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert pixels.shape[1:] == (self.size_px, self.size_px, 3)
        self.seen += len(pixels)
        mean = pixels.mean(axis=(1, 2), dtype=np.float32) / 255
        features = np.resize(mean.T, (1280, len(mean))).T * (1 + len(self.name))
        return mean[:, [0, 2]], np.ascontiguousarray(features)


class Work:
    """Counts what is read, by the photo's name, and what is decoded."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.decoded = 0

    def clear(self) -> None:
        self.read.clear()
        self.decoded = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted = Work()
    read, decode = PhotoReader.read, scan.decode_image

    def count_read(self: PhotoReader, photo: Any) -> bytes:
        counted.read[Path(photo.path).name] += 1
        return read(self, photo)

    def count_decode(data: bytes, **options: Any) -> Any:
        counted.decoded += 1
        return decode(data, **options)

    monkeypatch.setattr(PhotoReader, "read", count_read)
    monkeypatch.setattr(scan, "decode_image", count_decode)
    return counted


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five cats and five dogs in class folders."""
    folder = tmp_path / "photos"
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for number in range(5):
            photo = draw_photo(label, number + 100 * (label == "dog"), side_px=48)
            photo.save(folder / label / f"{label}{number}.jpg")
    return folder


@pytest.fixture
def look(photos: Path, tmp_path: Path) -> Callable[..., Catalog]:
    """Looks at the photos, with a cache."""

    def load(**options: Any) -> Catalog:
        return load_catalog(str(photos), **{"cache": tmp_path / "cache", **options})

    return load


def assert_same(one: Catalog, other: Catalog) -> None:
    pd.testing.assert_frame_equal(one.table, other.table)
    assert (one.tiny == other.tiny).all()
    assert one.thumbnails == other.thumbnails
    for name in ("features", "probabilities"):
        own, its = getattr(one, name), getattr(other, name)
        assert (own is None) == (its is None)
        assert own is None or np.array_equal(own, its, equal_nan=True)


def the_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_table_says_of_each_photo_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "train" / "cats").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    draw_photo("cat", 1, side_px=80).resize((80, 40)).save(
        tmp_path / "train" / "cats" / "a.jpg", exif=exif
    )
    Image.new("L", (30, 20), 51).save(tmp_path / "b.png")
    catalog = load_catalog(str(tmp_path), cache=None)
    table = catalog.table
    assert table.dtypes.astype(str).to_dict() == COLUMNS
    assert list(table.index) == [0, 1]
    assert table["id"].to_list() == ["b.png", "train/cats/a.jpg"]
    assert table["location"].to_list() == [
        str(tmp_path / "b.png"),
        str(tmp_path / "train/cats/a.jpg"),
    ]
    plain, photo = (row._asdict() for row in table.itertuples(index=False))
    for row in (plain, photo):
        data = Path(row["location"]).read_bytes()
        assert row["bytes"] == len(data)
        assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert row["problem"] == row["breed"] == ""
    assert (photo["label"], photo["split"]) == ("cat", "train")
    assert (photo["width"], photo["height"], photo["orientation"]) == (40, 80, 6)  # upright
    assert photo["format"] == "JPEG"
    assert (plain["label"], plain["split"], plain["format"]) == ("", "", "PNG")
    assert (plain["width"], plain["height"], plain["orientation"]) == (30, 20, 1)
    assert plain["brightness"] == pytest.approx(0.2)
    assert plain["sharpness"] == plain["entropy"] == 0
    assert (catalog.tiny[0] == 51).all()
    assert Image.open(io.BytesIO(catalog.thumbnails[1])).size == (40, 80)
    assert catalog.decodable.tolist() == [True, True]
    assert catalog.features is catalog.probabilities is None


def test_rows_follow_the_source(photos: Path) -> None:
    source = open_source(str(photos))
    catalog = load_catalog(source, cache=None)
    assert catalog.source is source
    assert catalog.table["id"].to_list() == [example.id for example in source.examples]
    assert catalog.table["label"].to_list() == ["cat"] * 5 + ["dog"] * 5


def test_each_photo_is_read_and_decoded_once(look: Callable[..., Catalog], work: Work) -> None:
    model = FakeModel()
    first = look(model=model)
    assert len(work.read) == 10
    assert set(work.read.values()) == {1}
    assert work.decoded == model.seen == 10
    work.clear()
    assert_same(look(model=model), first)
    assert not work.read
    assert work.decoded == 0
    assert model.seen == 10


def test_without_a_cache_nothing_is_kept(
    look: Callable[..., Catalog], work: Work, tmp_path: Path
) -> None:
    assert_same(look(cache=None), look(cache=None))
    assert set(work.read.values()) == {2}
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def change_bytes(photos: Path) -> None:
    draw_photo("dog", 77, side_px=50).save(photos / "cat" / "cat1.jpg", quality=95)


def change_time_alone(photos: Path) -> None:
    path = photos / "cat" / "cat1.jpg"
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert path.stat().st_size == status.st_size


def change_size_alone(photos: Path) -> None:
    path = photos / "cat" / "cat1.jpg"
    status = path.stat()
    path.write_bytes(path.read_bytes() + b"\0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def add(photos: Path) -> None:
    draw_photo("cat", 50).save(photos / "cat" / "cat1b.jpg")


def rename(photos: Path) -> None:
    (photos / "cat" / "cat1.jpg").rename(photos / "cat" / "cat1b.jpg")


def move_to_the_dogs(photos: Path) -> None:
    (photos / "cat" / "cat1.jpg").rename(photos / "dog" / "cat1.jpg")


def exchange(photos: Path) -> None:
    one, other = photos / "cat" / "cat1.jpg", photos / "cat" / "cat2.jpg"
    one.rename(photos / "kept")
    other.rename(one)
    (photos / "kept").rename(other)


def remove(photos: Path) -> None:
    (photos / "cat" / "cat1.jpg").unlink()


@pytest.mark.parametrize(
    ("change", "read"),
    [
        (change_bytes, ["cat1.jpg"]),
        (change_time_alone, ["cat1.jpg"]),
        (change_size_alone, ["cat1.jpg"]),
        (add, ["cat1b.jpg"]),
        (rename, ["cat1b.jpg"]),
        (move_to_the_dogs, ["cat1.jpg"]),
        (exchange, ["cat1.jpg", "cat2.jpg"]),
        (remove, []),
    ],
)
def test_only_what_changed_is_looked_at_again(
    change: Callable[[Path], None],
    read: list[str],
    look: Callable[..., Catalog],
    photos: Path,
    work: Work,
) -> None:
    model = FakeModel()
    look(model=model)
    model.seen = 0
    change(photos)
    work.clear()
    second = look(model=model)
    assert sorted(work.read) == read
    assert model.seen == work.decoded == len(read)
    assert_same(second, look(model=model, cache=None))
    work.clear()
    assert_same(look(model=model), second)
    assert not work.read


def test_zip_is_read_again_when_it_changes(tmp_path: Path, photos: Path, work: Work) -> None:
    path, cache = tmp_path / "photos.zip", tmp_path / "cache"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3):
            archive.write(photos / "cat" / f"cat{number}.jpg", f"cat/{number}.jpg")
    first = load_catalog(str(path), cache=cache)
    assert first.table["id"].to_list() == ["cat/0.jpg", "cat/1.jpg", "cat/2.jpg"]
    work.clear()
    assert_same(load_catalog(str(path), cache=cache), first)
    assert not work.read
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(photos / "cat" / "cat3.jpg", "cat/3.jpg")
    os.utime(path, (1, 1))
    assert len(load_catalog(str(path), cache=cache).table) == 4
    assert len(work.read) == 4


def test_one_cache_serves_a_data_set_named_from_anywhere(
    tmp_path: Path, photos: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    load_catalog(str(photos), cache=cache)
    work.clear()
    monkeypatch.chdir(photos / "cat")
    for name in ("..", "../", f"{photos}/", "../../photos"):
        catalog = load_catalog(name, cache=cache)
        assert not work.read
        assert catalog.table["location"].map(lambda path: Path(path).is_file()).all()
    assert len(list(cache.iterdir())) == 1


def test_two_data_sets_do_not_share_a_cache_file(
    tmp_path: Path, photos: Path, work: Work, look: Callable[..., Catalog]
) -> None:
    first = look()
    shutil.copytree(photos, tmp_path / "others")  # same names, sizes and times
    load_catalog(str(tmp_path / "others"), cache=tmp_path / "cache")
    work.clear()
    assert_same(look(), first)
    assert not work.read


def test_features_are_kept_over_a_look_without_a_model(
    look: Callable[..., Catalog], photos: Path, work: Work
) -> None:
    model = FakeModel()
    first = look(model=model)
    without = look()
    assert without.features is without.probabilities is None
    add(photos)  # so that the cache is written
    assert look().features is None
    model.seen = 0
    work.clear()
    third = look(model=model)
    assert list(work.read) == ["cat1b.jpg"]
    assert model.seen == 1
    assert_same(third, look(model=model, cache=None))
    assert first.features is not None
    assert third.features is not None
    old = third.table["id"] != "cat/cat1b.jpg"
    assert (third.features[old] == first.features).all()


def test_figures_of_a_look_without_a_model_are_no_features(look: Callable[..., Catalog]) -> None:
    look()
    model = FakeModel()
    catalog = look(model=model)
    assert model.seen == 10
    assert catalog.features is not None
    assert catalog.features.dtype == np.float32
    assert not np.isnan(catalog.features).any()


def test_features_of_another_model_are_not_taken_for_its_own(look: Callable[..., Catalog]) -> None:
    one, other = FakeModel("a"), FakeModel("another")
    first = look(model=one)
    second = look(model=other)
    assert other.seen == 10
    assert first.features is not None
    assert second.features is not None
    assert np.allclose(second.features, first.features * 4, rtol=1e-3)
    assert_same(second, look(model=other, cache=None))


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_probabilities_are_those_that_predict_gives_at_first_look(name: str, samples: Path) -> None:
    catalog = load_catalog(str(samples), model=load_bundle(name), cache=None)
    answers = Classifier.load(name, second_look="off").predict_many(
        [example.photo.path for example in catalog.source.examples]
    )
    expected = [(answer.p_cat, answer.p_dog) for answer in answers]  # type: ignore[union-attr]
    assert catalog.probabilities is not None
    assert np.abs(catalog.probabilities - expected).max() < 1e-6
    assert catalog.features is not None
    assert catalog.features.shape == (len(expected), 1280)
    assert (catalog.features >= 0).all()


def break_photos(folder: Path) -> list[str]:
    """Adds what cannot be decoded; returns the names."""
    (folder / "cat" / "empty.jpg").write_bytes(b"")
    (folder / "cat" / "text.jpg").write_bytes(b"no photo at all")
    (folder / "cat" / "dangling.jpg").symlink_to(folder / "nowhere")
    (folder / "dog" / "folder.jpg").symlink_to(folder / "cat")
    whole = (folder / "dog" / "dog0.jpg").read_bytes()
    (folder / "dog" / "header.jpg").write_bytes(whole[:200])
    return ["empty.jpg", "text.jpg", "dangling.jpg", "header.jpg"]


def test_what_cannot_be_decoded_is_a_row_with_its_problem(
    look: Callable[..., Catalog], photos: Path
) -> None:
    names = break_photos(photos)
    model = FakeModel()
    catalog = look(model=model)
    assert model.seen == 10
    table = catalog.table.set_index(catalog.table["id"].map(lambda name: name.rpartition("/")[2]))
    bad = table.loc[names]
    assert (~catalog.decodable).sum() == len(names)
    columns = ["width", "height", "orientation", "brightness", "sharpness", "entropy"]
    assert bad[columns].isna().all(axis=None)
    assert (bad[["format", "phash"]] == "").all(axis=None)
    assert bad["problem"].str.startswith("Cannot ").all()
    assert bad["bytes"].to_list() == [0, 15, pd.NA, 200]
    assert bad.loc["empty.jpg", "sha256"] == hashlib.sha256(b"").hexdigest()
    assert bad.loc["dangling.jpg", "sha256"] == ""
    assert "No such file" in bad.loc["dangling.jpg", "problem"]
    assert (catalog.tiny[~catalog.decodable] == 0).all()
    assert {catalog.thumbnails[row] for row in np.flatnonzero(~catalog.decodable)} == {b""}
    assert catalog.features is not None
    assert catalog.probabilities is not None
    assert (np.isnan(catalog.features).all(axis=1) == ~catalog.decodable).all()
    assert (np.isnan(catalog.probabilities).any(axis=1) == ~catalog.decodable).all()
    assert_same(look(model=model), catalog)


def test_only_broken_photos_make_a_catalog_too(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "empty.jpg").write_bytes(b"")
    for _ in range(2):
        catalog = load_catalog(str(tmp_path / "photos"), model=FakeModel(), cache=tmp_path / "c")
        assert not catalog.decodable.any()
    assert not (tmp_path / "c").exists()  # there is nothing to keep


def test_damaged_photo_has_figures_and_a_problem(photos: Path, tmp_path: Path) -> None:
    path = photos / "cat" / "cat1.jpg"
    draw_photo("cat", 1, side_px=200).save(path)
    path.write_bytes(path.read_bytes()[:-3000])
    for _ in range(2):
        catalog = load_catalog(str(photos), cache=tmp_path / "cache")
        row = catalog.table.loc[1]
        assert row["problem"].startswith("truncated:")
        assert (row["width"], row["height"]) == (200, 200)
        assert catalog.decodable.all()


def test_what_could_not_be_decoded_is_tried_again(
    look: Callable[..., Catalog], work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    decode = scan.decode_image

    def refuse_dogs(data: bytes, **options: Any) -> Any:
        image = decode(data, **options)
        if image.pixels[24, 24, 2] > 150:
            raise ImageError("Cannot decode the photo: expected an extra. Install it.")
        return image

    with monkeypatch.context() as patch:
        patch.setattr(scan, "decode_image", refuse_dogs)
        first = look()
        assert first.decodable.tolist() == [True] * 5 + [False] * 5
        before = the_file(tmp_path / "cache").stat()
        look()  # no news: the file is left alone
        assert the_file(tmp_path / "cache").stat().st_mtime_ns == before.st_mtime_ns
    work.clear()
    assert look().decodable.all()
    assert sorted(work.read) == [f"dog{number}.jpg" for number in range(5)]


def test_names_that_are_not_utf8_are_kept(photos: Path, tmp_path: Path, work: Work) -> None:
    for name in (b"caf\xe9.jpg", b"\xff.jpg"):
        source = photos / "cat" / "cat1.jpg"
        shutil.copy(source, os.path.join(os.fsencode(photos), b"cat", name))  # noqa: PTH118
    zipped = os.path.join(os.fsencode(tmp_path), b"\xe9.zip")  # noqa: PTH118
    with zipfile.ZipFile(os.fsdecode(zipped), "w") as archive:
        archive.write(source, "cat/1.jpg")
        archive.writestr("cat/2.jpg", b"no photo")
    for path, expected in ((str(photos), 12), (os.fsdecode(zipped), 2)):
        first = load_catalog(path, cache=tmp_path / "cache")
        assert len(first.table) == expected
        work.clear()
        assert_same(load_catalog(path, cache=tmp_path / "cache"), first)
        assert len(work.read) == (~first.decodable).sum()
    ids = load_catalog(str(photos), cache=None).table["id"].to_list()
    assert {"cat/caf\udce9.jpg", "cat/\udcff.jpg"} <= set(ids)


def test_unreadable_photo_whose_name_is_not_utf8_has_a_problem_that_is(tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"\xe9")  # noqa: PTH118
    Path(os.fsdecode(folder)).mkdir()
    path = Path(os.fsdecode(folder)) / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"\xff\xd8\xff" * 100)
    data = bytearray(path.read_bytes())
    data[60] ^= 1  # of the member, whose checksum is then wrong
    path.write_bytes(data)
    catalog = load_catalog(str(path), cache=tmp_path / "cache")
    assert r"\udce9" in catalog.table.loc[0, "problem"]
    assert catalog.table.loc[0, "sha256"] == ""


@pytest.mark.parametrize("model", [None, FakeModel()])
@pytest.mark.parametrize("damage", ["empty", "cut", "other", "bits", "folder"])
def test_damaged_cache_is_done_without(
    damage: str,
    model: FakeModel | None,
    look: Callable[..., Catalog],
    tmp_path: Path,
    work: Work,
) -> None:
    first = look(model=model)
    path = the_file(tmp_path / "cache")
    data = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "bits":
        flipped = bytearray(data)
        flipped[len(data) // 3] ^= 0x10
        path.write_bytes(flipped)
    else:
        path.write_bytes({"empty": b"", "cut": data[:-100], "other": b"x,y\n"}[damage])
    work.clear()
    assert_same(look(model=model), first)
    assert work.read
    if damage != "folder":
        work.clear()
        assert_same(look(model=model), first)  # and a whole one is there again
        assert not work.read


def test_cache_of_another_version_is_done_without(
    look: Callable[..., Catalog], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = look()
    work.clear()
    monkeypatch.setattr(catalog_cache, "_VERSION", 0)
    assert_same(look(), first)
    assert len(work.read) == 10


def test_any_flipped_bit_of_the_cache_is_noticed_or_harmless(
    look: Callable[..., Catalog], tmp_path: Path
) -> None:
    model = FakeModel()
    first = look(model=model)
    path = the_file(tmp_path / "cache")
    data = path.read_bytes()
    random = np.random.default_rng(0)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")  # as Parquet has it
    places = [*random.integers(0, len(data), 30), *random.integers(footer, len(data), 60)]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << random.integers(0, 8)
        path.write_bytes(flipped)
        assert_same(look(model=model), first)


def test_cache_that_cannot_be_written_is_done_without(
    look: Callable[..., Catalog], tmp_path: Path, work: Work
) -> None:
    (tmp_path / "file").write_text("no folder")
    first = look(cache=tmp_path / "file" / "cache")
    work.clear()
    assert_same(look(cache=tmp_path / "file" / "cache"), first)
    assert len(work.read) == 10
    assert (tmp_path / "file").read_text() == "no folder"


class Interrupted(Exception):
    """Stands in for Ctrl-C."""


@dataclass
class ImpatientScreen:
    """Interrupts after some photos."""

    after: int
    done: int = 0
    stages: list[tuple[str, int]] = field(default_factory=list)

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        self.stages.append((name, total))

        def advance(count: int) -> None:
            self.done += count
            if self.done >= self.after:
                raise Interrupted

        return advance

    def say(self, text: str) -> None: ...


def test_interrupted_look_keeps_what_it_had(look: Callable[..., Catalog], work: Work) -> None:
    screen = ImpatientScreen(4)
    with pytest.raises(Interrupted):
        look(screen=screen)
    assert screen.stages == [("looking at photos", 10)]
    work.clear()
    catalog = look()
    assert len(work.read) == 6
    assert_same(catalog, look(cache=None))


def test_look_interrupted_before_the_first_photo_leaves_no_trace(
    look: Callable[..., Catalog], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise Interrupted

    monkeypatch.setattr(scan, "_scan_chunk", interrupt)
    with pytest.raises(Interrupted):
        look()
    assert not (tmp_path / "cache").exists()


def test_look_interrupted_with_a_new_model_keeps_the_old_figures(
    look: Callable[..., Catalog], work: Work
) -> None:
    look()
    model = FakeModel()
    with pytest.raises(Interrupted):
        look(model=model, screen=ImpatientScreen(4))
    work.clear()
    look()
    assert not work.read
    look(model=model)
    assert len(work.read) == 6


def test_more_photos_than_a_chunk_come_in_order(tmp_path: Path) -> None:
    for number in range(70):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number:02}.png")
    catalog = load_catalog(str(tmp_path), model=FakeModel(size_px=8), cache=None)
    assert catalog.tiny[:, 0, 0, 0].tolist() == list(range(70))
    assert catalog.probabilities is not None
    assert np.allclose(catalog.probabilities[:, 0] * 255, range(70), atol=1e-3)
