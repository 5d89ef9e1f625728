"""The classifier: photos in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from catordog.errors import CatOrDogError, ConfigError
from catordog.images.picture import DecodeLimits
from catordog.images.preprocess import NetworkInput
from catordog.inference.bundle import SHIPPED_MODELS, Bundle, Look, load_bundle
from catordog.inference.explain import Explanation, shrink_picture
from catordog.inference.photo_input import (
    PhotoInput,
    open_photo,
    picture_of,
    prepare,
    prepare_windows,
)
from catordog.inference.pipeline import available_cores, chunked, map_in_order
from catordog.inference.second_look import SecondLook, choose_windows, combine, is_unsure
from catordog.inference.verdict import to_probabilities
from catordog.records import Answer, Failure, Prediction

DEFAULT_BATCH_SIZE = 16
"""Photos a network call takes at once: more gains no speed and costs memory."""


class Classifier:
    """Tells cats from dogs. Holds one open model; safe to share between threads.

    Attributes:
        bundle: the model file it answers with.
        limits: the largest photo it takes.
        second_look: which photos it looks at twice.

    Example:
        >>> classifier = Classifier.load("fast")
        >>> prediction = classifier.predict("samples/chelsea.jpg")
        >>> str(prediction.label), prediction.p_cat > 0.99
        ('cat', True)
        >>> answers = classifier.predict_many(["samples/dog.jpg", b"not a photo"])
        >>> [type(answer).__name__ for answer in answers]
        ['Prediction', 'Failure']
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        limits: DecodeLimits = DecodeLimits(),
        second_look: SecondLook | str = SecondLook.AUTO,
    ) -> None:
        """Answers with an open model file; `Classifier.load` is the usual way in."""
        if second_look not in list(SecondLook):
            raise ConfigError(
                f"Cannot predict with second_look={second_look!r}: expected one of "
                f"{', '.join(SecondLook)}, received another. Leave it out for the default."
            )
        self.bundle = bundle
        self.limits = limits
        self.second_look = SecondLook(second_look)

    @classmethod
    def load(
        cls,
        model: str | Path = SHIPPED_MODELS[0],
        *,
        limits: DecodeLimits = DecodeLimits(),
        second_look: SecondLook | str = SecondLook.AUTO,
    ) -> Classifier:
        """Opens a model.

        Args:
            model: `accurate` (the default), `fast`, or the path of a model file.
            limits: the largest photo to take, in bytes and pixels.
            second_look: `auto` looks at parts of a photo where the whole leaves the model unsure,
                by the model file's own rule; `off` never does; `always` does with every photo.

        Raises:
            BundleError: there is no such model file, or it is damaged or of another kind.
            ConfigError: `second_look` is none of the three.
        """
        return cls(load_bundle(model), limits=limits, second_look=second_look)

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
        opened = open_photo(photo, self.limits)
        item = prepare(opened, self.bundle.metadata.preprocess, self.limits)
        return self._predict_prepared([item], [opened])[0]

    def explain(self, photo: PhotoInput) -> Explanation:
        """Answers one photo, and shows which places of it the answer rests on.

        Args:
            photo: what `predict` takes.

        Raises:
            ImageError, ImageShapeError: as `predict`.
        """
        opened = open_photo(photo, self.limits)
        spec = self.bundle.metadata.preprocess
        item = prepare(opened, spec, self.limits)
        look = self.bundle.look(item.pixels[None])
        picture = shrink_picture(picture_of(opened, spec.size_px, self.limits))
        return Explanation(self._decide(look, [item], [opened])[0], look.evidence[0], picture)

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
        """Answers some photos at once, on this thread.

        Args:
            photos: what `predict` takes; a few dozen at most, since their inputs are kept together.

        Returns:
            One `Prediction` or `Failure` per photo, in the photos' order.
        """
        spec = self.bundle.metadata.preprocess
        prepared: list[NetworkInput | Failure] = []
        for photo in photos:
            try:
                prepared.append(prepare(open_photo(photo, self.limits), spec, self.limits))
            except CatOrDogError as exc:
                prepared.append(Failure(error=str(exc), kind=type(exc).__name__))
        pairs = [
            (item, photo)
            for item, photo in zip(prepared, photos, strict=True)
            if isinstance(item, NetworkInput)
        ]
        inputs, sources = [item for item, _ in pairs], [photo for _, photo in pairs]
        predictions = iter(self._predict_prepared(inputs, sources) if inputs else ())
        return [item if isinstance(item, Failure) else next(predictions) for item in prepared]

    def _predict_prepared(
        self, inputs: Sequence[NetworkInput], photos: Sequence[PhotoInput]
    ) -> list[Prediction]:
        look = self.bundle.look(np.stack([item.pixels for item in inputs]))
        return self._decide(look, inputs, photos)

    def _decide(
        self, look: Look, inputs: Sequence[NetworkInput], photos: Sequence[PhotoInput]
    ) -> list[Prediction]:
        """Makes predictions of a first look at photos, after a second one where it is due."""
        decide = self.bundle.metadata.thresholds.decide
        return [
            Prediction(
                label=decide(*row),
                p_cat=row[0],
                p_dog=row[1],
                width=item.width,
                height=item.height,
                warning=item.warning,
            )
            for row, item in zip(self._look_again(look, photos).tolist(), inputs, strict=True)
        ]

    def _look_again(self, look: Look, photos: Sequence[PhotoInput]) -> np.ndarray:
        """Returns the probabilities after both looks, float32 (N, 2)."""
        spec = self.bundle.metadata.second_look
        rows = range(len(photos))
        if self.second_look is SecondLook.OFF:
            rows = range(0)
        elif self.second_look is SecondLook.AUTO:
            rows = np.flatnonzero(is_unsure(look.probabilities, spec)).tolist()
        seen: dict[int, list[np.ndarray]] = {}
        for chunk in chunked(self._windows(look, photos, rows), DEFAULT_BATCH_SIZE):
            logits = self.bundle.look(np.stack([pixels for _, pixels in chunk])).logits
            for (row, _), own in zip(chunk, logits, strict=True):
                seen.setdefault(row, []).append(own)
        probabilities = look.probabilities.copy()
        for row, windows in seen.items():
            combined = combine(look.logits[row], np.stack(windows), spec)
            probabilities[row] = to_probabilities(combined)
        return probabilities

    def _windows(
        self, look: Look, photos: Sequence[PhotoInput], rows: Iterable[int]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yields the parts of photos to look at again, each with its photo's row.

        Photos are read anew, so that those of a batch need not be kept. One that cannot be read
        any more keeps the answer of its first look.
        """
        metadata = self.bundle.metadata
        for row in rows:
            windows = choose_windows(look.evidence[row], metadata.second_look)
            try:
                opened = open_photo(photos[row], self.limits)
                parts = prepare_windows(opened, metadata.preprocess, windows, self.limits)
            except (CatOrDogError, OSError):
                continue
            yield from ((row, pixels) for pixels in parts)
