"""Photos as a page shows them: a thumbnail inlined, a name that can be printed, a label."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Tile:
    """One photo on a page.

    Attributes:
        name: its id, printable.
        label: what its owner says; `unlabelled` if nobody does, empty if that is not known.
        source: a `data:` address of its thumbnail; empty if there is none.
        note: what is to be said of it here; may be empty.
    """

    name: str
    label: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Entry]):
    """A list of a page.

    Attributes:
        sentence: what it amounts to.
        note: how much of it is shown, and where the rest is; empty if it is all shown.
        entries: what is shown.
    """

    sentence: str
    note: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model reads in a photo, against its label.

    Attributes:
        tile: the photo; its note is the reason why it is shown.
        bars: of each class its name, its probability in percent of the bar, and as text.
    """

    tile: Tile
    bars: list[tuple[str, float, str]]


def probability_bar(name: str, probability: float) -> tuple[str, float, str]:
    """Returns a bar whose whole length is probability 1."""
    if math.isnan(probability):
        return name, 0.0, "unknown"
    shown = min(max(probability, 0.0), 1.0)
    return name, round(100 * shown, 2), f"{probability:.3f}"


def draw_rows(rows: Sequence[int], count: int, *, seed: int) -> list[int]:
    """Draws at most `count` of the rows at random, and returns them in their order."""
    if len(rows) <= count:
        return list(rows)
    drawn = np.random.default_rng(seed).choice(len(rows), count, replace=False)
    return [rows[place] for place in sorted(drawn.tolist())]


def inline(kind: str, content: bytes) -> str:
    """Returns an address that holds the content itself.

    Example:
        >>> inline("text/plain", b"hi")
        'data:text/plain;base64,aGk='
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
