"""Recognises the layouts that keep labels and splits in the names of photos and folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from catordog.data.file_kinds import natural_key
from catordog.data.photos import Photo
from catordog.data.sources.example import Example, Source
from catordog.data.sources.names import (
    is_number_name,
    label_of_folders,
    label_of_name,
    label_of_word,
    split_of_folders,
    split_of_word,
)
from catordog.data.sources.tree import Tree
from catordog.errors import DatasetError
from catordog.labels import Label

KAGGLE_2013 = "Kaggle 2013"
KAGGLE_REDUX = "Kaggle Redux"
PET_IMAGES = "Microsoft PetImages"
FILTERED = "cats_and_dogs_filtered"
CLASS_FOLDERS = "class folders"
NAMED = "photos named cat.N, dog.N"
UNLABELLED = "photos without labels"

_TRAIN, _TESTS = ("train",), (("test",), ("test1",))


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that holds photos: its parts, below what wraps all of them, and what they say."""

    parts: tuple[str, ...]
    label: Label | None
    split: str
    sort_key: str


class _Item(NamedTuple):
    """A photo, its folder, its own name, and what that says."""

    photo: Photo
    folder: _Folder
    name: str
    label: Label | None


def read_names(tree: Tree) -> Source:
    """Reads labels and splits off names: the nearest class folder's, else the photo's own.

    Args:
        tree: with at least one photo.

    Raises:
        DatasetError: two photos have one name.
    """
    items = _place(tree)
    items.sort(key=lambda item: item.folder.sort_key + natural_key(item.name))
    examples = [
        Example("/".join((*folder.parts, name)), photo, folder.label or label, folder.split)
        for photo, folder, name, label in items
    ]
    check_ids(tree.path, examples)
    return Source(tree.path, _recognise(items, tree), examples, tree.skipped)


def check_ids(path: str, examples: list[Example]) -> None:
    """Checks that no two examples have one id.

    Raises:
        DatasetError: two have; it names both photos.
    """
    seen: dict[str, Example] = {}
    for example in examples:
        other = seen.setdefault(example.id, example)
        if other is not example:
            raise DatasetError(
                f"Cannot tell the photos of '{path}' apart: expected each id once, received "
                f"'{example.id}' for '{other.photo.path}' and '{example.photo.path}'. Rename or "
                "remove one of them."
            )


def _place(tree: Tree) -> list[_Item]:
    """Puts each photo in its folder, as that would be called in any other packaging."""
    split_paths = [(photo, *photo.relative.rpartition("/")[::2]) for photo in tree.photos]
    folders = {folder: tuple(folder.split("/")) if folder else () for _, folder, _ in split_paths}
    wrap = _wrapper(list(folders.values()))
    folders = {folder: parts[wrap:] for folder, parts in folders.items()}
    folded = {folder: _fold(parts) for folder, parts in folders.items()}
    if len({(folded[folder], name) for _, folder, name in split_paths}) == len(split_paths):
        folders = folded  # else train/train/1.jpg and train/1.jpg are two photos
    roots = [name for _, folder, name in split_paths if not folders[folder]]
    above = _own_name(tree.name, roots, list(folders.values()))
    known = {folder: _read_folder((*above, *parts)) for folder, parts in folders.items()}
    return [
        _Item(photo, known[folder], name, label_of_name(name))
        for photo, folder, name in split_paths
    ]


def _wrapper(folders: list[tuple[str, ...]]) -> int:
    """Counts the outermost folders that hold everything and say nothing."""
    count = 0
    for level in zip(*folders, strict=False):  # as deep as the shallowest
        if len(set(level)) > 1 or _says_something(level[0]):
            break
        count += 1
    return count


def _fold(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Makes training_set/training_set/cats, as unpacking often leaves it, training_set/cats."""
    return tuple(
        part
        for at, part in enumerate(parts)
        if not (at and part == parts[at - 1] and _says_something(part))
    )


def _says_something(part: str) -> bool:
    return bool(label_of_word(part) or split_of_word(part))


def _own_name(name: str, roots: list[str], folders: list[tuple[str, ...]]) -> tuple[str, ...]:
    """What the user named, if it is Kaggle's folder or zip of one split with its photos in it."""
    own = (name.lower(),)
    if any(map(split_of_folders, folders)) or not roots:
        return ()
    if own == _TRAIN and any(map(label_of_name, roots)):
        return own
    return own if own in _TESTS and all(map(is_number_name, roots)) else ()


def _read_folder(parts: tuple[str, ...]) -> _Folder:
    sort_key = "".join(f"{natural_key(part)}\0" for part in parts)
    return _Folder(parts, label_of_folders(parts), split_of_folders(parts), sort_key)


def _recognise(items: list[_Item], tree: Tree) -> str:
    in_class_folders = [item for item in items if item.folder.label]
    if in_class_folders:
        return _recognise_class_folders(in_class_folders)
    folders = {item.folder.parts for item in items}
    named = {item.folder.parts for item in items if item.label}
    is_test = folders.issubset(_TESTS) and all(is_number_name(item.name) for item in items)
    if named == {_TRAIN} or is_test:
        others = {other.relative.rpartition("/")[2] for other in tree.others}
        is_redux = ("test",) in folders or "sample_submission.csv" in others
        return KAGGLE_REDUX if is_redux else KAGGLE_2013
    return NAMED if named else UNLABELLED


def _recognise_class_folders(items: list[_Item]) -> str:
    folders = {item.folder.parts for item in items}
    if folders <= {("Cat",), ("Dog",)} and all(is_number_name(item.name) for item in items):
        return PET_IMAGES
    filtered = {(split, label) for split in ("train", "validation") for label in ("cats", "dogs")}
    if folders <= filtered and len({parts[0] for parts in folders}) == 2:
        return FILTERED if all(item.label for item in items) else CLASS_FOLDERS
    return CLASS_FOLDERS
