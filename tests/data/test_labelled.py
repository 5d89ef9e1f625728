from __future__ import annotations

from pathlib import Path

import pytest

from catordog.data.labelled import find_labelled_photos, label_from_path
from catordog.errors import DatasetError
from catordog.labels import Label


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("train/cat.0.jpg", Label.CAT),
        ("train.zip/train/dog.12499.jpg", Label.DOG),
        ("PetImages/Cat/1.jpg", Label.CAT),
        ("a/DOGS/deep/er/1.png", Label.DOG),
        ("cats/dog.3.jpg", Label.DOG),  # the name is nearer to the photo than the folder
        ("dogs/cats/1.jpg", Label.CAT),
        ("catalogue/1.jpg", None),
        ("cat.jpg", None),
    ],
)
def test_label_is_read_off_name_or_folder(path: str, label: Label | None) -> None:
    assert label_from_path(path) is label


def test_kaggle_zip_is_read_in_place(tiny_zip: Path) -> None:
    items = find_labelled_photos(str(tiny_zip))
    assert [item.label for item in items].count(Label.CAT) == 24
    assert [item.label for item in items].count(Label.DOG) == 24
    assert items[0].photo.path == f"{tiny_zip}/train/cat.0.jpg"


def test_unlabelled_photos_are_named(tmp_path: Path) -> None:
    for name in ("cat.1.jpg", "dog.1.jpg", "who.jpg"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DatasetError, match=r"1 cat, 1 dog and 1 without a label.*who\.jpg"):
        find_labelled_photos(str(tmp_path))


def test_one_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.1.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match="1 cat, 0 dog"):
        find_labelled_photos(str(tmp_path))


def test_folders_above_the_data_label_nothing(tmp_path: Path) -> None:
    data = tmp_path / "cats" / "photos"
    (data / "dog").mkdir(parents=True)
    (data / "dog" / "1.jpg").write_bytes(b"")
    (data / "2.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match="0 cat, 1 dog and 1 without a label"):
        find_labelled_photos(str(data))
