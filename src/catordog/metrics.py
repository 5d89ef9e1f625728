"""How right answers to "cat or dog?" were, with intervals. NumPy only; every report counts with it.

A model says of each animal how likely it is in the photo: p_cat and p_dog, which need not add to 1.
Kaggle's question, and that of every data set of cats and dogs alone, is another: which of the two,
given that it is one of them? `share_out` makes the answer to it, here and everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catordog.labels import CLASSES

_CLIP = 1e-7
_Z95 = 1.959964  # 97.5 % point of the normal distribution: two-sided 95 %


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one model on one set of photos.

    Attributes:
        photos: how many were answered.
        errors: how many got the wrong label.
        accuracy: 1 - errors / photos, in [0, 1].
        accuracy_low: lower end of its 95 % interval (Wilson).
        accuracy_high: upper end.
        log_loss: mean of -ln p(true label, given one of the two), in nats.
        log_loss_low: lower end of its 95 % interval (normal, from the sample's deviation).
        log_loss_high: upper end.
    """

    photos: int
    errors: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    log_loss: float
    log_loss_low: float
    log_loss_high: float

    def __str__(self) -> str:
        """Says it in one line, as reports and the screen show it."""
        return (
            f"accuracy {self.accuracy:.2%} [{self.accuracy_low:.2%}, {self.accuracy_high:.2%}], "
            f"log loss {self.log_loss:.4f} [{self.log_loss_low:.4f}, {self.log_loss_high:.4f}], "
            f"{self.errors} of {self.photos} wrong"
        )


def share_out(probabilities: np.ndarray) -> npt.NDArray[np.float64]:
    """Returns the probability of each class, given that the photo shows exactly one of the two.

    p_cat / (p_cat + p_dog) and p_dog / (p_cat + p_dog): what a model leaves for other photos is
    shared out in proportion. Probabilities that add to 1 stay as they are.
    `Prediction.p_dog_given_pet` is the same of one photo.

    Args:
        probabilities: float (N, 2), p_cat and p_dog.

    Returns:
        float64 (N, 2), each row adding to 1; 0.5 and 0.5 where both were 0.

    Example:
        >>> share_out(np.array([[0.25, 0.75], [0.125, 0.375]])).tolist()
        [[0.25, 0.75], [0.25, 0.75]]
    """
    p = np.asarray(probabilities, np.float64)
    whole = p.sum(axis=1, keepdims=True)
    shared: npt.NDArray[np.float64] = np.divide(p, whole, out=np.full_like(p, 0.5), where=whole > 0)
    return shared


def measure(probabilities: np.ndarray, classes: np.ndarray) -> Metrics:
    """Measures answers to the question "cat or dog?" against labels.

    The answer is the class with the higher probability, whatever is left for other photos.

    Args:
        probabilities: float (N, 2), p_cat and p_dog; N is at least 1.
        classes: int (N,), index into `labels.CLASSES`.

    Example:
        >>> metrics = measure(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]))
        >>> metrics.accuracy, round(metrics.log_loss, 4)
        (0.5, 0.8574)
    """
    if probabilities.shape != (len(classes), len(CLASSES)) or not len(classes):
        raise ValueError(
            f"Cannot measure: expected probabilities (N, {len(CLASSES)}) and classes (N,) with N "
            f"above 0, received {probabilities.shape} and {classes.shape}."
        )
    errors = int((probabilities.argmax(axis=1) != classes).sum())
    p_true = share_out(probabilities)[np.arange(len(classes)), classes]
    losses = -np.log(np.clip(p_true, _CLIP, 1 - _CLIP))
    margin = _Z95 * losses.std() / math.sqrt(len(losses))
    low, high = wilson_interval(len(classes) - errors, len(classes))
    return Metrics(
        photos=len(classes),
        errors=errors,
        accuracy=1 - errors / len(classes),
        accuracy_low=low,
        accuracy_high=high,
        log_loss=float(losses.mean()),
        log_loss_low=max(0.0, float(losses.mean() - margin)),
        log_loss_high=float(losses.mean() + margin),
    )


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Returns the 95 % Wilson score interval of a proportion (Wilson 1927, JASA 22, 209-212).

    Unlike the normal interval it stays inside [0, 1] and is honest near 1, where we live.

    Example:
        >>> [round(end, 4) for end in wilson_interval(990, 1000)]
        [0.9817, 0.9946]
    """
    share, z2 = successes / trials, _Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    margin = _Z95 * math.sqrt(spread) / (1 + z2 / trials)
    return max(0.0, centre - margin), min(1.0, centre + margin)


def roc_auc(p_wanted: npt.NDArray[np.float64], is_wanted: npt.NDArray[np.bool_]) -> float:
    """Returns how often a photo of the class has a higher probability than another; ties half.

    Returns:
        In [0, 1]; NaN unless there are photos of both kinds.

    Example:
        >>> roc_auc(np.array([0.9, 0.8, 0.3]), np.array([True, False, False]))
        1.0
    """
    return float(weighted_auc(p_wanted, is_wanted, np.ones((1, len(p_wanted))))[0])


def weighted_auc(
    p_wanted: npt.NDArray[np.float64],
    is_wanted: npt.NDArray[np.bool_],
    counts: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Computes the AUC of many draws of the same photos at once.

    Args:
        p_wanted: (N,).
        is_wanted: (N,).
        counts: (R, N), how often each photo is in each draw.

    Returns:
        (R,); NaN where a draw lacks a kind.
    """
    order = np.argsort(p_wanted, kind="stable")
    ranked = p_wanted[order]
    begins = np.flatnonzero(np.append(True, np.diff(ranked) != 0)[: len(ranked)])
    wanted = np.add.reduceat(counts[:, order] * is_wanted[order], begins, axis=1)
    others = np.add.reduceat(counts[:, order] * ~is_wanted[order], begins, axis=1)
    below = np.cumsum(others, axis=1) - others / 2
    pairs = wanted.sum(axis=1) * others.sum(axis=1)
    area = (wanted * below).sum(axis=1)
    auc: npt.NDArray[np.float64] = np.divide(
        area, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0
    )
    return auc
