from __future__ import annotations

import dataclasses
import io
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from catordog.errors import BundleError, ConfigError, DatasetError
from catordog.explore.checks import CheckLimits
from catordog.explore.examine import examine
from catordog.explore.findings import Findings
from catordog.explore.suspects import COLUMNS
from tests.conftest import draw_photo
from tests.explore.colour_model import ColourModel

DRAWINGS = CheckLimits(low_information_bits=0)
"""Drawings hold less than photos do."""

TABLES = ("table", "problems", "duplicates", "leaks", "suspects")


class ListingScreen:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int]] = []
        self.lines: list[str] = []
        self.done = 0

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        self.stages.append((name, total))
        return self._advance

    def _advance(self, count: int) -> None:
        self.done += count

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ColourModel:
    model = ColourModel()
    monkeypatch.setattr("catordog.explore.examine.load_bundle", lambda _: model)
    return model


def to_jpeg(image: Image.Image, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders with two splits: 40 good drawings, and one of each kind that is not."""
    folder = tmp_path_factory.mktemp("pets")
    photos: dict[str, bytes] = {}
    for at in range(20):
        split = "val" if at < 4 else "train"
        photos[f"{split}/cats/{at}.jpg"] = to_jpeg(draw_photo("cat", at, side_px=80))
        photos[f"{split}/dogs/{at}.jpg"] = to_jpeg(draw_photo("dog", 100 + at, side_px=80))
    small = draw_photo("dog", 103, side_px=80).resize((70, 70))
    photos["train/dogs/21.jpg"] = to_jpeg(small, 70)  # val/dogs/3.jpg, smaller
    photos["train/dogs/22.jpg"] = photos["train/cats/7.jpg"]  # a copy with another label
    photos["train/cats/23.jpg"] = to_jpeg(draw_photo("dog", 123, side_px=80))  # a wrong label
    photos["train/cats/24.jpg"] = b""
    photos["train/dogs/25.jpg"] = b"no photo"
    for name, data in photos.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def as_rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def assert_same(one: Findings, other: Findings, *, without: tuple[str, ...] = ()) -> None:
    for name in TABLES:
        left, right = (getattr(found, name) for found in (one, other))
        left, right = (t.drop(columns=[c for c in without if c in t]) for t in (left, right))
        pd.testing.assert_frame_equal(left, right)
    assert (one.conflicts, one.layout) == (other.conflicts, other.layout)
    assert one.thumbnails == other.thumbnails
    assert np.array_equal(one.features, other.features, equal_nan=True)  # type: ignore[arg-type]


def test_everything_planted_is_found(pets: Path, model: ColourModel) -> None:
    found = examine(str(pets), limits=DRAWINGS, cache=None)
    assert (found.source, found.layout, len(found.table)) == (str(pets), "class folders", 45)
    assert as_rows(found.problems, "id", "check") == [
        ("train/dogs/25.jpg", "unreadable"),
        ("train/cats/24.jpg", "empty"),
    ]
    (conflict,) = found.conflicts
    assert sorted(as_rows(found.duplicates, "id", "kind", "label", "group")) == [
        ("train/cats/7.jpg", "exact", "cat", conflict),
        ("train/dogs/21.jpg", "near", "dog", 1 - conflict),
        ("train/dogs/22.jpg", "exact", "dog", conflict),
        ("val/dogs/3.jpg", "near", "dog", 1 - conflict),
    ]
    assert as_rows(found.leaks, "id", "other_id", "other_source", "kind") == [
        ("train/dogs/21.jpg", "val/dogs/3.jpg", "", "near")
    ]
    wrong = found.suspects[found.suspects["kind"] == "label"]
    assert set(wrong["id"]) == {"train/cats/23.jpg", "train/dogs/22.jpg"}
    assert found.suspects["id"][:2].to_list() == wrong["id"].to_list()


def test_features_and_thumbnails_stand_in_the_order_of_the_table(
    pets: Path, model: ColourModel
) -> None:
    found = examine(str(pets), cache=None)
    bad = found.table["id"].isin(["train/cats/24.jpg", "train/dogs/25.jpg"]).to_numpy()
    assert found.features is not None
    assert (found.features.shape, found.features.dtype) == ((45, 1280), np.float32)
    assert np.array_equal(np.isnan(found.features).all(axis=1), bad)
    assert [not thumbnail for thumbnail in found.thumbnails] == bad.tolist()
    at = found.table.index[found.table["id"] == "val/cats/0.jpg"][0]
    with Image.open(io.BytesIO(found.thumbnails[at])) as image:
        drawn = np.asarray(draw_photo("cat", 0, side_px=80), np.float64)
        assert abs(np.asarray(image, np.float64) - drawn).mean() < 12


def test_second_look_is_the_same_from_the_cache(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    screen = ListingScreen()
    first = examine(str(pets), cache=tmp_path, screen=screen)
    assert screen.stages == [("looking at photos", 45)]
    assert (screen.done, screen.lines) == (45, ["comparing photos", "weighing labels"])
    seen, screen = model.seen, ListingScreen()
    second = examine(str(pets), cache=tmp_path, screen=screen)
    assert screen.stages == [("looking at photos", 2)]  # those that failed are tried again
    assert model.seen == seen
    assert_same(first, second)
    assert_same(first, examine(str(pets), cache=None))


def test_zip_gives_the_same_findings_as_the_folder(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    shutil.make_archive(str(tmp_path / "pets"), "zip", pets)
    packed = examine(str(tmp_path / "pets.zip"), cache=None)
    assert_same(examine(str(pets), cache=None), packed, without=("location",))


def test_without_a_model_nothing_is_weighed(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catordog.explore.examine.load_bundle", lambda _: pytest.fail("loaded"))
    screen = ListingScreen()
    found = examine(str(pets), model=None, limits=DRAWINGS, cache=None, screen=screen)
    assert found.features is None
    assert (len(found.suspects), tuple(found.suspects.columns)) == (0, COLUMNS)
    assert (len(found.problems), len(found.duplicates), len(found.leaks)) == (2, 4, 1)
    assert screen.lines == ["comparing photos"]


def test_photos_in_another_data_set_are_leaks(pets: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(pets / "val/cats/2.jpg", other / "same.jpg")
    mirrored = Image.open(pets / "train/dogs/9.jpg").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mirrored.save(other / "mirrored.jpg", quality=85)
    draw_photo("cat", 900, side_px=80).save(other / "new.jpg")
    (other / "bad.jpg").write_bytes(b"no photo")
    found = examine(str(pets), against=str(other), model=None, cache=None)
    assert as_rows(found.leaks[found.leaks["other_source"] != ""], *found.leaks.columns) == [
        ("train/dogs/9.jpg", "train", "mirrored.jpg", "", str(other), "near"),
        ("val/cats/2.jpg", "val", "same.jpg", "", str(other), "exact"),
    ]
    assert len(found.table) == 45  # the other data set is compared with, not looked into
    assert len(found.duplicates) == 4
    assert len(examine(str(other), against=str(pets), model=None, cache=None).leaks) == 2


@pytest.mark.parametrize("wrong", ["data", "against"])
def test_what_is_not_there_is_refused_before_a_photo_is_read(
    pets: Path, tmp_path: Path, wrong: str
) -> None:
    screen, empty = ListingScreen(), tmp_path / "empty"
    empty.mkdir()
    for path, error in ((tmp_path / "gone", ConfigError), (empty, DatasetError)):
        paths = {"data": str(pets), "against": str(pets), wrong: str(path)}
        with pytest.raises(error, match=rf"'{path}': expected"):
            examine(**paths, model=None, cache=None, screen=screen)
    assert screen.stages == []


def test_model_that_is_not_there_is_refused_before_a_photo_is_read(pets: Path) -> None:
    screen = ListingScreen()
    with pytest.raises(BundleError, match=r"Cannot read model 'gone': .*catordog models"):
        examine(str(pets), model="gone", cache=None, screen=screen)
    assert (screen.stages, screen.lines) == ([], [])


def copy_flat(pets: Path, folder: Path, *names: str) -> str:
    """Copies photos to names that say nothing."""
    folder.mkdir()
    for at, name in enumerate(names):
        shutil.copy(pets / name, folder / f"{at}.jpg")
    return str(folder)


def test_photos_without_labels_are_looked_at(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    names = [f"train/{animal}/{at}.jpg" for animal in ("cats", "dogs") for at in range(4, 12)]
    data = copy_flat(pets, tmp_path / "photos", *names, names[0], "train/dogs/25.jpg")
    found = examine(data, limits=DRAWINGS, cache=None)
    assert found.layout == "photos without labels"
    assert set(found.table["label"]) == {""}
    assert found.suspects["kind"].to_list() == ["neither"]
    assert as_rows(found.duplicates, "id", "kind") == [("0.jpg", "exact"), ("16.jpg", "exact")]
    assert (found.conflicts, len(found.leaks)) == ([], 0)
    assert as_rows(found.problems, "id", "check") == [("17.jpg", "unreadable")]


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("train/cats/5.jpg",), 1),
        (("train/cats/5.jpg", "train/dogs/5.jpg"), 2),
        (("train/cats/5.jpg", "train/cats/24.jpg"), 2),
    ],
)
def test_one_or_two_photos_are_looked_at(
    pets: Path, model: ColourModel, tmp_path: Path, names: tuple[str, ...], count: int
) -> None:
    found = examine(copy_flat(pets, tmp_path / "few", *names), limits=DRAWINGS, cache=tmp_path)
    assert len(found.table) == count
    assert (len(found.duplicates), len(found.leaks), len(found.suspects)) == (0, 0, 0)


def test_data_set_without_one_readable_photo_is_looked_at(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    bad = copy_flat(pets, tmp_path / "bad", *["train/dogs/25.jpg"] * 2, "train/cats/24.jpg")
    found = examine(bad, against=str(pets), cache=None)
    assert found.problems["check"].to_list() == ["unreadable", "unreadable", "empty"]
    assert (len(found.duplicates), len(found.leaks), len(found.suspects)) == (0, 0, 0)
    assert found.thumbnails == [b"", b"", b""]
    assert model.seen == 0
    assert len(examine(str(pets), against=bad, model=None, cache=None).leaks) == 1


def test_seed_is_that_of_the_folds(pets: Path, model: ColourModel) -> None:
    one, same, other = (examine(str(pets), seed=s, cache=None).suspects for s in (3, 3, 4))
    pd.testing.assert_frame_equal(one, same)
    assert set(one["id"][:2]) == set(other["id"][:2])
    assert not np.array_equal(one["p_cat"][:2], other["p_cat"][:2])


def test_kaggles_zip_of_zips_is_read_in_place(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    outer, inner = tmp_path / "dogs-vs-cats.zip", {"train": io.BytesIO(), "test1": io.BytesIO()}
    with zipfile.ZipFile(inner["train"], "w") as train, zipfile.ZipFile(inner["test1"], "w") as t:
        for at in range(4, 16):
            train.write(pets / f"train/cats/{at}.jpg", f"train/cat.{at}.jpg")
            train.write(pets / f"train/dogs/{at}.jpg", f"train/dog.{at}.jpg")
        t.write(pets / "val/cats/1.jpg", "test1/1.jpg")
        t.write(pets / "train/cats/4.jpg", "test1/2.jpg")
    with zipfile.ZipFile(outer, "w") as archive:
        for name, data in inner.items():
            archive.writestr(f"{name}.zip", data.getvalue())
        archive.writestr("sampleSubmission.csv", "id,label\n1,0\n")
    found = examine(str(outer), limits=DRAWINGS, cache=None)
    assert (found.layout, len(found.table)) == ("Kaggle 2013", 26)
    assert as_rows(found.leaks, *found.leaks.columns) == [
        ("test1/2.jpg", "test", "train/cat.4.jpg", "train", "", "exact")
    ]
    assert found.conflicts == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not UTF-8")
def test_names_that_are_not_utf8_are_found_like_others(
    pets: Path, model: ColourModel, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(pets, data)
    odd = os.fsdecode(b"\xff")
    for name in ("train/cats/23.jpg", "train/dogs/21.jpg", "train/cats/7.jpg", "train/dogs/25.jpg"):
        (data / name).rename((data / name).with_name(f"{odd}{Path(name).name}"))
    found = examine(str(data), limits=DRAWINGS, cache=tmp_path / "cache")
    assert as_rows(found.problems, "id", "check")[0] == (f"train/dogs/{odd}25.jpg", "unreadable")
    assert f"train/cats/{odd}7.jpg" in found.duplicates["id"].to_list()
    assert found.leaks["id"].to_list() == [f"train/dogs/{odd}21.jpg"]
    assert f"train/cats/{odd}23.jpg" in found.suspects["id"][:2].to_list()
    against = examine(str(data), against=str(data), model=None, cache=tmp_path / "cache").leaks
    assert f"train/cats/{odd}23.jpg" in against["other_id"].to_list()


def test_findings_say_what_the_fields_promise(pets: Path, model: ColourModel) -> None:
    found = examine(str(pets), cache=None)
    for field in dataclasses.fields(Findings):
        assert getattr(found, field.name) is not None
    assert found.suspects["suspicion"].between(0, 1).all()
    assert set(found.suspects["kind"]) <= {"label", "neither", "both"}
