"""The classes and their order: written here once, read everywhere else."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What a photo shows. The order of the members is the order of a model's outputs."""

    CAT = "cat"
    DOG = "dog"


CLASSES: tuple[Label, ...] = (Label.CAT, Label.DOG)
"""Column order of every probability array in the project: shape (N, 2) is p_cat, p_dog."""
