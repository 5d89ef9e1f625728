"""The photos of a data set, as its page shows them."""

from __future__ import annotations

from catordog.explore.findings import Findings
from catordog.pages.tiles import Tile, draw_rows, inline
from catordog.plots.drawing import UNLABELLED, readable_name


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
