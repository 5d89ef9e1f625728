from __future__ import annotations

from pathlib import Path

import pytest

from catordog.data.photos import Photo
from catordog.data.sources.example import Example, Source
from catordog.errors import ConfigError, DatasetError
from catordog.evaluation.kaggle import (
    check_clip,
    list_test_photos,
    write_kaggle,
)
from catordog.labels import Label
from catordog.records import Failure, Prediction


def predicted(p_dog: float) -> Prediction:
    label = Label.DOG if p_dog > 0.5 else Label.CAT
    return Prediction(label=label, p_cat=1 - p_dog, p_dog=p_dog, width=9, height=9)


def source_of(*names: str, label: Label | None = None) -> Source:
    examples = [Example(name, Photo(name, None, name), label) for name in names]
    return Source("pets.zip", "Kaggle", examples)


def test_rows_are_in_numeric_order_and_clipped(tmp_path: Path) -> None:
    answers = {10: predicted(0.3), 2: predicted(1.0), 1: predicted(0.0)}
    write_kaggle(tmp_path / "a.csv", answers)
    assert (tmp_path / "a.csv").read_text() == "id,label\n1,0.005\n2,0.995\n10,0.3\n"
    write_kaggle(tmp_path / "a.csv", answers, clip=0.0)
    assert (tmp_path / "a.csv").read_text() == "id,label\n1,0.0\n2,1.0\n10,0.3\n"


def test_photo_without_an_answer_still_has_a_row(tmp_path: Path) -> None:
    write_kaggle(tmp_path / "a.csv", {3: Failure("damaged", "ImageDecodeError")})
    assert (tmp_path / "a.csv").read_text() == "id,label\n3,0.5\n"


def test_room_for_other_photos_is_shared_out(tmp_path: Path) -> None:
    unsure = Prediction(label=Label.NEITHER, p_cat=0.1, p_dog=0.4, width=9, height=9)
    write_kaggle(tmp_path / "a.csv", {1: unsure})
    assert (tmp_path / "a.csv").read_text() == "id,label\n1,0.8\n"


def test_test_photos_are_found_by_folder_and_number() -> None:
    source = source_of("test1/10.jpg", "test1/2.jpg", "test1/1.jpg", "other/3.jpg", "test1/x.jpg")
    assert list(list_test_photos(source)) == [1, 2, 10]
    assert list(list_test_photos(source_of("dogs/test/7.jpg"))) == [7]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (source_of("train/cat.1.jpg"), "received none"),
        (source_of("test/1.jpg", label=Label.CAT), "received none"),
        (source_of("test/1.jpg", "test1/1.jpg"), "received two"),
    ],
)
def test_data_without_kaggles_photos_is_refused(source: Source, expected: str) -> None:
    with pytest.raises(DatasetError, match=expected):
        list_test_photos(source)


@pytest.mark.parametrize("clip", [-0.1, 0.5, 2.0])
def test_clip_that_leaves_nothing_is_refused(clip: float) -> None:
    with pytest.raises(ConfigError, match="kaggle-clip"):
        check_clip(clip)
