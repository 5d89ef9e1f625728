"""Does a stated probability come true, and from which one on can an answer be trusted?

For Kaggle's question, on photos of cats and dogs; `questions` asks it of each animal alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from catordog.evaluation.answering import Results
from catordog.metrics import wilson_interval

BINS = 15
COVERAGES = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)
TARGETS = (0.99, 0.995, 0.999, 1.0)


@dataclass(frozen=True, slots=True)
class Bin:
    """Photos answered with about the same confidence.

    Attributes:
        photos: how many.
        errors: how many of them wrongly.
        confidence: mean probability of the more likely class, given one of the two.
    """

    photos: int
    errors: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """What comes of answering only when sure enough.

    Attributes:
        confidence: the least probability with which a photo is answered.
        answered: how many photos are.
        errors: how many of them wrongly.
        coverage: share of all photos that are answered.
        error_rate: share of the answered that are wrong.
        error_rate_low: lower end of its 95 % interval (Wilson).
        error_rate_high: upper end.
        target: share to be right for which this is the largest coverage; None for a row chosen
            by its coverage.
    """

    confidence: float
    answered: int
    errors: int
    coverage: float
    error_rate: float
    error_rate_low: float
    error_rate_high: float
    target: float | None = None


def bin_by_confidence(results: Results, bins: int = BINS) -> list[Bin]:
    """Sorts photos by confidence and cuts them into bins of equal number, to within one.

    Args:
        results: at least one.
        bins: how many; fewer if there are fewer photos.
    """
    order = np.argsort(results.confidence, kind="stable")
    wrong = ~results.is_right
    return [
        Bin(len(rows), int(wrong[rows].sum()), float(results.confidence[rows].mean()))
        for rows in np.array_split(order, min(bins, len(order)))
    ]


def calibration_error(bins: list[Bin]) -> float:
    """Returns the expected calibration error: the mean gap between confidence and accuracy.

    Weighted by photos, in [0, 1] (Naeini et al. 2015; Guo et al. 2017).

    Example:
        >>> round(calibration_error([Bin(2, 1, 0.6), Bin(2, 0, 0.9)]), 3)
        0.1
    """
    gaps = [b.photos * abs(1 - b.errors / b.photos - b.confidence) for b in bins]
    return math.fsum(gaps) / sum(b.photos for b in bins)


def threshold_table(results: Results) -> list[Threshold]:
    """Tells how often the model is wrong if it answers only its surest share of the photos."""
    steps = _steps(results)
    chosen = [next(s for s in steps if s.coverage >= share - 1e-12) for share in COVERAGES]
    return list({step.confidence: step for step in chosen}.values())


def reach_targets(results: Results) -> list[Threshold]:
    """Finds the largest coverage at which the measured share of right answers reaches a target.

    A target that no threshold reaches is left out. Chosen on the photos it is measured on, such a
    threshold looks a little better than it will be on others.
    """
    steps = _steps(results)
    found = []
    for target in TARGETS:
        good = [step for step in steps if 1 - step.error_rate >= target - 1e-12]
        if good:
            best = good[-1]
            found.append(_threshold(best.confidence, best.answered, best.errors, results, target))
    return found


def _steps(results: Results) -> list[Threshold]:
    """Returns each threshold that makes a difference, from the highest to the lowest."""
    order = np.argsort(-results.confidence, kind="stable")
    ranked = results.confidence[order]
    errors = np.cumsum(~results.is_right[order])
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    return [_threshold(float(ranked[end]), int(end) + 1, int(errors[end]), results) for end in ends]


def _threshold(
    confidence: float, answered: int, errors: int, results: Results, target: float | None = None
) -> Threshold:
    low, high = wilson_interval(errors, answered)
    coverage = answered / len(results.ids)
    return Threshold(confidence, answered, errors, coverage, errors / answered, low, high, target)
