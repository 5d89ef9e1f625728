"""The photos of a data set that can be learned from: labelled cat or dog, readable, and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.decisions import read_decisions
from catordog.data.duplicates import find_duplicate_groups, stable_keys
from catordog.data.sources.example import Example
from catordog.data.split import Part, hash_data, split_photos
from catordog.data.split_file import read_split
from catordog.errors import DatasetError
from catordog.labels import CLASSES, Label
from catordog.progress import Screen


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo with its label.

    Attributes:
        example: where it is and what its data set calls it.
        label: what it shows: its data set's word, or a decision's.
        sha256: hex digest of its bytes.
        key: names its group of near duplicates, by the smallest digest in it.
        given_split: `train`, `val` or `test` if its data set says so; else empty.
    """

    example: Example
    label: Label
    sha256: str
    key: str
    given_split: str


def load_labelled_photos(
    data: str | Catalog,
    screen: Screen,
    *,
    decisions: Path | None = None,
    labels: Collection[Label] = CLASSES,
    compares: bool = True,
    cache: Path | None = CACHE,
) -> list[LabelledPhoto]:
    """Lists the photos of a data set that say cat or dog, in the order of their digests.

    That order makes what follows independent of file names and of the packaging. What is left out
    is told: photos with another label or none, and those that cannot be read.

    Args:
        data: path of a data set, or its catalog.
        screen: is told of the progress and of what is left out.
        decisions: a person's decisions on labels, which count more than the data set's.
        labels: which labels are wanted; cats and dogs there must be in any case.
        compares: group near duplicates. Where no photo is to be dealt out, False saves the time,
            and each photo's key is its own digest.
        cache: folder for what is found out about photos; None keeps nothing.

    Raises:
        DatasetError: a class has no photo, or the decisions are about other photos.
    """
    catalog = load_catalog(data, cache=cache, screen=screen) if isinstance(data, str) else data
    said, left_out = _labels(catalog, decisions, screen)
    keys = sha256s = catalog.table["sha256"].to_list()
    if compares:
        keys = stable_keys(sha256s, find_duplicate_groups([catalog], cache=cache))
    columns = zip(
        *(catalog.source.examples, said, left_out),
        *(sha256s, keys, catalog.table["split"]),
        strict=True,
    )
    photos = [
        LabelledPhoto(example, Label(label), sha256, key, split)
        for example, label, is_left_out, sha256, key, split in columns
        if not is_left_out and sha256 and label in labels
    ]
    _check_classes(catalog, photos)
    _say_what_is_left_out(catalog, said, left_out, labels, screen)
    return sorted(photos, key=lambda photo: (photo.sha256, photo.example.id))


def data_sha256(photos: Sequence[LabelledPhoto]) -> str:
    """Names photos and labels by content, as `hash_data` does."""
    return hash_data([photo.sha256 for photo in photos], [photo.label for photo in photos])


def assign_parts(
    photos: Sequence[LabelledPhoto],
    *,
    split: Path | None = None,
    decisions: Path | None = None,
    val: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
) -> list[Part]:
    """Decides what each photo is used for.

    A split file decides, if there is one; else the data set's own validation and test splits, if
    it has labelled ones; else groups of near duplicates are dealt out.

    Args:
        photos: of one data set.
        split: what `catordog split` wrote.
        decisions: those by which the photos were listed; what they leave out may be in the split.
        val: share held out to choose by, where it is not given.
        test: share held out to be read once, where neither split is given.
        seed: of the deal.

    Raises:
        ConfigError: the shares leave nothing to train on.
        DatasetError: the split is of other photos, or a class has too few.
    """
    if split is not None:
        return _check_parts(photos, read_parts(photos, split, decisions), f"split '{split}'")
    given = [photo.given_split for photo in photos]
    parts = [Part(name) if name else Part.TRAIN for name in given]
    if not {Part.VALIDATION, Part.TEST} & set(parts):
        return deal_parts(photos, val=val, test=test, seed=seed)
    if Part.VALIDATION not in parts:
        rest = [index for index, part in enumerate(parts) if part is Part.TRAIN]
        dealt = deal_parts([photos[index] for index in rest], val=val, test=0, seed=seed)
        for index, part in zip(rest, dealt, strict=True):
            parts[index] = part
    return _check_parts(photos, parts, "the data set's own split")


def read_parts(
    photos: Sequence[LabelledPhoto], split: Path, decisions: Path | None = None
) -> list[Part]:
    """Returns the part of each photo that a split file gives.

    Args:
        photos: of one data set.
        split: what `catordog split` wrote.
        decisions: those by which the photos were listed; what they leave out may be in the split.

    Raises:
        DatasetError: the split is of other photos.
    """
    ids, sha256s = [photo.example.id for photo in photos], [photo.sha256 for photo in photos]
    left_out = () if decisions is None else read_decisions(decisions).decisions.keys()
    return read_split(split).parts_of(ids, sha256s, left_out=left_out)


def deal_parts(
    photos: Sequence[LabelledPhoto], *, val: float, test: float, seed: int
) -> list[Part]:
    """Deals groups of near duplicates out to parts, each class in the same shares.

    Arguments and errors are those of `split_photos`.
    """
    keys, labels = [photo.key for photo in photos], [photo.label for photo in photos]
    return split_photos(keys, labels, val=val, test=test, seed=seed)


def _labels(
    catalog: Catalog, decisions: Path | None, screen: Screen
) -> tuple[list[Label | None], list[bool]]:
    """Returns each photo's label, and whether a person dropped it."""
    labels = [example.label for example in catalog.source.examples]
    if decisions is None:
        return labels, [False] * len(labels)
    table = catalog.table
    decided = read_decisions(decisions)
    applied = decided.apply(table["id"].to_list(), table["sha256"].to_list(), labels)
    screen.say(f"{decisions}: {applied}")
    return applied.labels, applied.is_dropped


def _check_classes(catalog: Catalog, photos: Sequence[LabelledPhoto]) -> None:
    counts = {label: sum(photo.label is label for photo in photos) for label in CLASSES}
    if not all(counts.values()):
        from catordog.data.sources import LAYOUTS

        found = ", ".join(f"{count} {label}" for label, count in counts.items())
        first = catalog.source.examples[0].id
        raise DatasetError(
            f"Cannot learn from '{catalog.source.path}': expected readable photos of both cats and "
            f"dogs, in one of the known layouts ({'; '.join(LAYOUTS[:-1])}), received {found} "
            f"among {len(catalog.table)} photos ({catalog.source.layout}; the first is '{first}'). "
            "Sort them into folders named cat and dog, or name another data set."
        )


def _check_parts(photos: Sequence[LabelledPhoto], parts: list[Part], whose: str) -> list[Part]:
    found = Counter(zip(parts, (photo.label for photo in photos), strict=True))
    for part, label in product((Part.TRAIN, Part.VALIDATION), CLASSES):
        if not found[part, label]:
            raise DatasetError(
                f"Cannot learn by {whose}: expected both cats and dogs to train on and to choose "
                f"by, received no {label} in part '{part}'. Make another with: catordog split DATA "
                "--out split.csv"
            )
    return parts


def _say_what_is_left_out(
    catalog: Catalog,
    labels: Sequence[Label | None],
    dropped: Sequence[bool],
    wanted: Collection[Label],
    screen: Screen,
) -> None:
    unread = (catalog.table["sha256"] == "").to_numpy()
    other = np.array([label not in wanted for label in labels]) & ~unread & ~np.array(dropped)
    for count, what in (
        (int(unread.sum()), "that cannot be read"),
        (int(other.sum()), _not_labelled(wanted)),
    ):
        if count:
            screen.say(f"left out: {count:,} photo{'' if count == 1 else 's'} {what}")


def _not_labelled(wanted: Collection[Label]) -> str:
    return "without a label" if set(wanted) == set(Label) else f"not labelled {' or '.join(wanted)}"
