"""Finds labelled photos: whose name, or whose folder, says cat or dog."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from catordog.data.photos import Photo, list_photos
from catordog.errors import DatasetError
from catordog.labels import CLASSES, Label

_KAGGLE_NAME = re.compile(r"(cat|dog)\.\d+\.\w+", re.IGNORECASE)
_CLASS_FOLDERS = {name: label for label in CLASSES for name in (label.value, f"{label.value}s")}


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo and what its owner says it shows."""

    photo: Photo
    label: Label


def label_from_path(path: str) -> Label | None:
    """Reads the label off a photo's path; None if the path does not say.

    A Kaggle name (`cat.0.jpg`) says it; else the nearest folder named after a class does.

    Example:
        >>> [str(label_from_path(p)) for p in ("train/dog.7.jpg", "PetImages/Cat/1.jpg", "a.jpg")]
        ['dog', 'cat', 'None']
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if parts and (match := _KAGGLE_NAME.fullmatch(parts[-1])):
        return Label(match[1].lower())
    folders = (part.lower() for part in reversed(parts[:-1]))
    return next((_CLASS_FOLDERS[name] for name in folders if name in _CLASS_FOLDERS), None)


def find_labelled_photos(source: str) -> list[LabelledPhoto]:
    """Lists the photos of a data set with their labels.

    Args:
        source: Kaggle's `train.zip` (read in place), or a folder or zip with names like
            `cat.0.jpg`, or with a folder per class (`cat`, `Dogs`, ...).

    Returns:
        The photos in a stable order, each with its label.

    Raises:
        DatasetError: a photo has no label, or a class has no photo.
    """
    labelled, unlabelled = _label_all(list_photos([source]))
    counts = Counter(item.label for item in labelled)
    if not labelled or unlabelled or len(counts) < len(CLASSES):
        found = ", ".join(f"{counts[label]} {label}" for label in CLASSES)
        example = f" (one is '{unlabelled[0]}')" if unlabelled else ""
        raise DatasetError(
            f"Cannot read labels from '{source}': expected photos named cat.0.jpg, dog.0.jpg, or "
            f"in folders named cat and dog, received {found} and {len(unlabelled)} without a "
            f"label{example}. Rename them, or move those without a label elsewhere."
        )
    return labelled


def _label_all(photos: Iterable[Photo]) -> tuple[list[LabelledPhoto], list[str]]:
    labelled, unlabelled = [], []
    for photo in photos:
        # Below what was named: a folder above it, such as /home/cats, labels nothing.
        label = label_from_path(photo.relative)
        if label is None:
            unlabelled.append(photo.path)
        else:
            labelled.append(LabelledPhoto(photo, label))
    return labelled, unlabelled
