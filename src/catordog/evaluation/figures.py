"""How well a model answers Kaggle's question, cat or dog?, each figure with its interval.

For photos that show exactly one of the two: every answer is the more likely one, and every
probability is given that it is one of them. Verdicts, which may be both or neither, are measured
in `verdicts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.errors import DatasetError
from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import RESAMPLES, Estimate, estimate
from catordog.labels import CLASSES, Label
from catordog.metrics import Metrics, measure, weighted_auc

_CLIP = 1e-7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fared.

    Attributes:
        photos: that show it.
        precision: of the photos answered with it, how many show it.
        recall: of the photos that show it, how many were answered with it.
        f1: the harmonic mean of the two.
    """

    photos: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    Attributes:
        metrics: accuracy and log loss, with the intervals every report has.
        accuracy: the same accuracy with a bootstrap interval.
        log_loss: likewise.
        auc: how often a dog's photo has a higher probability of a dog than a cat's; NaN with one
            class only.
        classes: of each class.
        confusion: how many photos have each pair of label and answer.
        seed: of the bootstrap.
    """

    metrics: Metrics
    accuracy: Estimate
    log_loss: Estimate
    auc: Estimate
    classes: Mapping[Label, ClassFigures]
    confusion: Mapping[tuple[Label, Label], int]
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`; those of `Metrics` first, as they always were."""
        return {
            **asdict(self.metrics),
            **self.auc.as_json("auc"),
            "bootstrap": {
                "resamples": RESAMPLES,
                "seed": self.seed,
                **self.accuracy.as_json("accuracy"),
                **self.log_loss.as_json("log_loss"),
            },
            "classes": {
                str(label): {
                    "photos": of_class.photos,
                    **of_class.precision.as_json("precision"),
                    **of_class.recall.as_json("recall"),
                    **of_class.f1.as_json("f1"),
                }
                for label, of_class in self.classes.items()
            },
            "confusion": [
                {"label": str(label), "answer": str(said), "photos": count}
                for (label, said), count in self.confusion.items()
            ],
        }


def count_pairs(results: Results) -> dict[tuple[Label, Label], int]:
    """Counts each pair of label and more likely class, those that do not occur too."""
    found = Counter(zip(results.labels, results.chosen, strict=True))
    return {(label, chosen): found[label, chosen] for label in CLASSES for chosen in CLASSES}


def measure_results(results: Results, *, seed: int = 0) -> Figures:
    """Measures a model's answers.

    Args:
        results: of photos that show a cat or a dog.
        seed: of the bootstrap.

    Raises:
        DatasetError: no photo could be answered.
    """
    if not results.ids:
        raise DatasetError(
            f"Cannot measure the model: expected photos it can answer, received "
            f"{len(results.failed)} of which none can be decoded. Name other photos, or another "
            "part of the split."
        )
    classes, is_dog = results.classes, results.classes == CLASSES.index(Label.DOG)
    losses, p_dog = losses_of(results), results.given_pet[:, 1]
    hits = results.is_right.astype(np.float64)
    tables = _indicators(results)

    def statistic(counts: Floats) -> Floats:
        auc = weighted_auc(p_dog, is_dog, counts)
        whole = counts.sum(axis=1)
        head = [counts @ hits / whole, counts @ losses / whole, auc]
        return np.column_stack([*head, *_class_figures(counts, tables)])

    accuracy, log_loss, auc, *rest = estimate(len(classes), statistic, seed=seed)
    of_class = {
        label: ClassFigures(results.labels.count(label), *rest[3 * place : 3 * place + 3])
        for place, label in enumerate(CLASSES)
    }
    metrics, pairs = measure(results.probabilities, classes), count_pairs(results)
    return Figures(metrics, accuracy, log_loss, auc, of_class, pairs, seed)


def losses_of(results: Results) -> Floats:
    """Returns -ln p(true label, given one of the two), clipped as `metrics.measure` clips."""
    p_true = results.given_pet[np.arange(len(results.ids)), results.classes]
    losses: Floats = -np.log(np.clip(p_true, _CLIP, 1 - _CLIP))
    return losses


def _indicators(results: Results) -> list[tuple[Floats, Floats]]:
    """Returns, for each class, which photos show it and which were answered so: 0 or 1."""
    labels, said = np.array(results.labels, object), np.array(results.chosen, object)
    return [((labels == c).astype(np.float64), (said == c).astype(np.float64)) for c in CLASSES]


def _class_figures(counts: Floats, tables: list[tuple[Floats, Floats]]) -> list[Floats]:
    columns: list[Floats] = []
    for shows, said in tables:
        both, showing, saying = counts @ (shows * said), counts @ shows, counts @ said
        columns += [_share(both, saying), _share(both, showing), _share(2 * both, showing + saying)]
    return columns


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share
