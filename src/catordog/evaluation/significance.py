"""Exact tests on counts of right and wrong answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LEVEL = 0.05
"""What is rarer than this by chance is called significant."""


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Returns the exact two-sided p-value that two models are equally often right.

    McNemar (1947, Psychometrika 12, 153-157), exactly, by the binomial distribution: of the photos
    that only one model got right, each is as likely to be the one's as the other's.

    Args:
        first_only: photos only the first model got right.
        second_only: photos only the second did.

    Example:
        >>> round(mcnemar_p(0, 6), 6)
        0.03125
    """
    discordant = first_only + second_only
    if not discordant:
        return 1.0
    logs = _log_factorials(discordant)
    fewer = np.arange(min(first_only, second_only) + 1)
    log_ways = logs[discordant] - logs[fewer] - logs[discordant - fewer]
    tail = float(np.exp(log_ways - discordant * np.log(2)).sum())
    return min(1.0, 2 * tail)


def fisher_p_more(errors: int, photos: int, other_errors: int, other_photos: int) -> float:
    """Returns Fisher's exact one-sided p-value that some photos are wrong more often than others.

    Args:
        errors: among the photos in question.
        photos: in question.
        other_errors: among the others.
        other_photos: how many others.

    Example:
        >>> round(fisher_p_more(3, 4, 1, 4), 4)  # the lady tasting tea
        0.2429
    """
    whole, wrong = photos + other_photos, errors + other_errors
    logs = _log_factorials(whole)

    def log_choose(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        ways: npt.NDArray[np.float64] = logs[n] - logs[k] - logs[n - k]
        return ways

    at_least = np.arange(errors, min(photos, wrong) + 1)
    log_p = log_choose(photos, at_least) + log_choose(other_photos, wrong - at_least)
    return min(1.0, float(np.exp(log_p - log_choose(whole, np.array([wrong]))).sum()))


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """Adjusts p-values for their number (Holm 1979), so that chance finds one in 20 reports.

    Example:
        >>> holm_adjust([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        adjusted[place] = min(1.0, largest)
    return adjusted


def _log_factorials(largest: int) -> npt.NDArray[np.float64]:
    """Returns ln 0!, ln 1!, ... ln largest!."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])
