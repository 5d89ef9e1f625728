"""What a photo may show, and the order of a model's outputs: written here once, read everywhere."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What a photo shows: which of the two animals, if any. A model's verdict is one of these."""

    CAT = "cat"
    DOG = "dog"
    BOTH = "both"
    NEITHER = "neither"


CLASSES: tuple[Label, ...] = (Label.CAT, Label.DOG)
"""The two questions a model answers (is there a cat? is there a dog?), in the column order of every
probability array in the project: shape (N, 2) is p_cat, p_dog, which need not add to 1."""
