"""Photos as a page shows them: a thumbnail inlined, a name that can be printed, a label."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catordog.explore.findings import Findings
from catordog.plots.drawing import UNLABELLED, readable_name


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


class Album:
    """Finds the photos of a data set by their ids."""

    def __init__(self, findings: Findings) -> None:
        """Remembers where each id stands in the table."""
        self.ids = [str(name) for name in findings.table["id"]]
        self.labels = [str(label) for label in findings.table["label"]]
        self._thumbnails = findings.thumbnails
        self._rows = {name: row for row, name in enumerate(self.ids)}

    def tile(self, photo_id: str, note: str = "") -> Tile:
        """Returns a photo as a page shows it; one of another data set has no thumbnail."""
        row = self._rows.get(photo_id)
        name = readable_name(photo_id)
        if row is None:
            return Tile(name, "", "", readable_name(note))
        thumbnail = self._thumbnails[row]
        source = inline("image/jpeg", thumbnail) if thumbnail else ""
        return Tile(name, self.labels[row] or UNLABELLED, source, readable_name(note))

    def draw(self, label: str, count: int, *, seed: int) -> list[int]:
        """Draws photos with a label and a thumbnail at random; returns their rows in order."""
        rows = [i for i, own in enumerate(self.labels) if own == label and self._thumbnails[i]]
        return draw_rows(rows, count, seed=seed)


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
