"""Answers photos with one open model, as a request asks for it; runs on the batcher's threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catordog.inference.bundle import load_bundle
from catordog.inference.classifier import Classifier
from catordog.records import Answer
from catordog.serving.settings import ServeSettings


@dataclass(frozen=True, slots=True)
class Question:
    """What a request wants to know of its photos; photos that share it share a batch.

    Attributes:
        second_look: when an unsure photo is looked at again: `auto`, `off` or `always`.
        explain: whether to say where the photo speaks for a cat and for a dog.
    """

    second_look: str = "auto"
    explain: bool = False


class Answerer:
    """Holds the model of one process.

    Attributes:
        classifier: what answers.
    """

    def __init__(self, settings: ServeSettings) -> None:
        """Opens the model.

        Raises:
            BundleError: there is no such model file, or it is damaged or of another kind.
        """
        bundle = load_bundle(settings.model)
        self.classifier = Classifier(bundle, limits=settings.decode_limits)

    def answer(self, photos: Sequence[bytes], question: Question) -> Sequence[Answer]:
        """Answers encoded photos, in order."""
        return self.classifier.answer_batch(photos)

    def warm_up(self) -> None:
        """Answers a drawn photo, so that the first client does not wait for first things."""
        import io

        from PIL import Image

        drawn = io.BytesIO()
        Image.new("RGB", (320, 240), (120, 90, 60)).save(drawn, "JPEG")
        self.answer([drawn.getvalue()], Question())
