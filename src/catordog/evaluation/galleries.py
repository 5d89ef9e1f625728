"""The photos behind the numbers: cells of the matrix, surest mistakes, hardest strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catordog.data.catalog import Catalog
from catordog.evaluation.answering import Results
from catordog.evaluation.stranger_sets import StrangerSet
from catordog.labels import CLASSES, Label
from catordog.pages.tiles import Listing, Tile, inline, probability_bar
from catordog.pages.tiles import Reading as Bars
from catordog.pages.wording import count_of, shown_of
from catordog.plots.drawing import readable_name

MAX_IN_CELL = 24
MAX_MISTAKES = 40
MAX_HARDEST = 24
TABLE = "answers.csv"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of labels against verdicts, with its photos.

    Attributes:
        anchor: names the cell on the page.
        label: what its photos show.
        said: the verdict on them.
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

    def __init__(self, catalog: Catalog, sets: Sequence[StrangerSet] = ()) -> None:
        """Remembers the thumbnail of each photo of a data set, and of strangers beside it."""
        self._thumbnails = dict(zip(map(str, catalog.table["id"]), catalog.thumbnails, strict=True))
        for one in sets:
            names = (f"{one.name}/{name}" for name in one.catalog.table["id"])
            self._thumbnails.update(zip(names, one.catalog.thumbnails, strict=True))

    def tile(self, photo_id: str, label: Label, note: str = "") -> Tile:
        """Returns a photo as a page shows it."""
        thumbnail = self._thumbnails[photo_id]
        source = inline("image/jpeg", thumbnail) if thumbnail else ""
        return Tile(readable_name(photo_id), str(label), source, readable_name(note))


def list_cells(name: str, results: Results, album: Album) -> list[list[Cell]]:
    """Lists labels against verdicts: a row a label that occurs, a column a verdict.

    Args:
        name: of the labels; makes the anchors unique on the page.
        results: labels and answers of all labelled photos.
        album: of the same photos.
    """
    labels = [label for label in Label if label in results.labels]
    return [[_cell(name, label, said, results, album) for said in Label] for label in labels]


def _cell(name: str, label: Label, said: Label, results: Results, album: Album) -> Cell:
    pairs = zip(results.labels, results.said, strict=True)
    rows = np.flatnonzero([pair == (label, said) for pair in pairs])
    is_right = label == said
    # Wrong verdicts begin with the surest, right ones with the least sure: both deserve a look.
    sign = 1 if is_right else -1
    support = support_of(results, said)
    order = rows[np.argsort(sign * support[rows], kind="stable")].tolist()
    tiles = [
        album.tile(results.ids[row], label, _note(results, row)) for row in order[:MAX_IN_CELL]
    ]
    which = "the least sure first" if is_right else "the surest first"
    sentence = f"{_count_labelled(len(rows), label)} called {said}, {which}."
    listing = Listing(sentence, shown_of(len(tiles), len(rows), TABLE), tiles)
    return Cell(f"{name}-{label}-{said}", label, said, len(rows), is_right, listing)


def _count_labelled(count: int, label: Label) -> str:
    """Returns `3 cats`, or `3 photos of both`."""
    return (
        count_of(count, str(label))
        if label in CLASSES
        else f"{count_of(count, 'photo')} of {label}"
    )


def support_of(results: Results, said: Label) -> Floats:
    """Returns what speaks for a verdict on each photo, float64 (N,): more is surer."""
    p_cat, p_dog = results.probabilities.T
    supports: dict[Label, Floats] = {
        Label.CAT: p_cat,
        Label.DOG: p_dog,
        Label.BOTH: np.minimum(p_cat, p_dog),
        Label.NEITHER: -np.maximum(p_cat, p_dog),
    }
    return supports[said]


def _note(results: Results, row: int) -> str:
    p_cat, p_dog = results.probabilities[row]
    return f"cat {p_cat:.3f}, dog {p_dog:.3f}"


def list_mistakes(results: Results, album: Album) -> Listing[Bars]:
    """Lists wrong answers to "cat or dog?", the surest first, with both probabilities.

    Args:
        results: of photos of cats and dogs.
        album: of the same photos.
    """
    wrong = np.flatnonzero(~results.is_right)
    order = wrong[np.argsort(-results.confidence[wrong], kind="stable")].tolist()
    if not order:
        return Listing("There is no mistake.", "", [])
    entries = [
        _bars(results, row, album, f"rather {results.chosen[row]}, {results.confidence[row]:.3f}")
        for row in order[:MAX_MISTAKES]
    ]
    first = order[0]
    sure = int((results.confidence[wrong] > 0.95).sum())
    sentence = (
        f"{count_of(len(order), 'mistake')}, {sure or 'none'} of them with more than 95 %; the "
        f"surest is {readable_name(results.ids[first], 60)}, labelled {results.labels[first]}, "
        f"answered {results.chosen[first]} with {results.confidence[first]:.3f}."
    )
    return Listing(sentence, shown_of(len(entries), len(order), TABLE), entries)


def list_hardest(results: Results, album: Album) -> Listing[Bars]:
    """Lists the photos labelled neither that look most like a pet to the model.

    Args:
        results: of all labelled photos.
        album: of the same photos.
    """
    strangers = np.flatnonzero([label is Label.NEITHER for label in results.labels])
    order = strangers[np.argsort(-results.p_pet[strangers], kind="stable")].tolist()
    if not order:
        return Listing("", "", [])
    wrong = sum(results.said[row] is not Label.NEITHER for row in order)
    sentence = (
        f"{count_of(wrong, 'photo')} of neither animal {'is' if wrong == 1 else 'are'} taken for "
        "a pet."
        if wrong
        else "No photo of neither animal is taken for a pet. These come nearest."
    )
    shown = order[:MAX_HARDEST]
    entries = [_bars(results, row, album, f"called {results.said[row]}") for row in shown]
    return Listing(sentence, shown_of(len(entries), len(order), TABLE), entries)


def _bars(results: Results, row: int, album: Album, note: str) -> Bars:
    tile = album.tile(results.ids[row], results.labels[row], note)
    p_of: Sequence[float] = results.probabilities[row].tolist()
    pairs = zip(CLASSES, p_of, strict=True)
    return Bars(tile, [probability_bar(str(label), p) for label, p in pairs])
