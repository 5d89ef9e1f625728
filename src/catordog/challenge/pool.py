"""The photos that challenges are drawn from."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from catordog.challenge.rules import PHOTOS
from catordog.challenge.sheet import compose, count_bytes, crop
from catordog.data.photo_reader import PhotoReader
from catordog.data.sources import open_source
from catordog.data.sources.example import Example
from catordog.errors import DatasetError, ImageError, ImageTooLargeError
from catordog.labels import CLASSES, Label

CANDIDATES = 30
"""Photos of each class that a challenge is drawn from: the more there are, the more alike are the
bytes of the cats and dogs that are paired (EXPERIMENTS.md)."""

_VERSUS_SHARE = 8
_MAX_REDRAWS = 100
"""Photos that cannot be shown, after which a draw gives up."""
_MAX_SHEETS = 20
"""Sheets in a row that do not fit, after which it gives up too."""

FEWEST = 2 * PHOTOS
"""Of each class: a challenge may be all cats, and `versus` has photos of its own."""


@dataclass(frozen=True, slots=True)
class DrawnChallenge:
    """Twelve photos, ready to be shown.

    Attributes:
        sheet: all of them, a WebP of `sheet.SHEET_BYTES` bytes.
        cats: of each photo, whether it shows a cat.
    """

    sheet: bytes
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
        for _ in range(_MAX_SHEETS):
            pairs = _pair(*(self._draw_candidates(label, chance) for label in CLASSES))
            chance.shuffle(pairs)
            cats = [chance.random() < 0.5 for _ in pairs]
            squares = [
                cat if is_cat else dog for is_cat, (cat, dog) in zip(cats, pairs, strict=True)
            ]
            with suppress(ImageTooLargeError):
                return DrawnChallenge(compose(squares, chance), cats)
        raise DatasetError(
            f"Cannot draw a challenge from '{self._name}': expected photos of usual detail, "
            f"received {_MAX_SHEETS} times twelve that take too many bytes. Name other photos."
        )

    def _draw_candidates(self, label: Label, chance: random.Random) -> list[_Candidate]:
        """Crops different photos of one class; steps over those that cannot be shown."""
        photos = self._of[label]
        indices = chance.sample(range(len(photos)), min(len(photos), CANDIDATES + _MAX_REDRAWS))
        found: list[_Candidate] = []
        for index in indices:
            with suppress(ImageError):
                square = crop(self._reader.read(photos[index].photo), chance)
                found.append(_Candidate(square, math.log(count_bytes(square))))
            if len(found) == CANDIDATES:
                return found
        if len(found) < PHOTOS:
            raise DatasetError(
                f"Cannot draw a challenge from '{self._name}': expected photos that can be shown, "
                f"received {len(indices)} labelled {label} of which {len(found)} can. See: "
                "catordog explore"
            )
        return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A photo that may be shown: its square, and the logarithm of how many bytes it takes."""

    square: np.ndarray
    log_bytes: float


def _pair(cats: list[_Candidate], dogs: list[_Candidate]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs cats with dogs that take as many bytes: as many pairs as a challenge shows photos.

    Which of a pair is shown, a coin decides. So how many bytes a sheet takes says nothing of it,
    though photos of one class of a data set may take more than those of the other: the differences
    within pairs are small, and made up for by those within the next.
    """
    ours, theirs = (np.array([candidate.log_bytes for candidate in of]) for of in (cats, dogs))
    differences = ours[:, None] - theirs[None, :]
    taken = np.zeros_like(differences)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    owed = 0.0
    while len(pairs) < PHOTOS:
        costs = np.abs(differences) + np.abs(owed + differences) + taken
        cat, dog = np.unravel_index(costs.argmin(), costs.shape)
        pairs.append((cats[cat].square, dogs[dog].square))
        owed += differences[cat, dog]
        taken[cat, :] = taken[:, dog] = np.inf
    return pairs


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
