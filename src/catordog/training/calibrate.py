"""Makes a network as sure as it is right: scale and offset of each logit, by validation photos."""

from __future__ import annotations

import math

import numpy as np

from catordog.inference.verdict import LABEL_ERROR_RATE, Thresholds

_STEPS = 50
_PRIOR_PHOTOS = 4.0
"""How many photos' worth of trust the logits get as they are: a few, so that a validation part that
a network answers without an error does not make it infinitely sure."""


def to_logits(probabilities: np.ndarray) -> np.ndarray:
    """Undoes `verdict.to_probabilities`; what is at a limit stays finite."""
    p = (probabilities.astype(np.float64) - LABEL_ERROR_RATE / 2) / (1 - LABEL_ERROR_RATE)
    p = np.clip(p, 1e-7, 1 - 1e-7)
    result: np.ndarray = np.log(p / (1 - p))
    return result


def find_scale(logits: np.ndarray, is_so: np.ndarray) -> tuple[float, float]:
    """Finds scale and offset of a logit at which the log loss is least (Platt 1999).

    Args:
        logits: float (N,), of photos the network did not learn from.
        is_so: bool (N,), what is true of each.

    Returns:
        Scale (below 1 for a network that is too sure) and offset.

    Example:
        >>> logits = np.array([6.0] * 4 + [-6.0] * 4)
        >>> scale, _ = find_scale(logits, np.array([1, 1, 1, 0, 0, 0, 0, 1], bool))
        >>> scale < 0.5
        True
    """
    logits = logits.astype(np.float64)
    design = np.column_stack([logits, np.ones_like(logits)])
    weights = np.array([1.0, 0.0])
    # Newton's method on the log loss plus a penalty that pulls the scale to 1, the offset to 0.
    penalty = np.diag([_PRIOR_PHOTOS, _PRIOR_PHOTOS / 25])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (p - is_so) + penalty @ (weights - [1.0, 0.0])
        curve = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(curve, slope)
        weights = weights - np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


LOST_PETS = 0.003
"""Of the photos of pets, how many the threshold may call neither. Of photos unlike those it learned
from, more are lost (EXPERIMENTS.md)."""

DOUBLED_PETS = 0.0075
"""Of the photos of one pet, how many may be called both."""

_PET_RANGE = (0.1, 0.9)
_BOTH_RANGE = (0.05, 0.8)
"""A few hundred photos say little about so small a share: no threshold is beyond these for it.
What a single pet's photo says of the other animal is mostly under 0.01."""

NEVER = Thresholds(pet=LABEL_ERROR_RATE / 4, both=1 - LABEL_ERROR_RATE / 4)
"""For a model that never saw photos of neither or both: it names one of the two."""


def choose_thresholds(probabilities: np.ndarray, targets: np.ndarray) -> Thresholds:
    """Chooses from where on a probability is a verdict, by what a wrong one costs.

    `neither` is said as often as `LOST_PETS` allows, `both` as often as `DOUBLED_PETS` does:
    a pet that is overlooked, or seen twice, is what users mind.

    Args:
        probabilities: float (N, 2), of validation photos.
        targets: float (N, 2), what they show: 0 or 1.
    """
    one = targets.sum(axis=1) == 1
    if not one.any() or one.all():
        return NEVER
    pet = np.quantile(probabilities[one].max(axis=1), LOST_PETS)
    both = np.quantile(probabilities[one].min(axis=1), 1 - DOUBLED_PETS)
    return Thresholds(
        pet=math.floor(float(np.clip(pet, *_PET_RANGE)) * 1000) / 1000,
        both=math.ceil(float(np.clip(both, *_BOTH_RANGE)) * 1000) / 1000,
    )
