"""A model's answers to photos, lined up with what the photos show."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catordog.data.labelled import LabelledPhoto
from catordog.data.photos import Photo, PhotoReader
from catordog.inference.classifier import Classifier
from catordog.labels import CLASSES, Label
from catordog.progress import Screen
from catordog.records import Answer, Prediction


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said of photos.

    Attributes:
        of: each photo's answer, by the photo's id.
        seconds: that answering them took, reading and decoding included.
    """

    of: Mapping[str, Answer]
    seconds: float

    @property
    def photos_per_s(self) -> float:
        """How many photos were answered in a second."""
        return len(self.of) / self.seconds if self.seconds > 0 else 0.0


def answer_photos(
    classifier: Classifier, photos: Mapping[str, Photo], screen: Screen, *, stage: str
) -> Answers:
    """Answers photos on every core.

    Args:
        classifier: who answers.
        photos: where each is, by its id.
        screen: is told of the progress.
        stage: what the progress is called.
    """
    advance = screen.stage(stage, len(photos))
    answers: dict[str, Answer] = {}
    begin = time.perf_counter()
    with PhotoReader() as reader:
        sources = (reader.open(photo) for photo in photos.values())
        for name, answer in zip(photos, classifier.predict_many(sources), strict=True):
            answers[name] = answer
            advance(1)
    return Answers(answers, time.perf_counter() - begin)


@dataclass(frozen=True, slots=True)
class Results:
    """Photos that were answered, with what they show: N of them, in one order.

    Attributes:
        ids: of the photos.
        labels: what each shows: cat or dog.
        said: what the model said of each.
        probabilities: float64 (N, 2), p_cat and p_dog.
        failed: ids of photos that could not be answered; they are in none of the others.
    """

    ids: list[str]
    labels: list[Label]
    said: list[Label]
    probabilities: np.ndarray
    failed: list[str]

    @property
    def classes(self) -> np.ndarray:
        """Int (N,): index of each label into `labels.CLASSES`."""
        return np.array([CLASSES.index(label) for label in self.labels], np.int64)

    @property
    def is_right(self) -> np.ndarray:
        """Bool (N,): was the answer the label?"""
        pairs = zip(self.said, self.labels, strict=True)
        return np.array([said == label for said, label in pairs], np.bool_)

    @property
    def confidence(self) -> np.ndarray:
        """Float64 (N,): the higher of the two probabilities."""
        top: np.ndarray = self.probabilities.max(axis=1)
        return top


def line_up(photos: Sequence[LabelledPhoto], answers: Answers) -> Results:
    """Puts labels and answers side by side.

    Args:
        photos: labelled cat or dog.
        answers: to these photos at least.
    """
    answered = [(p, answers.of[p.example.id]) for p in photos]
    known = [(p, answer) for p, answer in answered if isinstance(answer, Prediction)]
    return Results(
        ids=[p.example.id for p, _ in known],
        labels=[p.label for p, _ in known],
        said=[answer.label for _, answer in known],
        probabilities=np.array([(a.p_cat, a.p_dog) for _, a in known], float).reshape(-1, 2),
        failed=[p.example.id for p, answer in answered if not isinstance(answer, Prediction)],
    )
