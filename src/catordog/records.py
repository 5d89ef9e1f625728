"""The plain values that pass between catordog's parts and out to its users."""

from __future__ import annotations

from dataclasses import dataclass

from catordog.labels import Label


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one photo.

    Attributes:
        label: the verdict: cat, dog, both or neither, by the model's own thresholds.
        p_cat: probability that the photo contains a cat, in (0, 1).
        p_dog: probability that the photo contains a dog, in (0, 1); another question, so that the
            two need not add to 1.
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
        """Probability of a dog where it is known to be one of the two, in (0, 1).

        What Dogs vs. Cats asks, and a photo labelled `both` or `neither` has an answer to it too.
        """
        return self.p_dog / (self.p_cat + self.p_dog)


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
