"""A model's answers to photos, lined up with what the photos show."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catordog.data.labelled import LabelledPhoto
from catordog.data.photos import Photo, PhotoReader
from catordog.inference.classifier import Classifier
from catordog.labels import CLASSES, Label
from catordog.metrics import share_out
from catordog.progress import Screen
from catordog.records import Answer, Prediction

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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

    Two things are asked of a model. The verdict is `said`, one of four labels. Kaggle's question
    is which of the two animals, given one of them: `chosen` and `given_pet`, for photos that are
    labelled cat or dog (`pets`).

    Attributes:
        ids: of the photos.
        labels: what each shows.
        said: the model's verdict on each.
        probabilities: float64 (N, 2), p_cat and p_dog; they need not add to 1.
        failed: ids of photos that could not be answered; they are in none of the others.
    """

    ids: list[str]
    labels: list[Label]
    said: list[Label]
    probabilities: Floats
    failed: list[str]

    @property
    def classes(self) -> npt.NDArray[np.int64]:
        """Int64 (N,): index of each label into `labels.CLASSES`; for cats and dogs only."""
        return np.array([CLASSES.index(label) for label in self.labels], np.int64)

    @property
    def given_pet(self) -> Floats:
        """Float64 (N, 2): probability of each class, given that it is one of the two."""
        return share_out(self.probabilities)

    @property
    def chosen(self) -> list[Label]:
        """The more likely of cat and dog, of each photo: the answer to Kaggle's question."""
        return [CLASSES[p_dog > p_cat] for p_cat, p_dog in self.probabilities.tolist()]

    @property
    def is_right(self) -> Bools:
        """Bool (N,): is the more likely of cat and dog the label?"""
        return _agree(self.chosen, self.labels)

    @property
    def confidence(self) -> Floats:
        """Float64 (N,): probability of the more likely of the two, given one of them."""
        top: Floats = self.given_pet.max(axis=1)
        return top

    @property
    def is_verdict_right(self) -> Bools:
        """Bool (N,): is the verdict the label?"""
        return _agree(self.said, self.labels)

    @property
    def p_pet(self) -> Floats:
        """Float64 (N,): max(p_cat, p_dog), by which photos of pets are told from others."""
        top: Floats = self.probabilities.max(axis=1)
        return top


def _agree(answers: Sequence[Label], labels: Sequence[Label]) -> Bools:
    return np.array([a == b for a, b in zip(answers, labels, strict=True)], np.bool_)


def line_up(photos: Sequence[LabelledPhoto], answers: Answers) -> Results:
    """Puts labels and answers side by side.

    Args:
        photos: labelled, in the order that the results will have.
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
