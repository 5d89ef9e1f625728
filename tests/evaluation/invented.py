"""Answers made up for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catordog.evaluation.answering import Results
from catordog.labels import CLASSES, Label

CAT, DOG = CLASSES


def invent_results(labels: Sequence[Label], p_dog: Sequence[float]) -> Results:
    """Makes results of photos named after their place."""
    p = np.array(p_dog, float).reshape(-1)
    return Results(
        ids=[f"train/{label}.{place}.jpg" for place, label in enumerate(labels)],
        labels=list(labels),
        said=[DOG if value > 0.5 else CAT for value in p],
        probabilities=np.stack([1 - p, p], axis=1),
        failed=[],
    )


def invent_answers(*photos: tuple[str, Label, Label, float, float]) -> Results:
    """Makes results of photos, each an id, its label, the verdict, p_cat and p_dog."""
    return Results(
        ids=[name for name, *_ in photos],
        labels=[label for _, label, *_ in photos],
        said=[said for _, _, said, *_ in photos],
        probabilities=np.array([p for *_, p_cat, p_dog in photos for p in (p_cat, p_dog)]).reshape(
            -1, 2
        ),
        failed=[],
    )


def draw_results(count: int, *, seed: int = 0, skill: float = 2.0) -> Results:
    """Draws cats and dogs at random, and answers that are better than chance."""
    random = np.random.default_rng(seed)
    is_dog = random.random(count) < 0.4
    logit = skill * (2 * is_dog - 1) + 2 * random.standard_normal(count)
    p_dog = np.round(1 / (1 + np.exp(-logit)), 2).clip(0.01, 0.99)  # rounded: ties occur
    p_dog[p_dog == 0.5] = 0.51
    return invent_results([DOG if dog else CAT for dog in is_dog], p_dog.tolist())
