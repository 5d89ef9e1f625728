"""When to look at a photo twice, where, and what that counts for: pure functions, no pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from catordog.images.preprocess import Window

_SAME_SHARE = 0.6
"""Two windows that share this much of what they cover together would show the same thing twice."""


class SecondLook(StrEnum):
    """Which photos a classifier looks at twice."""

    AUTO = "auto"
    OFF = "off"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class SecondLookSpec:
    """When a model looks twice and how it weighs what it sees; travels in the model file.

    Attributes:
        sure_pet: a photo with a probability of this or more shows a pet for sure.
        sure_absent: with the lower probability at this or less, the other pet is absent for sure.
        side: of a window, as a share of the photo's width and height.
        weights: of the whole photo's logit, of the best window's logit, and a constant.
    """

    sure_pet: float
    sure_absent: float
    side: float
    weights: tuple[float, float, float]

    def __post_init__(self) -> None:
        if len(self.weights) != 3 or not 0 < self.side <= 1:
            raise ValueError(f"{self}, not three weights and a side in (0, 1]")
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))  # JSON has no tuples


def is_unsure(probabilities: np.ndarray, spec: SecondLookSpec) -> np.ndarray:
    """Tells which photos are worth a second look.

    Args:
        probabilities: float (N, 2), of the whole photos.
        spec: of the model.

    Returns:
        bool (N,).

    Example:
        >>> spec = SecondLookSpec(0.98, 0.02, 0.5, (0.5, 0.5, 0.0))
        >>> is_unsure(np.array([[0.99, 0.01], [0.99, 0.1], [0.01, 0.01]]), spec).tolist()
        [False, True, True]
    """
    unsure: np.ndarray = (probabilities.max(axis=1) < spec.sure_pet) | (
        probabilities.min(axis=1) > spec.sure_absent
    )
    return unsure


def choose_windows(evidence: np.ndarray, spec: SecondLookSpec) -> list[Window]:
    """Chooses where to look: for each animal the window with the most evidence for it.

    Args:
        evidence: float (h, w, 2), of the whole photo.
        spec: of the model.

    Returns:
        Two windows; one where both animals are to be sought in (nearly) the same.
    """
    rows, columns = (max(1, round(spec.side * cells)) for cells in evidence.shape[:2])
    view = np.lib.stride_tricks.sliding_window_view(evidence, (rows, columns), axis=(0, 1))  # type: ignore[call-overload]
    means = view.mean(axis=(-2, -1))
    windows: list[Window] = []
    for question in range(evidence.shape[2]):
        at = np.unravel_index(means[:, :, question].argmax(), means.shape[:2])
        top = _place(int(at[0]), rows, evidence.shape[0], spec.side)
        left = _place(int(at[1]), columns, evidence.shape[1], spec.side)
        window = Window(left, top, spec.side, spec.side)
        if not any(_shared(window, other) >= _SAME_SHARE for other in windows):
            windows.append(window)
    return windows


def _place(first: int, cells: int, of: int, side: float) -> float:
    """Returns where a window begins whose middle is that of some cells; it stays inside."""
    middle = (first + cells / 2) / of
    return min(max(middle - side / 2, 0.0), 1 - side)


def _shared(one: Window, other: Window) -> float:
    """Returns the intersection of two windows of one size, as a share of their union."""
    across = max(0.0, one.width - abs(one.left - other.left))
    down = max(0.0, one.height - abs(one.top - other.top))
    both = across * down
    return both / (one.width * one.height + other.width * other.height - both)


def combine(whole: np.ndarray, windows: np.ndarray, spec: SecondLookSpec) -> np.ndarray:
    """Weighs both looks at one photo.

    Args:
        whole: float (2,), the logits of the whole photo.
        windows: float (K, 2), the logits of its windows; for each animal the best one counts.
        spec: of the model.

    Returns:
        float (2,), logits.
    """
    of_whole, of_best, constant = spec.weights
    combined: np.ndarray = of_whole * whole + of_best * windows.max(axis=0) + constant
    return combined
