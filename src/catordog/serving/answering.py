"""Answers photos with one open model, as a request asks for it; runs on the batcher's threads."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from catordog.errors import CatOrDogError
from catordog.inference.bundle import load_bundle
from catordog.inference.classifier import Classifier
from catordog.inference.second_look import SecondLook
from catordog.labels import CLASSES
from catordog.records import Failure, Prediction
from catordog.serving.settings import ServeSettings

_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Question:
    """What a request wants to know of its photos; photos that share it share a batch.

    Attributes:
        second_look: when an unsure photo is looked at again: `auto`, `off` or `always`.
        explain: whether to say where the photo speaks for a cat and for a dog.
    """

    second_look: str = "auto"
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """A prediction and what it rests on.

    Attributes:
        prediction: what would have been answered without an explanation.
        heat_maps: by class, a JPEG: the photo, with what speaks for that class drawn over it.
    """

    prediction: Prediction
    heat_maps: Mapping[str, bytes]


Answered = Prediction | Explained | Failure
"""What becomes of one photo."""


class Answerer:
    """Holds the model of one process.

    Attributes:
        bundle: the model file.
    """

    def __init__(self, settings: ServeSettings) -> None:
        """Opens the model.

        Raises:
            BundleError: there is no such model file, or it is damaged or of another kind.
        """
        self.bundle = load_bundle(settings.model)
        limits = settings.decode_limits
        self._classifiers = {
            str(look): Classifier(self.bundle, limits=limits, second_look=look)
            for look in SecondLook
        }

    def answer(self, photos: Sequence[bytes], question: Question) -> list[Answered]:
        """Answers encoded photos, in order."""
        classifier = self._classifiers[question.second_look]
        if question.explain:
            return [_explain(classifier, photo) for photo in photos]
        return list(classifier.answer_batch(photos))

    def warm_up(self) -> None:
        """Answers a drawn photo, so that the first client does not wait for first things."""
        drawn = io.BytesIO()
        Image.new("RGB", (320, 240), (120, 90, 60)).save(drawn, "JPEG")
        self.answer([drawn.getvalue()], Question())


def _explain(classifier: Classifier, photo: bytes) -> Explained | Failure:
    try:
        explanation = classifier.explain(photo)
    except CatOrDogError as exc:
        return Failure(error=str(exc), kind=type(exc).__name__)
    maps = {label.value: _to_jpeg(explanation.overlay(label)) for label in CLASSES}
    return Explained(explanation.prediction, maps)


def _to_jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()
