"""Intervals by the bootstrap: the photos are drawn anew, with replacement, many times over.

The percentile interval of Efron (1979, Annals of Statistics 7, 1-26). Where a figure is the same in
every draw, as with no mistake at all, its interval has no width; Wilson's interval of the accuracy
is the honest one then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
_CELLS_AT_ONCE = 4_000_000
"""Counts held at a time: 32 MB."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; NaN where it is not defined.

    Attributes:
        value: as measured.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float

    def as_json(self, name: str) -> dict[str, float | None]:
        """Returns the three as fields; null where there is no value.

        Example:
            >>> Estimate(0.5, 0.25, 0.75).as_json("recall")
            {'recall': 0.5, 'recall_low': 0.25, 'recall_high': 0.75}
        """
        ends = {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}
        return {key: None if math.isnan(value) else value for key, value in ends.items()}


def draw_counts(count: int, *, resamples: int, seed: int) -> Iterator[Floats]:
    """Draws `count` photos out of as many, again and again.

    Args:
        count: N, how many photos; at least 1.
        resamples: how many draws in all.
        seed: of the draws.

    Returns:
        Blocks of float64 (some draws, N): how often each photo was drawn. A row's sum is N.
    """
    random = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // count)
    for begin in range(0, resamples, at_once):
        rows = min(at_once, resamples - begin)
        drawn = random.integers(0, count, (rows, count))
        drawn += np.arange(rows)[:, None] * count
        counts = np.bincount(drawn.ravel(), minlength=rows * count)
        yield counts.reshape(rows, count).astype(np.float64)


def estimate(
    count: int,
    statistic: Callable[[Floats], Floats],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Estimate]:
    """Measures several figures, each with its interval, on the same draws.

    Args:
        count: N, how many photos.
        statistic: takes float64 (R, N), how often each photo counts in each of R draws, and
            returns float64 (R, K): K figures a draw, NaN where one is not defined.
        resamples: how many draws.
        seed: of the draws.

    Returns:
        K estimates.

    Example:
        >>> values = np.array([1.0, 2.0, 3.0, 4.0])
        >>> mean = estimate(4, lambda counts: counts @ values[:, None] / 4)[0]
        >>> mean.value, mean.low < 2.5 < mean.high
        (2.5, True)
    """
    values = statistic(np.ones((1, count)))[0]
    drawn = [statistic(counts) for counts in draw_counts(count, resamples=resamples, seed=seed)]
    return [
        Estimate(float(value), *percentile_interval(column))
        for value, column in zip(values, np.concatenate(drawn).T, strict=True)
    ]


def percentile_interval(drawn: Floats) -> tuple[float, float]:
    """Returns the middle 95 % of what was drawn; draws without a value do not count."""
    known = drawn[np.isfinite(drawn)]
    if not known.size:
        return math.nan, math.nan
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)
