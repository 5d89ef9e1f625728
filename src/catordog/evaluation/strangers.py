"""Photos of something else, or of both animals: what does the model make of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catordog.data.labelled import LabelledPhoto
from catordog.evaluation.answering import Answers, Results
from catordog.evaluation.curves import roc_auc
from catordog.labels import Label
from catordog.records import Prediction


@dataclass(frozen=True, slots=True)
class Strangers:
    """Photos labelled both or neither, from one folder.

    Attributes:
        group: the first folder of their ids, with the one below it if the first only repeats the
            label, as in `neither/fox`; empty for none.
        label: `both` or `neither`.
        photos: how many were answered.
        failed: how many could not be.
        said: share answered with each label that any photo got, and cat and dog in any case.
        median_confidence: median of max(p_cat, p_dog).
        auroc: how often a photo of a cat or a dog has a higher max(p_cat, p_dog) than one of
            these; 0.5 is no better than chance, NaN without such photos.
    """

    group: str
    label: Label
    photos: int
    failed: int
    said: dict[Label, float]
    median_confidence: float
    auroc: float


def measure_strangers(
    photos: Sequence[LabelledPhoto], answers: Answers, pets: Results
) -> list[Strangers]:
    """Measures the photos of each folder and label, the largest group first.

    Args:
        photos: labelled both or neither.
        answers: to these photos at least.
        pets: photos of cats and dogs, to compare with.
    """
    groups: dict[tuple[str, Label], list[LabelledPhoto]] = {}
    for photo in photos:
        groups.setdefault((_group(photo), photo.label), []).append(photo)
    order = sorted(groups, key=lambda key: (-len(groups[key]), key))
    return [_measure(*key, groups[key], answers, pets) for key in order]


def _group(photo: LabelledPhoto) -> str:
    folders = photo.example.id.split("/")[:-1]
    return "/".join(folders[: 2 if folders[:1] == [str(photo.label)] else 1])


def _measure(
    group: str, label: Label, photos: list[LabelledPhoto], answers: Answers, pets: Results
) -> Strangers:
    found = [answers.of[photo.example.id] for photo in photos]
    known = [answer for answer in found if isinstance(answer, Prediction)]
    confidence = np.array([max(answer.p_cat, answer.p_dog) for answer in known])
    said = [answer.label for answer in known]
    shares = {
        name: said.count(name) / len(said)
        for name in Label
        if said and (name in said or name in (Label.CAT, Label.DOG))
    }
    both = np.concatenate([pets.confidence, confidence])
    is_pet = np.arange(len(both)) < len(pets.ids)
    return Strangers(
        group,
        label,
        photos=len(known),
        failed=len(found) - len(known),
        said=shares,
        median_confidence=float(np.median(confidence)) if known else float("nan"),
        auroc=roc_auc(both, is_pet) if known else float("nan"),
    )
