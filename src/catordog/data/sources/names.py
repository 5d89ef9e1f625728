"""Reads labels and splits off the names of folders and photos."""

from __future__ import annotations

import re

from catordog.labels import Label

_LABELS = {
    **{label.value: label for label in Label},
    **{f"{label.value}s": label for label in (Label.CAT, Label.DOG)},
}
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "eval", "evaluation", "dev"), "val"),
    **dict.fromkeys(("test", "test1", "testing"), "test"),
}
_SET = re.compile(r"[ _-]?(set|data)$")
_KAGGLE_NAME = re.compile(r"(cat|dog)\.\d+\.\w+", re.IGNORECASE)
_NUMBER_NAME = re.compile(r"\d+\.\w+")

LABEL_WORDS = tuple(label.value for label in Label)
SPLIT_WORDS = ("train", "val", "test")


def label_of_word(word: str) -> Label | None:
    """Reads a class's name, in any case, one or many; None if it is none.

    Example:
        >>> [str(label_of_word(word)) for word in ("Cat", "DOGS", "neither", "catalogue")]
        ['cat', 'dog', 'neither', 'None']
    """
    return _LABELS.get(word.strip().lower())


def split_of_word(word: str) -> str:
    """Reads a split's name in any of its usual forms; empty if it is none.

    Example:
        >>> [split_of_word(word) for word in ("training_set", "Validation", "test1", "holidays")]
        ['train', 'val', 'test', '']
    """
    return _SPLITS.get(_SET.sub("", word.strip().lower()), "")


def label_of_name(name: str) -> Label | None:
    """Reads the label off a photo's name as Kaggle gives it; None if the name does not say.

    Example:
        >>> [str(label_of_name(name)) for name in ("dog.7.jpg", "Cat.0.JPG", "cat.jpg", "1.jpg")]
        ['dog', 'cat', 'None', 'None']
    """
    match = _KAGGLE_NAME.fullmatch(name)
    return Label(match[1].lower()) if match else None


def is_number_name(name: str) -> bool:
    """Tells whether a photo's name is a number, as in Kaggle's test set and in PetImages.

    Example:
        >>> is_number_name("12500.jpg"), is_number_name("cat.1.jpg")
        (True, False)
    """
    return _NUMBER_NAME.fullmatch(name) is not None


def label_of_folders(folders: tuple[str, ...]) -> Label | None:
    """Reads the label off the nearest folder that is named after a class; None if there is none.

    Example:
        >>> str(label_of_folders(("dogs", "Cat", "2019")))
        'cat'
    """
    labels = (label_of_word(folder) for folder in reversed(folders))
    return next((label for label in labels if label), None)


def split_of_folders(folders: tuple[str, ...]) -> str:
    """Reads the split off the nearest folder that is named after one; empty if there is none."""
    splits = (split_of_word(folder) for folder in reversed(folders))
    return next((split for split in splits if split), "")
