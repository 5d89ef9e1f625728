"""What every layout is read into: examples, one a photo."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from catordog.data.photos import Photo
from catordog.labels import Label


@dataclass(frozen=True, slots=True)
class Example:
    """A photo of a data set, and what its owner says of it.

    Attributes:
        id: its name within the data set, the same however the data set is packed, with `/`
            between the parts: `train/cat.0.jpg`.
        photo: where it is.
        label: what it shows; None if nobody says.
        split: `train`, `val` or `test`; empty if the data set does not say.
        breed: of the pet, where the data set says; else empty.
    """

    id: str
    photo: Photo
    label: Label | None
    split: str = ""
    breed: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A data set as it was found.

    Attributes:
        path: as the user named it.
        layout: which of the known layouts it has, in words: `Kaggle`, `class folders`, ...
        examples: every photo, once, in an order that does not depend on the packaging.
        skipped: what is no photo, counted by suffix.
    """

    path: str
    layout: str
    examples: list[Example]
    skipped: Counter[str] = field(default_factory=Counter)
