"""The plain values that pass between catordog's parts and out to its users."""

from __future__ import annotations

from dataclasses import dataclass

from catordog.labels import Label


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one photo.

    Attributes:
        label: the class with the higher probability.
        p_cat: probability that the photo shows a cat, in [0, 1].
        p_dog: probability that the photo shows a dog, in [0, 1]; 1 - p_cat.
        width: pixels across, upright (after the EXIF orientation is applied).
        height: pixels down, upright.
        warning: empty, or what the answer does not rest on (a photo cut short, for one).
    """

    label: Label
    p_cat: float
    p_dog: float
    width: int
    height: int
    warning: str = ""

    @property
    def p_dog_given_pet(self) -> float:
        """Probability of a dog, given that the photo shows a cat or a dog, in [0, 1].

        p_dog / (p_cat + p_dog): the answer to Kaggle's question. 0.5 if both are 0.
        """
        whole = self.p_cat + self.p_dog
        return self.p_dog / whole if whole > 0 else 0.5


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one photo of a batch has no prediction.

    Attributes:
        error: the message of the error that a single `predict` would have raised.
        kind: the name of that error's class, such as `ImageDecodeError`.
    """

    error: str
    kind: str


Answer = Prediction | Failure
"""One row of a batch: every photo that goes in comes out as one of the two."""
