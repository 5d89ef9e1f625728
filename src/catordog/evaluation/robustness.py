"""How a model's accuracy falls as photos get worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ImageError
from catordog.evaluation.corruptions import CORRUPTIONS, SETTINGS, STRENGTHS
from catordog.images.decode import decode_image
from catordog.inference.classifier import Classifier
from catordog.labels import Label
from catordog.metrics import wilson_interval
from catordog.progress import Screen
from catordog.records import Prediction

SAMPLE = 300

_WAYS = [("", 0), *((name, strength) for name in CORRUPTIONS for strength in range(STRENGTHS))]
"""Each photo as it is, and then in every way."""


@dataclass(frozen=True, slots=True)
class Robustness:
    """A model's accuracy on photos spoiled in one way.

    Attributes:
        corruption: one of `CORRUPTIONS`; empty for the photos as they are.
        strength: 1 to 5; 0 for the photos as they are.
        setting: what that strength means.
        photos: how many.
        errors: how many were answered wrongly, cat or dog.
        lost: how many were called neither.
        accuracy: share answered rightly.
        accuracy_low: lower end of its 95 % interval (Wilson).
        accuracy_high: upper end.
    """

    corruption: str
    strength: int
    setting: str
    photos: int
    errors: int
    lost: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float


def sample_ids(ids: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Draws at most `count` photos, and returns them in their order."""
    if len(ids) <= count:
        return list(ids)
    drawn = np.random.default_rng(seed).choice(len(ids), count, replace=False)
    return [ids[place] for place in sorted(drawn.tolist())]


def answer_corrupted(
    classifier: Classifier, photos: Mapping[str, Photo], screen: Screen, *, seed: int
) -> dict[str, list[Prediction]]:
    """Answers each photo in every way it can be spoiled.

    Args:
        classifier: who answers; each spoiled photo goes through the one preprocessing.
        photos: where each is, by its id.
        screen: is told of the progress.
        seed: of the noise.

    Returns:
        By id, the answers in the order of `_WAYS`; a photo that cannot be decoded is left out.
    """
    advance = screen.stage("answering spoiled photos", len(photos))
    taken: list[str] = []

    def spoil() -> Iterator[npt.NDArray[np.uint8]]:
        for place, (name, photo) in enumerate(photos.items()):
            try:
                pixels = _decode(classifier, reader, photo)
            except ImageError:
                advance(1)
                continue
            taken.append(name)
            for way, strength in _WAYS:
                own = [seed, place, strength]
                noise_seed = int(np.random.SeedSequence(own).generate_state(1)[0])
                yield CORRUPTIONS[way](pixels, strength, noise_seed) if way else pixels
            advance(1)

    with PhotoReader() as reader:
        answers = list(classifier.predict_many(spoil()))
    known = [answer for answer in answers if isinstance(answer, Prediction)]
    ways = len(_WAYS)
    return {name: known[i * ways : (i + 1) * ways] for i, name in enumerate(taken)}


def _decode(classifier: Classifier, reader: PhotoReader, photo: Photo) -> npt.NDArray[np.uint8]:
    """Decodes a photo just as `Classifier.predict` would."""
    size_px = classifier.bundle.metadata.preprocess.size_px
    data = reader.open(photo).read_bytes()
    pixels: npt.NDArray[np.uint8] = decode_image(
        data, target_px=size_px, limits=classifier.limits
    ).pixels
    return pixels


def measure_robustness(
    said: Mapping[str, Sequence[Prediction]], labels: Mapping[str, Label]
) -> list[Robustness]:
    """Counts right answers way by way; the photos as they are come first.

    Args:
        said: as `answer_corrupted` returns them.
        labels: what photos show, by id; a photo without one does not count.
    """
    counted = [(answers, labels[name]) for name, answers in said.items() if name in labels]
    measured = []
    for place, (way, strength) in enumerate(_WAYS if counted else ()):
        errors = sum(_choose(answers[place]) != label for answers, label in counted)
        lost = sum(answers[place].label is Label.NEITHER for answers, _ in counted)
        low, high = wilson_interval(len(counted) - errors, len(counted))
        setting = SETTINGS[way][strength] if way else "as it is"
        accuracy = 1 - errors / len(counted)
        level = strength + 1 if way else 0
        counts = (len(counted), errors, lost)
        measured.append(Robustness(way, level, setting, *counts, accuracy, low, high))
    return measured


def _choose(answer: Prediction) -> Label:
    """Returns the more likely of cat and dog."""
    return Label.DOG if answer.p_dog > answer.p_cat else Label.CAT
