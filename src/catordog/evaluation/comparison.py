"""Two models on the same photos: which is better, and could it be chance?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import Estimate, estimate
from catordog.evaluation.figures import losses_of
from catordog.evaluation.significance import LEVEL, mcnemar_p


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model against another, on the photos that both answered.

    Attributes:
        photos: how many.
        errors: how many this model got wrong.
        other_errors: how many the other did.
        only_this_right: photos only this model got right.
        only_other_right: photos only the other did.
        p: exact McNemar p-value, two-sided, that both are equally often right.
        accuracy_gap: other's accuracy minus this one's, in percentage points, with its paired
            bootstrap interval. Above 0, the other is better.
        log_loss_gap: other's log loss minus this one's, likewise. Below 0, the other is better.
    """

    photos: int
    errors: int
    other_errors: int
    only_this_right: int
    only_other_right: int
    p: float
    accuracy_gap: Estimate
    log_loss_gap: Estimate

    @property
    def is_significant(self) -> bool:
        """Is the difference in accuracy more than chance?"""
        return self.p < LEVEL

    def is_worse_by(self, points: float) -> bool:
        """Is this model worse than the other by more than so many points of accuracy?

        It is if both hold: the measured gap is above `points`, and the exact McNemar test tells
        the two models apart at the 5 % level. A gap that chance explains does not count, however
        wide; one that is real but within the points does not either.
        """
        gap = 100 * (self.errors - self.other_errors) / self.photos  # exact: no sum of shares
        return gap > points and self.is_significant


def compare_results(this: Results, other: Results, *, seed: int = 0) -> Comparison:
    """Compares two models.

    Args:
        this: one model's answers.
        other: another's, to the same photos; those that only one could answer are left out.
        seed: of the bootstrap.

    Raises:
        ValueError: no photo was answered by both.
    """
    places = {name: row for row, name in enumerate(other.ids)}
    pairs = [(row, places[name]) for row, name in enumerate(this.ids) if name in places]
    if not pairs:
        raise ValueError("Cannot compare: expected photos that both models answered, received none")
    mine, theirs = np.array(pairs).T
    right, other_right = this.is_right[mine], other.is_right[theirs]
    gaps = 100.0 * (other_right.astype(np.float64) - right)
    loss_gaps = losses_of(other)[theirs] - losses_of(this)[mine]
    table = np.column_stack([gaps, loss_gaps])
    accuracy_gap, log_loss_gap = estimate(
        len(pairs), lambda counts: counts @ table / len(pairs), seed=seed
    )
    only_this, only_other = int((right & ~other_right).sum()), int((other_right & ~right).sum())
    return Comparison(
        photos=len(pairs),
        errors=int((~right).sum()),
        other_errors=int((~other_right).sum()),
        only_this_right=only_this,
        only_other_right=only_other,
        p=mcnemar_p(only_this, only_other),
        accuracy_gap=accuracy_gap,
        log_loss_gap=log_loss_gap,
    )
