"""The photos that challenges are drawn from."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from catordog.challenge.disguise import crop, encode, pad
from catordog.challenge.rules import PHOTOS
from catordog.data.photo_reader import PhotoReader
from catordog.data.sources import open_source
from catordog.data.sources.example import Example
from catordog.errors import DatasetError, ImageError
from catordog.labels import CLASSES, Label

_VERSUS_SHARE = 8
_MAX_REDRAWS = 100
"""Unreadable photos in a row after which a draw gives up."""

FEWEST = 2 * PHOTOS
"""Of each class: a challenge may be all cats, and `versus` has photos of its own."""


@dataclass(frozen=True, slots=True)
class DrawnChallenge:
    """Twelve photos, ready to be shown.

    Attributes:
        jpegs: all of `disguise.FILE_BYTES` bytes.
        cats: of each photo, whether it shows a cat.
    """

    jpegs: list[bytes]
    cats: list[bool]


class PhotoPool:
    """Labelled photos, from which challenges are drawn."""

    def __init__(self, photos: Sequence[Example], reader: PhotoReader, *, name: str = "") -> None:
        """Draws from examples.

        Args:
            photos: those labelled `cat` or `dog` count.
            reader: reads them.
            name: what they are called in errors.

        Raises:
            DatasetError: a class has too few for a challenge.
        """
        self._reader = reader
        self._name = name
        self._of = {
            label: [example for example in photos if example.label is label] for label in CLASSES
        }
        counts = {label: len(found) for label, found in self._of.items()}
        if min(counts.values()) < PHOTOS:
            found = " and ".join(f"{count} labelled {label}" for label, count in counts.items())
            raise DatasetError(
                f"Cannot draw challenges from '{name}': expected at least {PHOTOS} photos of each "
                f"class, received {found}. Name a larger data set."
            )

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def draw(self, chance: random.Random | None = None) -> DrawnChallenge:
        """Draws twelve different photos; each is a cat or a dog as a coin falls.

        How many are cats is so left to chance, and the share of cats in the pool tells nothing.

        Args:
            chance: where randomness comes from; the system's, unless a test wants it repeatable.

        Raises:
            DatasetError: too many photos cannot be read.
        """
        chance = chance or random.SystemRandom()
        cats = [chance.random() < 0.5 for _ in range(PHOTOS)]
        taken: dict[Label, Iterator[bytes]] = {
            label: self._shuffled(label, chance) for label in CLASSES
        }
        jpegs = [next(taken[Label.CAT if is_cat else Label.DOG]) for is_cat in cats]
        return DrawnChallenge(pad(jpegs, chance), cats)

    def _shuffled(self, label: Label, chance: random.Random) -> Iterator[bytes]:
        """Yields different photos of one class, encoded; steps over those that cannot be shown."""
        photos = self._of[label]
        seen: set[int] = set()
        while len(seen) < min(len(photos), PHOTOS + _MAX_REDRAWS):
            index = chance.randrange(len(photos))
            if index in seen:
                continue
            seen.add(index)
            with suppress(ImageError):
                yield encode(crop(self._reader.read(photos[index].photo), chance), chance)
        raise DatasetError(
            f"Cannot draw a challenge from '{self._name}': expected photos that can be read, "
            f"received {len(seen)} labelled {label} of which too few can. See: catordog explore"
        )


def open_pools(path: str) -> tuple[PhotoPool, PhotoPool]:
    """Opens a labelled data set for challenges.

    Args:
        path: of a data set in any known layout.

    Returns:
        The pool of challenges, and that of `/versus`. They share no photo: `/versus` shows which
        photos are cats, so its photos must not come up where it matters.

    Raises:
        ConfigError: there is nothing by that name.
        DatasetError: there are too few labelled photos.
    """
    # In an order that does not follow names, and is the same in every process.
    examples = sorted(
        (example for example in open_source(path).examples if example.label in CLASSES),
        key=lambda example: hashlib.sha256(example.id.encode("utf-8", "surrogateescape")).digest(),
    )
    for_versus: list[Example] = []
    for label in CLASSES:
        of_class = [example for example in examples if example.label is label]
        if len(of_class) < FEWEST:
            raise DatasetError(
                f"Cannot draw challenges from '{path}': expected at least {FEWEST} photos of each "
                f"class, received {len(of_class)} labelled {label}. Name a larger data set."
            )
        for_versus += of_class[: max(PHOTOS, len(of_class) // _VERSUS_SHARE)]
    kept = {example.id for example in for_versus}
    reader = PhotoReader()
    rest = [example for example in examples if example.id not in kept]
    return PhotoPool(rest, reader, name=path), PhotoPool(for_versus, reader, name=path)
