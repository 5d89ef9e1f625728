"""Kinds of photos: is the model worse on some?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from catordog.data.catalog import Catalog
from catordog.evaluation.answering import Results
from catordog.evaluation.significance import LEVEL, fisher_p_more, holm_adjust
from catordog.metrics import wilson_interval

GREY_LEVELS = 8
"""A photo whose channels differ by no more than this, but for 1 % of it, is called grey."""

_TALL, _WIDE = 0.8, 1.25

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slice:
    """Photos of one kind, and how the model fared on them.

    Attributes:
        by: what they are sorted by, such as `brightness`.
        name: which of them, such as `darkest quarter (under 0.35)`.
        photos: how many.
        errors: how many the model got wrong.
        accuracy: share it got right.
        accuracy_low: lower end of its 95 % interval (Wilson).
        accuracy_high: upper end.
        p: that chance alone makes it so much worse than on the other photos (Fisher's exact test,
            one-sided, adjusted for the number of slices by Holm's method).
        is_worse: p is under 0.05.
    """

    by: str
    name: str
    photos: int
    errors: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    p: float
    is_worse: bool


def slice_photos(catalog: Catalog, ids: list[str]) -> dict[tuple[str, str], Bools]:
    """Sorts photos into kinds.

    Args:
        catalog: of the data set.
        ids: of the photos in question.

    Returns:
        Bool (N,) by what they are sorted by and which kind it is: the photos of that kind. Kinds
        that none of the photos is of are left out.
    """
    places = {str(name): row for row, name in enumerate(catalog.table["id"])}
    rows = np.array([places[name] for name in ids], np.int64)
    table = catalog.table.iloc[rows]
    width = table["width"].to_numpy(np.float64, na_value=np.nan)
    height = table["height"].to_numpy(np.float64, na_value=np.nan)
    kinds: dict[tuple[str, str], Bools] = {}
    for name, of_kind in _quarters(table["brightness"].to_numpy(np.float64), "{:.2f}", "dark"):
        kinds["brightness", name] = of_kind
    for name, of_kind in _quarters(np.minimum(width, height), "{:.0f} pixels", "small"):
        kinds["shorter side", name] = of_kind
    with np.errstate(invalid="ignore"):
        aspect = width / height
    kinds["shape", f"tall (width under {_TALL} of height)"] = aspect < _TALL
    kinds["shape", "about square"] = (aspect >= _TALL) & (aspect <= _WIDE)
    kinds["shape", f"wide (width over {_WIDE} of height)"] = aspect > _WIDE
    cut = np.array([str(problem).startswith("truncated") for problem in table["problem"]], bool)
    kinds["file", "whole"], kinds["file", "cut short"] = ~cut, cut
    grey = _is_grey(catalog.tiny[rows])
    kinds["colour", "colour"], kinds["colour", "grey"] = ~grey, grey
    return {key: of_kind for key, of_kind in kinds.items() if of_kind.any()}


def measure_slices(results: Results, kinds: Mapping[tuple[str, str], Bools]) -> list[Slice]:
    """Measures a model on each kind of photo against all the others.

    Args:
        results: of the photos that were sorted.
        kinds: bool (N,) of each kind, as `slice_photos` returns them.
    """
    wrong = ~results.is_right
    slices = [_measure(*key, of_kind, wrong) for key, of_kind in kinds.items()]
    # A kind that all photos are of has nothing to be compared with, and is no test.
    tested = [place for place, one in enumerate(slices) if one.photos < len(wrong)]
    for place, p in zip(tested, holm_adjust([slices[i].p for i in tested]), strict=True):
        slices[place] = replace(slices[place], p=p, is_worse=p < LEVEL)
    return slices


def _measure(by: str, name: str, of_kind: Bools, wrong: Bools) -> Slice:
    photos, errors = int(of_kind.sum()), int(wrong[of_kind].sum())
    low, high = wilson_interval(photos - errors, photos)
    p = fisher_p_more(errors, photos, int(wrong.sum()) - errors, len(wrong) - photos)
    return Slice(by, name, photos, errors, 1 - errors / photos, low, high, p, is_worse=False)


def _quarters(
    values: npt.NDArray[np.float64], written: str, least: str
) -> Iterator[tuple[str, Bools]]:
    """Yields the photos below the lower quartile, between the two, and above the upper."""
    known = values[np.isfinite(values)]
    if not known.size:
        return
    low, high = np.percentile(known, (25, 75))
    words = {"dark": ("darkest", "brightest"), "small": ("smallest", "largest")}[least]
    if low == high:
        yield f"all about {written.format(low)}", np.isfinite(values)
        return
    yield f"{words[0]} (under {written.format(low)})", values < low
    yield (
        f"middle ({written.format(low)} to {written.format(high)})",
        (values >= low) & (values <= high),
    )
    yield f"{words[1]} (over {written.format(high)})", values > high


def _is_grey(tiny: npt.NDArray[np.uint8]) -> Bools:
    """Tells which of uint8 (N, S, S, 3) have no colour to speak of."""
    spread = np.ptp(tiny.reshape(len(tiny), -1, 3).astype(np.int16), axis=2)
    grey: Bools = (
        np.percentile(spread, 99, axis=1) <= GREY_LEVELS if len(tiny) else np.zeros(0, bool)
    )
    return grey
