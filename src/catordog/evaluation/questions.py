"""The two questions a model answers, is there a cat? and is there a dog?, each on its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import Estimate, estimate
from catordog.evaluation.calibration import BINS
from catordog.labels import CLASSES, Label
from catordog.metrics import weighted_auc

_CLIP = 1e-7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Photos with about the same probability to contain an animal.

    Attributes:
        photos: how many.
        contain: how many of them contain it.
        probability: mean of the probabilities.
    """

    photos: int
    contain: int
    probability: float


@dataclass(frozen=True, slots=True)
class Question:
    """How well one of the two is answered, over all labelled photos.

    A photo labelled both contains the animal, one labelled neither does not. The figures depend
    on how many photos of each label there are.

    Attributes:
        label: the animal.
        photos: how many were answered.
        contain: how many of them contain it.
        auc: how often a photo that contains it has a higher probability than one that does not.
        log_loss: mean of -ln p(truth), in nats.
        bins: from the lowest probability to the highest, equally many photos in each.
    """

    label: Label
    photos: int
    contain: int
    auc: Estimate
    log_loss: Estimate
    bins: list[Bin]

    @property
    def calibration_error(self) -> float:
        """Mean gap between probability and share, weighted by photos, in [0, 1]."""
        return probability_gap(self.bins)

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        return {
            "photos": self.photos,
            "contain": self.contain,
            **self.auc.as_json("auc"),
            **self.log_loss.as_json("log_loss"),
            "calibration_error": self.calibration_error,
            "bins": [asdict(one) for one in self.bins],
        }


def contains(labels: Sequence[Label], animal: Label) -> npt.NDArray[np.bool_]:
    """Tells which labels say that an animal is in the photo.

    Example:
        >>> contains(list(Label), Label.CAT).tolist()  # cat, dog, both, neither
        [True, False, True, False]
    """
    return np.array([label in (animal, Label.BOTH) for label in labels], np.bool_)


def probability_gap(bins: Sequence[Bin]) -> float:
    """Returns the expected calibration error of one question.

    Example:
        >>> round(probability_gap([Bin(2, 0, 0.1), Bin(2, 2, 0.8)]), 3)
        0.15
    """
    gaps = [one.photos * abs(one.contain / one.photos - one.probability) for one in bins]
    return math.fsum(gaps) / sum(one.photos for one in bins)


def measure_questions(results: Results, *, bins: int = BINS, seed: int = 0) -> list[Question]:
    """Measures both questions, in the order of `labels.CLASSES`.

    Args:
        results: of all labelled photos; at least one.
        bins: how many; fewer if there are fewer photos.
        seed: of the bootstrap.
    """
    return [
        _measure(
            animal, results.probabilities[:, column], contains(results.labels, animal), bins, seed
        )
        for column, animal in enumerate(CLASSES)
    ]


def _measure(
    animal: Label, p: Floats, is_there: npt.NDArray[np.bool_], bins: int, seed: int
) -> Question:
    losses = -np.log(np.clip(np.where(is_there, p, 1 - p), _CLIP, 1 - _CLIP))

    def statistic(counts: Floats) -> Floats:
        auc = weighted_auc(p, is_there, counts)
        return np.column_stack([auc, counts @ losses / counts.sum(axis=1)])

    auc, log_loss = estimate(len(p), statistic, seed=seed)
    order = np.argsort(p, kind="stable")
    parts = [
        Bin(len(rows), int(is_there[rows].sum()), float(p[rows].mean()))
        for rows in np.array_split(order, min(bins, len(order)))
    ]
    return Question(animal, len(p), int(is_there.sum()), auc, log_loss, parts)
