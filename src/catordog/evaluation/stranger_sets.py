"""Photos that show no single pet, in folders of their own: `catordog evaluate --strangers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.labelled import LabelledPhoto
from catordog.data.sources.example import Example
from catordog.data.split import hash_data
from catordog.data.strangers import label_unnamed
from catordog.errors import DatasetError
from catordog.labels import CLASSES
from catordog.progress import Screen


@dataclass(frozen=True, slots=True)
class StrangerSet:
    """Photos labelled both or neither, from beside the data set.

    Attributes:
        name: that of the folder or archive; begins the ids of its photos.
        path: as the user named it.
        catalog: of all its photos.
        photos: those that count, with ids such as `neither/fox/1.jpg`.
    """

    name: str
    path: str
    catalog: Catalog
    photos: list[LabelledPhoto]

    @property
    def sha256(self) -> str:
        """Names its photos and labels by content."""
        return hash_data(
            [photo.sha256 for photo in self.photos], [photo.label for photo in self.photos]
        )


def load_stranger_sets(
    paths: Sequence[str], taken: Sequence[str], screen: Screen, *, cache: Path | None = CACHE
) -> list[StrangerSet]:
    """Looks at folders or archives of photos that show no single pet.

    A photo is labelled as its folder within says, `both` or `neither`; where none does, as the
    folder that was named is called; where that says nothing, neither. Photos labelled cat or dog
    are left out, and that is told.

    Args:
        paths: of the folders or archives.
        taken: ids of the data set's photos, which must not come up again.
        screen: is told of the progress and of what is left out.
        cache: folder for what is found out about photos; None keeps nothing.

    Raises:
        DatasetError: one of them has no such photo.
    """
    roots = {name.split("/")[0] for name in taken}
    sets = []
    for path in paths:
        name = _free_name(PurePath(path).stem or "strangers", roots)
        roots.add(name)
        sets.append(_load(path, name, screen, cache))
    return sets


def _free_name(name: str, taken: set[str]) -> str:
    """Returns the name, with a number behind it if it is taken.

    Example:
        >>> _free_name("neither", {"neither", "neither-2"})
        'neither-3'
    """
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _load(path: str, name: str, screen: Screen, cache: Path | None) -> StrangerSet:
    catalog = load_catalog(path, cache=cache, screen=screen)
    unnamed = label_unnamed(path)
    sha256s = catalog.table["sha256"].to_list()
    photos, pets = [], 0
    for example, sha256 in zip(catalog.source.examples, sha256s, strict=True):
        label = example.label or unnamed
        if label in CLASSES:
            pets += 1
        elif sha256:
            named = Example(f"{name}/{example.id}", example.photo, label)
            photos.append(LabelledPhoto(named, label, sha256, sha256, ""))
    if pets:
        screen.say(f"{path}: left out {pets:,} photo{'' if pets == 1 else 's'} of cats and dogs")
    if not photos:
        raise DatasetError(
            f"Cannot measure on strangers '{path}': expected readable photos of neither animal, "
            f"or of both, received none among {len(sha256s)}. Name a folder of such photos, or "
            "leave out --strangers."
        )
    photos.sort(key=lambda photo: (photo.sha256, photo.example.id))
    return StrangerSet(name, path, catalog, photos)
