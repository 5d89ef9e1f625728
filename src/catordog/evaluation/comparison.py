"""Two models on the same photos: which is better, and could it be chance?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import Estimate, estimate
from catordog.evaluation.figures import losses_of
from catordog.evaluation.significance import LEVEL, holm_adjust, mcnemar_p
from catordog.labels import CLASSES, Label

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Paired:
    """One kind of answer of two models, photo by photo.

    Attributes:
        photos: that both answered.
        errors: how many this model got wrong.
        other_errors: how many the other did.
        only_this_right: photos only this model got right.
        only_other_right: photos only the other did.
        p: exact McNemar p-value, two-sided, that both are equally often right.
        gap: share the other gets right minus this one's, in percentage points, with its paired
            bootstrap interval. Above 0, the other is better.
    """

    photos: int
    errors: int
    other_errors: int
    only_this_right: int
    only_other_right: int
    p: float
    gap: Estimate

    @property
    def is_significant(self) -> bool:
        """Is the difference more than chance?"""
        return self.p < LEVEL

    @property
    def points(self) -> float:
        """By how many percentage points the other is better, without a sum of rounded shares."""
        return 100 * (self.errors - self.other_errors) / self.photos

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        return {
            **{name: getattr(self, name) for name in Paired.__slots__ if name != "gap"},
            **self.gap.as_json("accuracy_gap"),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model against another, on the photos that both answered.

    Attributes:
        chosen: cat or dog, of the photos labelled so: Kaggle's question.
        log_loss_gap: other's log loss minus this one's at that question, with its paired
            bootstrap interval. Below 0, the other is better.
        verdicts: cat, dog, both or neither, of all labelled photos.
        neither: the same, of the photos labelled neither; None without such photos.
    """

    chosen: Paired
    log_loss_gap: Estimate
    verdicts: Paired
    neither: Paired | None = None

    @property
    def tests(self) -> dict[str, Paired]:
        """Each comparison by what it is about."""
        named = {"cat or dog": self.chosen, "verdicts": self.verdicts}
        return named if self.neither is None else {**named, "neither": self.neither}

    def regressions(self, points: float) -> list[str]:
        """Names the comparisons in which this model is worse by more than so many points.

        It is if both hold: the measured gap is above `points`, and the exact McNemar test tells
        the two models apart at the 5 % level, adjusted for the number of comparisons by Holm's
        method. A gap that chance explains does not count, however wide; one that is real but
        within the points does not either.
        """
        adjusted = holm_adjust([test.p for test in self.tests.values()])
        return [
            name
            for (name, test), p in zip(self.tests.items(), adjusted, strict=True)
            if test.points > points and p < LEVEL
        ]

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        return {
            **self.chosen.as_json(),
            **self.log_loss_gap.as_json("log_loss_gap"),
            "verdicts": self.verdicts.as_json(),
            "neither": None if self.neither is None else self.neither.as_json(),
        }


def compare_results(this: Results, other: Results, *, seed: int = 0) -> Comparison:
    """Compares two models.

    Args:
        this: one model's answers to labelled photos, cats and dogs among them.
        other: another's, to the same photos; those that only one could answer are left out.
        seed: of the bootstrap.

    Raises:
        ValueError: no photo of a cat or a dog was answered by both.
    """
    places = {name: row for row, name in enumerate(other.ids)}
    both = [(row, places[name]) for row, name in enumerate(this.ids) if name in places]
    pets = [pair for pair in both if this.labels[pair[0]] in CLASSES]
    if not pets:
        raise ValueError("Cannot compare: expected photos that both models answered, received none")
    rows = {
        "verdicts": both,
        "neither": [pair for pair in both if this.labels[pair[0]] is Label.NEITHER],
    }
    verdicts: Mapping[str, Paired] = {
        name: _compare(*_pick(some, this.is_verdict_right, other.is_verdict_right), seed=seed)
        for name, some in rows.items()
        if some
    }
    mine, theirs = _pets(this, [row for row, _ in pets]), _pets(other, [row for _, row in pets])
    loss_gaps = (losses_of(theirs) - losses_of(mine))[:, None]
    (log_loss_gap,) = estimate(len(pets), lambda counts: counts @ loss_gaps / len(pets), seed=seed)
    return Comparison(
        chosen=_compare(mine.is_right, theirs.is_right, seed=seed),
        log_loss_gap=log_loss_gap,
        verdicts=verdicts["verdicts"],
        neither=verdicts.get("neither"),
    )


def _pick(pairs: list[tuple[int, int]], right: Bools, other_right: Bools) -> tuple[Bools, Bools]:
    mine, theirs = np.array(pairs).T
    return right[mine], other_right[theirs]


def _pets(results: Results, rows: list[int]) -> Results:
    return Results(
        ids=[results.ids[row] for row in rows],
        labels=[results.labels[row] for row in rows],
        said=[results.said[row] for row in rows],
        probabilities=results.probabilities[rows],
        failed=[],
    )


def _compare(right: Bools, other_right: Bools, *, seed: int) -> Paired:
    gaps = 100.0 * (other_right.astype(np.float64) - right)[:, None]
    (gap,) = estimate(len(gaps), lambda counts: counts @ gaps / len(gaps), seed=seed)
    only_this, only_other = int((right & ~other_right).sum()), int((other_right & ~right).sum())
    return Paired(
        photos=len(right),
        errors=int((~right).sum()),
        other_errors=int((~other_right).sum()),
        only_this_right=only_this,
        only_other_right=only_other,
        p=mcnemar_p(only_this, only_other),
        gap=gap,
    )
