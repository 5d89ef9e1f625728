"""From logits to probabilities to a verdict: the last steps of every answer, and pure functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catordog.labels import CLASSES, Label

LABEL_ERROR_RATE = 0.002
"""How often a label is wrong where a model could not be surer: no probability is nearer to 0 or 1
than half of it, so that a photo with a wrong label costs a bounded log loss."""


def to_probabilities(logits: np.ndarray) -> np.ndarray:
    """Turns logits into probabilities, as the graph of a model file does.

    Args:
        logits: float, any shape.

    Returns:
        The same shape and type, in [LABEL_ERROR_RATE / 2, 1 - LABEL_ERROR_RATE / 2].

    Example:
        >>> to_probabilities(np.array([-1000.0, 0.0, 1000.0])).round(3).tolist()
        [0.001, 0.5, 0.999]
    """
    sigmoid = (1 + np.tanh(logits / 2)) / 2  # exp would overflow
    floored: np.ndarray = (1 - LABEL_ERROR_RATE) * sigmoid + LABEL_ERROR_RATE / 2
    return floored


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a probability is a verdict; chosen on validation photos, in the model file.

    Attributes:
        pet: neither animal is there if both probabilities are below this.
        both: both are there if both probabilities are at least this.
    """

    pet: float
    both: float

    def __post_init__(self) -> None:
        if not (0 < self.pet < 1 and 0 < self.both < 1):
            raise ValueError(f"{self}, not between 0 and 1")

    def decide(self, p_cat: float, p_dog: float) -> Label:
        """Gives the verdict.

        Example:
            >>> thresholds = Thresholds(pet=0.5, both=0.4)
            >>> [str(thresholds.decide(*p)) for p in ((0.9, 0.1), (0.2, 0.3), (0.9, 0.4))]
            ['cat', 'neither', 'both']
        """
        if max(p_cat, p_dog) < self.pet:
            return Label.NEITHER
        if min(p_cat, p_dog) >= self.both:
            return Label.BOTH
        return CLASSES[int(p_dog > p_cat)]
