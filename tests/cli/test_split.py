from __future__ import annotations

import csv
import io
import os
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from catordog.cli import app
from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice
from catordog.data.labelled import LabelledPhoto, assign_parts, data_sha256, load_labelled_photos
from catordog.data.split import Part
from catordog.data.split_file import read_split
from catordog.errors import DatasetError
from catordog.labels import Label
from catordog.progress import SilentScreen
from tests.conftest import draw_photo

COPIES = 6


def split(data: Path, out: Path, *more: str) -> Result:
    arguments = ["split", data, "--out", out, "--cache", data.parent / "cache", *more]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def load(data: Path, decisions: Path | None = None) -> list[LabelledPhoto]:
    cache = data.parent / "cache"
    return load_labelled_photos(str(data), SilentScreen(), decisions=decisions, cache=cache)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def to_jpeg(image: Image.Image, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def write_photos(folder: Path, photos: dict[str, bytes]) -> Path:
    for name, data in photos.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders: 20 of each class, and of each of the first six dogs a copy of another kind."""
    photos: dict[str, bytes] = {}
    for at in range(20):
        photos[f"cats/{at}.jpg"] = to_jpeg(draw_photo("cat", at, side_px=80))
        photos[f"dogs/{at}.jpg"] = to_jpeg(draw_photo("dog", 100 + at, side_px=80))
    drawn = [draw_photo("dog", 100 + at, side_px=80) for at in range(COPIES)]
    copies = (
        photos["dogs/0.jpg"],
        to_jpeg(drawn[1], 60),
        to_jpeg(drawn[2].resize((61, 61))),
        to_jpeg(drawn[3].transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        to_jpeg(drawn[4].crop((4, 4, 80, 80))),
        to_jpeg(drawn[5].convert("L")),  # found by its pattern, not its colours
    )
    photos |= {f"dogs/copy {at}.jpg": copy for at, copy in enumerate(copies)}
    return write_photos(tmp_path_factory.mktemp("split") / "pets", photos)


def test_split_is_written_and_told(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "split.csv"
    result = split(pets, out)
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    rows = rows_of(out)
    counts = Counter(row["split"] for row in rows)
    assert result.stderr.splitlines() == [
        f"46 photos, {len({row['group'] for row in rows})} different pictures: "
        f"{counts['train']} train, {counts['val']} val, {counts['test']} test",
        f"data {data_sha256(load(pets))}",
    ]
    assert list(rows[0]) == ["id", "label", "split", "group", "sha256"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {row["label"] for row in rows if row["id"].startswith("cats/")} == {"cat"}
    of_cats = Counter(row["split"] for row in rows if row["label"] == "cat")
    assert of_cats == {"train": 16, "val": 2, "test": 2}


@pytest.mark.parametrize("seed", range(5))
def test_copies_never_lie_in_two_parts(pets: Path, tmp_path: Path, seed: int) -> None:
    split(pets, tmp_path / "split.csv", "--seed", str(seed), "--val", "0.3", "--test", "0.3")
    rows = {row["id"]: row for row in rows_of(tmp_path / "split.csv")}
    for at in range(COPIES - 1):
        photo, copy = rows[f"dogs/{at}.jpg"], rows[f"dogs/copy {at}.jpg"]
        assert (photo["group"], photo["split"]) == (copy["group"], copy["split"])
    part_of: dict[str, set[str]] = {}
    for row in rows.values():
        part_of.setdefault(row["group"], set()).add(row["split"])
    assert all(len(parts) == 1 for parts in part_of.values())
    assert set().union(*part_of.values()) == {"train", "val", "test"}


def test_zip_gives_the_same_file_as_the_folder(pets: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "packed"), "zip", pets)
    with zipfile.ZipFile(tmp_path / "wrapped.zip", "w") as archive:
        for photo in sorted(pets.rglob("*.jpg"), reverse=True):
            archive.write(photo, f"any/name/{photo.relative_to(pets)}")
    sources = (pets, tmp_path / "packed.zip", tmp_path / "wrapped.zip")
    said = {split(data, tmp_path / f"{at}.csv").stderr for at, data in enumerate(sources)}
    assert len({(tmp_path / f"{at}.csv").read_bytes() for at in range(3)}) == 1
    assert len(said) == 1


def test_renamed_photos_keep_their_parts(pets: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed" / "train"
    renamed.mkdir(parents=True)
    for at, photo in enumerate(sorted(pets.rglob("*.jpg"), reverse=True)):
        shutil.copy(photo, renamed / f"{photo.parent.name[:3]}.{at}.jpg")
    first = split(pets, tmp_path / "1.csv")
    second = split(tmp_path / "renamed", tmp_path / "2.csv")
    assert first.stderr == second.stderr
    one, two = (
        sorted((row["sha256"], row["label"], row["split"], row["group"]) for row in rows_of(path))
        for path in (tmp_path / "1.csv", tmp_path / "2.csv")
    )
    assert one == two


def test_seed_alone_makes_another_split(pets: Path, tmp_path: Path) -> None:
    for name, seed in (("1", 5), ("2", 5), ("3", 6)):
        assert split(pets, tmp_path / f"{name}.csv", "--seed", str(seed)).exit_code == 0
    one, two, three = ((tmp_path / f"{name}.csv").read_bytes() for name in "123")
    assert one == two != three


def test_earlier_split_is_replaced_only_if_asked(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "split.csv"
    out.write_text("mine")
    result = split(pets, out)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert f"Cannot write split '{out}': expected a new file" in result.stderr
    assert "replace it with --overwrite" in result.stderr
    assert out.read_text() == "mine"
    result = split(pets, out, "--overwrite", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert len(rows_of(out)) == 46


def test_folder_in_the_way_is_an_error_of_the_output(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "split.csv").mkdir()
    result = split(pets, tmp_path / "split.csv", "--overwrite")
    assert result.exit_code == 1
    assert f"error: Cannot write '{tmp_path}/split.csv'" in result.stderr
    assert list((tmp_path / "split.csv").iterdir()) == []


@pytest.mark.parametrize(
    "shares", [("0", "0.1"), ("-0.1", "0.1"), ("1", "0"), ("0.5", "0.5"), ("0.2", "-1"), ("nan",)]
)
def test_shares_that_leave_nothing_are_refused_before_a_photo_is_read(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shares: tuple[str, ...]
) -> None:
    monkeypatch.setattr("catordog.data.labelled.load_catalog", lambda *_: pytest.fail("looked"))
    options = (word for pair in zip(("--val", "--test"), shares, strict=False) for word in pair)
    result = split(pets, tmp_path / "split.csv", *options)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"Cannot split with val={float(shares[0])} and test=" in result.stderr
    assert not (tmp_path / "split.csv").exists()


def test_share_that_is_no_number_is_refused(pets: Path, tmp_path: Path) -> None:
    result = split(pets, tmp_path / "split.csv", "--val", "half")
    assert result.exit_code == 2
    assert "Invalid value for '--val'" in result.stderr


def test_no_test_part_is_a_choice(pets: Path, tmp_path: Path) -> None:
    result = split(pets, tmp_path / "split.csv", "--test", "0")
    assert result.exit_code == 0
    assert ", 0 test\n" in result.stderr
    assert {row["split"] for row in rows_of(tmp_path / "split.csv")} == {"train", "val"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.jpg", "b.jpg"), "received 0 cat, 0 dog among 2 photos (photos without labels; "),
        (("cat.1.jpg", "cat.2.jpg"), "received 2 cat, 0 dog among 2 photos"),
        (("cat.1.jpg", "dog.1.jpg"), "Cannot split 1 photos of a cat: expected enough"),
    ],
)
def test_too_few_labels_are_an_error_of_the_data(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    photos = {name: to_jpeg(draw_photo("cat", at)) for at, name in enumerate(names)}
    result = split(write_photos(tmp_path / "data", photos), tmp_path / "split.csv")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert said in result.stderr
    assert not (tmp_path / "split.csv").exists()


def test_data_set_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = split(tmp_path / "gone", tmp_path / "split.csv")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"Cannot find '{tmp_path}/gone': expected a folder, zip" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not UTF-8")
def test_odd_names_come_back_from_the_file(pets: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(pets, data)
    for name in ("\r.jpg", 'a,"b".jpg', "a\nb.jpg", os.fsdecode(b"\xff.jpg"), " .jpg", "=1.jpg"):
        at = sum(1 for _ in data.rglob("*"))
        (data / "cats" / name).write_bytes(to_jpeg(draw_photo("cat", at)))
    assert split(data, tmp_path / "split.csv").exit_code == 0
    photos = load(data)
    parts = assign_parts(photos, split=tmp_path / "split.csv")
    rows = read_split(tmp_path / "split.csv").rows
    assert len(rows) == len(photos) == 52
    assert parts == [rows[photo.example.id][1] for photo in photos]


# What `catordog train --split --decisions` builds on: loading it takes no Keras.


@pytest.fixture
def data(pets: Path, tmp_path: Path) -> Path:
    """A copy of the photos, with `split.csv` beside it."""
    shutil.copytree(pets, tmp_path / "data")
    assert split(tmp_path / "data", tmp_path / "split.csv").exit_code == 0
    return tmp_path / "data"


def test_split_decides_whatever_else_is_asked(data: Path) -> None:
    photos, file = load(data), data.parent / "split.csv"
    parts = assign_parts(photos, split=file, val=0.4, test=0.4, seed=9)
    assert parts == assign_parts(photos)
    assert Counter(parts)[Part.VALIDATION] < 10


@pytest.mark.parametrize(
    ("change", "counts", "example"),
    [
        ("new", "1 new, 0 missing and 0 changed ones", "cats/new.jpg"),
        ("gone", "0 new, 1 missing and 0 changed ones", "cats/3.jpg"),
        ("changed", "0 new, 0 missing and 1 changed ones", "cats/3.jpg"),
    ],
)
def test_split_of_other_photos_is_refused(
    data: Path, change: str, counts: str, example: str
) -> None:
    if change == "gone":
        (data / "cats/3.jpg").unlink()
    else:
        name = "cats/new.jpg" if change == "new" else "cats/3.jpg"
        (data / name).write_bytes(to_jpeg(draw_photo("cat", 777)))
    with pytest.raises(DatasetError, match=f"received {counts}, such as '{example}'. Make it anew"):
        assign_parts(load(data), split=data.parent / "split.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("id,label\na,cat\n", "no column 'split'"),
        ("id,label,split,group,sha256\na,cat,exam,0,0\n", "'exam' is not a valid Part"),
        ("", "no column 'id'"),
    ],
)
def test_file_that_is_no_split_is_refused(data: Path, content: str | None, said: str) -> None:
    path = data.parent / "other.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=f"{said}.*catordog split DATA --out split.csv"):
        assign_parts(load(data), split=path)


def decide(data: Path, decisions: dict[str, Choice]) -> Path:
    log, photos = DecisionLog(data.parent / "decisions.csv"), load(data)
    for photo in photos:
        name = photo.example.id
        if name in decisions:
            log.append(name, photo.sha256, photo.label, decisions[name])
    return log.path


def test_decisions_change_labels_and_drop_photos(data: Path) -> None:
    path = decide(
        data,
        {
            "cats/1.jpg": Choice.DOG,
            "cats/2.jpg": Choice.DROP,
            "cats/3.jpg": Choice.BOTH,
            "cats/4.jpg": Choice.KEEP,
        },
    )
    labels = {photo.example.id: photo.label for photo in load(data, path)}
    assert len(labels) == 44
    assert labels["cats/1.jpg"] is Label.DOG
    assert {"cats/2.jpg", "cats/3.jpg"}.isdisjoint(labels)
    assert labels["cats/4.jpg"] is Label.CAT


def test_photos_that_a_person_left_out_do_not_spoil_the_split(data: Path) -> None:
    before = load(data)
    part_of = {
        photo.example.id: part for photo, part in zip(before, assign_parts(before), strict=True)
    }
    path = decide(
        data, {"cats/2.jpg": Choice.DROP, "dogs/3.jpg": Choice.NEITHER, "cats/1.jpg": Choice.DOG}
    )
    photos, file = load(data, path), data.parent / "split.csv"
    parts = assign_parts(photos, split=file, decisions=path)
    assert parts == [part_of[photo.example.id] for photo in photos]
    (data / "cats/5.jpg").unlink()
    with pytest.raises(DatasetError, match="0 new, 1 missing and 0 changed ones"):
        assign_parts(load(data, path), split=file, decisions=path)


def test_decision_on_another_photo_is_refused(data: Path) -> None:
    path = decide(data, {"cats/3.jpg": Choice.DOG})
    (data / "cats/3.jpg").write_bytes(to_jpeg(draw_photo("cat", 777)))
    with pytest.raises(DatasetError, match=r"decision on 'cats/3.jpg'.*catordog review"):
        load(data, path)


def test_what_is_left_out_is_told(data: Path, tmp_path: Path) -> None:
    (data / "neither").mkdir()
    (data / "neither/1.jpg").write_bytes(to_jpeg(draw_photo("cat", 888)))
    listed = [photo.relative_to(data) for photo in sorted(data.rglob("*.jpg"))]
    lines = [f"{photo},{photo.parent.name.removesuffix('s')}" for photo in listed]
    lines += ["cats/gone.jpg,cat", "dogs/gone.jpg,dog"]
    (data / "list.csv").write_text("\n".join(["path,label", *lines]))
    result = split(data / "list.csv", tmp_path / "other.csv")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[:2] == [
        "left out: 2 photos that cannot be read",
        "left out: 1 photo not labelled cat or dog",
    ]
    assert len(rows_of(tmp_path / "other.csv")) == 46
