"""The Oxford-IIIT Pet data set: labels, breeds and splits in text files beside the photos."""

from __future__ import annotations

from collections import Counter

from catordog.data.file_kinds import natural_key, suffix_of
from catordog.data.photos import Photo, PhotoReader
from catordog.data.sources.example import Example, Source
from catordog.data.sources.tree import Tree
from catordog.errors import DatasetError, ImageError
from catordog.labels import Label

OXFORD = "Oxford-IIIT Pet"

_LIST = "annotations/list.txt"
_SPLITS = {"annotations/trainval.txt": "train", "annotations/test.txt": "test"}
_SPECIES = {"1": Label.CAT, "2": Label.DOG}


def read_oxford(tree: Tree) -> Source | None:
    """Reads the data set; None if this is another.

    The photos are those that `annotations/list.txt` names, which leaves out the cut-out masks and
    some photos; one that is missing is listed, and fails when it is read.

    Raises:
        DatasetError: a list is damaged.
    """
    lists = {_undouble(other.relative): other for other in tree.others}
    found = [name for name in lists if f"/{name}".endswith(f"/{_LIST}")]
    if not found:
        return None
    top = min(found, key=len).removesuffix(_LIST)
    splits: dict[str, str] = {}
    with PhotoReader() as reader:
        labels = _read_list(lists[top + _LIST], reader)
        for name, split in _SPLITS.items():
            if top + name in lists:
                splits.update(dict.fromkeys(_read_list(lists[top + name], reader), split))
    photos = {_undouble(photo.relative): photo for photo in tree.photos}
    missing = _Missing(tree, photos, f"{top}images/")
    examples = []
    for name in sorted(labels, key=natural_key):
        example_id = f"images/{name}.jpg"
        photo = photos.pop(top + example_id, None) or missing.photo(f"{name}.jpg")
        breed = name.rpartition("_")[0]
        examples.append(Example(example_id, photo, labels[name], splits.get(name, ""), breed))
    skipped = tree.skipped + Counter(suffix_of(name) for name in photos)
    return Source(tree.path, OXFORD, examples, skipped)


def _undouble(relative: str) -> str:
    """Makes images/images/a.jpg, as unpacking often leaves it, images/a.jpg."""
    parts = relative.split("/")
    return "/".join(part for at, part in enumerate(parts) if not at or part != parts[at - 1])


class _Missing:
    """Says where a photo would be that is listed but not there: beside one that is."""

    def __init__(self, tree: Tree, photos: dict[str, Photo], folder: str) -> None:
        self._folder = folder
        beside = next((photo for name, photo in photos.items() if name.startswith(folder)), None)
        self._archive = beside.archive if beside else None
        self._above = beside.path.rpartition("/")[0] if beside else f"{tree.path}/{folder[:-1]}"

    def photo(self, name: str) -> Photo:
        return Photo(f"{self._above}/{name}", self._archive, f"{self._folder}{name}")


def _read_list(file: Photo, reader: PhotoReader) -> dict[str, Label]:
    """Reads names and labels off `list.txt` or a split's list, which are of one form."""
    try:
        text = reader.read(file).decode("utf-8", "replace")
    except ImageError as exc:
        raise DatasetError(str(exc)) from exc
    labels: dict[str, Label] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 4 or words[2] not in _SPECIES or words[0] in labels:
            expected = "a name not listed before, a class, a species (1 cat, 2 dog) and a breed"
            raise DatasetError(
                f"Cannot read '{file.path}', line {number}: expected {expected}, received "
                f"'{line[:80]}'. Unpack the annotations again."
            )
        labels[words[0]] = _SPECIES[words[2]]
    return labels
