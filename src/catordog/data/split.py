"""Splits photos into training, validation and test parts by what the photos are.

The part of a photo follows from its group's content, the seed and the other photos; never from
the order or the names of the files. Photos of one group always fall in the same part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

from catordog.errors import ConfigError, DatasetError
from catordog.labels import CLASSES, Label


class Part(StrEnum):
    """What a photo is used for."""

    TRAIN = "train"
    VALIDATION = "val"
    TEST = "test"


def split_photos(
    keys: Sequence[str],
    labels: Sequence[Label],
    *,
    val: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
) -> list[Part]:
    """Assigns each photo to a part, each class in the same proportions.

    Args:
        keys: names each photo's group by content: photos that share a key stay together.
        labels: each photo's label, one of `CLASSES`.
        val: share of the photos held out to choose between models, in (0, 1).
        test: share held out to be read once at the end, in [0, 1); val + test < 1.
        seed: another seed, another split.

    Returns:
        The part of each photo, in the order given.

    Raises:
        ConfigError: the shares leave nothing to train on.
        DatasetError: a class has too few photos to leave one in each part.

    Example:
        >>> keys = [f"{i:064x}" for i in range(20)]
        >>> parts = split_photos(keys, [Label.CAT, Label.DOG] * 10)
        >>> [parts.count(part) for part in Part]
        [16, 2, 2]
    """
    check_shares(val, test)
    part_of: dict[str, Part] = {}
    for label in CLASSES:
        own = [key for key, given in zip(keys, labels, strict=True) if given is label]
        ordered = sorted(own, key=lambda key: _shuffle_key(key, seed))
        last_test = round(test * len(ordered))
        last_val = last_test + round(val * len(ordered))
        taken = 0
        for key, group in groupby(ordered):
            part = Part.TRAIN
            if taken < last_val:
                part = Part.TEST if taken < last_test else Part.VALIDATION
            # A group that has the other label too keeps the part it got first.
            part_of.setdefault(key, part)
            taken += len(list(group))
        if not {Part.TRAIN, Part.VALIDATION} <= {part_of[key] for key in own}:
            raise DatasetError(
                f"Cannot split {len(own)} photos of a {label}: expected enough for a training "
                "and a validation part, received too few. Add photos, or hold out a larger share."
            )
    return [part_of[key] for key in keys]


def check_shares(val: float, test: float) -> None:
    """Checks the shares that `split_photos` takes.

    Raises:
        ConfigError: they leave nothing to choose by or to train on.
    """
    if not (0 < val < 1 and 0 <= test < 1 and val + test < 1):
        raise ConfigError(
            f"Cannot split with val={val} and test={test}: expected shares above 0 that leave "
            f"some photos to train on, received {val + test:g} in all. Use, for one, 0.1 and 0.1."
        )


def hash_data(sha256s: Sequence[str], labels: Sequence[str]) -> str:
    """Names a labelled data set by its content: the same photos and labels, the same name.

    Returns:
        Hex SHA-256 over the sorted photo digests and labels; order and file names play no part.
    """
    lines = sorted(f"{digest} {label}" for digest, label in zip(sha256s, labels, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _shuffle_key(key: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {key}".encode()).digest()
