"""The photos behind the numbers: the cells of the confusion matrix, and the gravest mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catordog.data.catalog import Catalog
from catordog.evaluation.answering import Results
from catordog.evaluation.figures import answers_of
from catordog.labels import CLASSES, Label
from catordog.pages.tiles import Listing, Tile, inline, probability_bar
from catordog.pages.tiles import Reading as Bars
from catordog.pages.wording import count_of, shown_of
from catordog.plots.drawing import readable_name

MAX_IN_CELL = 24
MAX_MISTAKES = 40
TABLE = "answers.csv"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the confusion matrix, with its photos.

    Attributes:
        anchor: names the cell on the page.
        label: what its photos show.
        said: what they were answered.
        photos: how many there are.
        is_right: label and answer agree.
        gallery: some of them.
    """

    anchor: str
    label: Label
    said: Label
    photos: int
    is_right: bool
    gallery: Listing[Tile]


class Album:
    """Finds a photo's thumbnail by its id."""

    def __init__(self, catalog: Catalog) -> None:
        """Remembers where each id stands in the catalog."""
        self._rows = {str(name): row for row, name in enumerate(catalog.table["id"])}
        self._thumbnails = catalog.thumbnails

    def tile(self, photo_id: str, label: Label, note: str = "") -> Tile:
        """Returns a photo as a page shows it."""
        thumbnail = self._thumbnails[self._rows[photo_id]]
        source = inline("image/jpeg", thumbnail) if thumbnail else ""
        return Tile(readable_name(photo_id), str(label), source, readable_name(note))


def list_cells(name: str, results: Results, album: Album) -> list[list[Cell]]:
    """Lists the confusion matrix: a row a label, a column an answer.

    Args:
        name: of the labels; makes the anchors unique on the page.
        results: labels and answers.
        album: of the same data set.
    """
    return [
        [_cell(name, label, said, results, album) for said in answers_of(results)]
        for label in CLASSES
    ]


def _cell(name: str, label: Label, said: Label, results: Results, album: Album) -> Cell:
    pairs = zip(results.labels, results.said, strict=True)
    rows = np.flatnonzero([pair == (label, said) for pair in pairs])
    is_right = label == said
    # Mistakes begin with the surest, right answers with the least sure: both are worth a look.
    sign = 1 if is_right else -1
    order = rows[np.argsort(sign * results.confidence[rows], kind="stable")].tolist()
    tiles = [
        album.tile(results.ids[row], label, _note(results, row)) for row in order[:MAX_IN_CELL]
    ]
    which = "the least sure first" if is_right else "the surest first"
    sentence = f"{count_of(len(rows), f'{label}')} answered {said}, {which}."
    listing = Listing(sentence, shown_of(len(tiles), len(rows), TABLE), tiles)
    return Cell(f"{name}-{label}-{said}", label, said, len(rows), is_right, listing)


def _note(results: Results, row: int) -> str:
    p_cat, p_dog = results.probabilities[row]
    return f"cat {p_cat:.3f}, dog {p_dog:.3f}"


def list_mistakes(results: Results, album: Album) -> Listing[Bars]:
    """Lists the wrong answers, those with the highest probability first, with both of them."""
    wrong = np.flatnonzero(~results.is_right)
    order = wrong[np.argsort(-results.confidence[wrong], kind="stable")].tolist()
    if not order:
        return Listing("There is no mistake.", "", [])
    entries = [_bars(results, row, album) for row in order[:MAX_MISTAKES]]
    first = order[0]
    sure = int((results.confidence[wrong] > 0.95).sum())
    sentence = (
        f"{count_of(len(order), 'mistake')}, {sure or 'none'} of them with more than 95 %; the "
        f"surest is {readable_name(results.ids[first], 60)}, labelled {results.labels[first]}, "
        f"answered {results.said[first]} with {results.confidence[first]:.3f}."
    )
    return Listing(sentence, shown_of(len(entries), len(order), TABLE), entries)


def _bars(results: Results, row: int, album: Album) -> Bars:
    note = f"answered {results.said[row]}"
    tile = album.tile(results.ids[row], results.labels[row], note)
    p_of: Sequence[float] = results.probabilities[row].tolist()
    pairs = zip(CLASSES, p_of, strict=True)
    return Bars(tile, [probability_bar(str(label), p) for label, p in pairs])
