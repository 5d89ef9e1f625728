"""The classifier: photos in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from PIL import Image

from catordog.errors import CatOrDogError, ConfigError
from catordog.images.picture import DecodeLimits
from catordog.images.pixels import to_rgb
from catordog.images.preprocess import (
    NetworkInput,
    PreprocessSpec,
    decode_and_preprocess,
    preprocess,
)
from catordog.images.reading import read_photo
from catordog.inference.bundle import SHIPPED_MODELS, Bundle, load_bundle
from catordog.inference.pipeline import available_cores, chunked, map_in_order
from catordog.records import Answer, Failure, Prediction

DEFAULT_BATCH_SIZE = 16
"""Photos a network call takes at once: more gains no speed and costs memory."""


@runtime_checkable
class ReadsBytes(Protocol):
    """Anything that reads itself when asked, such as `pathlib.Path` or `zipfile.Path`."""

    def read_bytes(self) -> bytes:
        """Returns the encoded photo."""


PhotoInput: TypeAlias = str | Path | bytes | np.ndarray | Image.Image | ReadsBytes
"""A path, encoded bytes, uint8 RGB pixels (H, W, 3), a PIL image, or what reads its own bytes."""


class Classifier:
    """Tells cats from dogs. Holds one open model; safe to share between threads.

    Attributes:
        bundle: the model file it answers with.
        limits: the largest photo it takes.

    Example:
        >>> classifier = Classifier.load("fast")
        >>> prediction = classifier.predict("samples/chelsea.jpg")
        >>> str(prediction.label), prediction.p_cat > 0.99
        ('cat', True)
        >>> answers = classifier.predict_many(["samples/dog.jpg", b"not a photo"])
        >>> [type(answer).__name__ for answer in answers]
        ['Prediction', 'Failure']
    """

    def __init__(self, bundle: Bundle, *, limits: DecodeLimits = DecodeLimits()) -> None:
        """Answers with an open model file; `Classifier.load` is the usual way in."""
        self.bundle = bundle
        self.limits = limits

    @classmethod
    def load(
        cls, model: str | Path = SHIPPED_MODELS[0], *, limits: DecodeLimits = DecodeLimits()
    ) -> Classifier:
        """Opens a model.

        Args:
            model: `accurate` (the default), `fast`, or the path of a model file.
            limits: the largest photo to take, in bytes and pixels.

        Raises:
            BundleError: there is no such model file, or it is damaged or of another kind.
        """
        return cls(load_bundle(model), limits=limits)

    @property
    def name(self) -> str:
        """What the model calls itself, such as `accurate`."""
        return self.bundle.metadata.name

    def predict(self, photo: PhotoInput) -> Prediction:
        """Answers one photo.

        Args:
            photo: a path, the encoded bytes, an upright uint8 RGB array of shape (H, W, 3), a
                PIL image, or an object with `read_bytes()`.

        Raises:
            ImageError: the photo cannot be read or decoded, or is over a limit.
            ImageShapeError: an array is not uint8 of shape (H, W, 3).
        """
        network_input = self._prepare(photo)
        return self._predict_prepared([network_input])[0]

    def predict_many(
        self,
        photos: Iterable[PhotoInput],
        *,
        workers: int | None = None,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> Iterator[Answer]:
        """Answers a stream of photos, lazily and in order.

        A photo that cannot be answered comes out as a `Failure`; the rest go on. Photos are taken
        from the stream a few batches ahead, so memory does not grow with its length.

        Args:
            photos: what `predict` takes, any number of them.
            workers: threads that decode and run the network; default, one per available core.
            batch_size: photos per network call.

        Returns:
            An iterator with one `Prediction` or `Failure` per photo, in the photos' order.

        Raises:
            ConfigError: `workers` or `batch_size` is below 1.
        """
        workers = available_cores() if workers is None else workers
        for name, value in (("workers", workers), ("batch_size", batch_size)):
            if value < 1:
                raise ConfigError(
                    f"Cannot predict with {name}={value}: expected 1 or more, received {value}. "
                    f"Leave {name} out for the default."
                )
        batches = map_in_order(self.answer_batch, chunked(photos, batch_size), workers=workers)
        return (answer for batch in batches for answer in batch)

    def answer_batch(self, photos: Sequence[PhotoInput]) -> list[Answer]:
        """Answers photos in one network call, in order; each as a `Prediction` or a `Failure`."""
        prepared: list[NetworkInput | Failure] = []
        for photo in photos:
            try:
                prepared.append(self._prepare(photo))
            except CatOrDogError as exc:
                prepared.append(Failure(error=str(exc), kind=type(exc).__name__))
        inputs = [item for item in prepared if isinstance(item, NetworkInput)]
        predictions = iter(self._predict_prepared(inputs) if inputs else ())
        return [item if isinstance(item, Failure) else next(predictions) for item in prepared]

    def _prepare(self, photo: PhotoInput) -> NetworkInput:
        spec = self.bundle.metadata.preprocess
        match photo:
            case bytes():
                return decode_and_preprocess(photo, spec, self.limits)
            case str() | Path():
                return decode_and_preprocess(read_photo(photo, self.limits), spec, self.limits)
            case np.ndarray():
                return _from_pixels(photo, spec)
            case Image.Image():
                return _from_pixels(to_rgb(photo), spec)
            case ReadsBytes():
                return decode_and_preprocess(photo.read_bytes(), spec, self.limits)
        raise ConfigError(
            "Cannot predict the photo: expected a path, bytes, a uint8 array, a PIL image or an "
            f"object with read_bytes(), received {type(photo).__name__}. Pass one of these."
        )

    def _predict_prepared(self, inputs: Sequence[NetworkInput]) -> list[Prediction]:
        decide = self.bundle.metadata.thresholds.decide
        probabilities = self.bundle.predict_proba(np.stack([item.pixels for item in inputs]))
        return [
            Prediction(
                label=decide(*row),
                p_cat=row[0],
                p_dog=row[1],
                width=item.width,
                height=item.height,
                warning=item.warning,
            )
            for row, item in zip(probabilities.tolist(), inputs, strict=True)
        ]


def _from_pixels(pixels: np.ndarray, spec: PreprocessSpec) -> NetworkInput:
    height, width = pixels.shape[:2] if pixels.ndim == 3 else (0, 0)
    return NetworkInput(preprocess(pixels, spec), width=width, height=height, warning="")
