"""Reads, hashes and decodes each photo once, and takes every figure of it on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from catordog.data.fingerprints import TINY_PX, Fingerprint, compute_fingerprint
from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ImageError
from catordog.images.decode import decode_image
from catordog.images.preprocess import preprocess
from catordog.inference.bundle import Bundle
from catordog.inference.pipeline import available_cores, chunked, map_in_order

SCAN_PX = 260
"""Photos are decoded to no less than this a side: what the default model wants."""

_CHUNK = 16
_NOTHING = Fingerprint(
    *(np.nan, np.nan, np.nan), "", np.zeros((TINY_PX, TINY_PX, 3), np.uint8), thumbnail=b""
)


@dataclass(slots=True)
class ScannedPhoto:
    """What one photo's bytes and pixels say.

    Attributes:
        bytes: of the encoded photo; None if it cannot be read.
        sha256: hex digest of them; empty if it cannot be read.
        width: upright, in pixels; None if it cannot be decoded.
        height: likewise.
        format: what the content is; empty if it cannot be decoded.
        orientation: EXIF, 1 to 8; None if it cannot be decoded.
        problem: empty, or why it cannot be read or decoded, or how it is damaged.
        fingerprint: figures of its pixels; NaN and empty if it cannot be decoded.
        features: float32 (1280,), if a model was given and it can be decoded.
        probabilities: float32 (2,), likewise.
    """

    bytes: int | None = None
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    format: str = ""
    orientation: int | None = None
    problem: str = ""
    fingerprint: Fingerprint = _NOTHING
    features: np.ndarray | None = field(default=None, repr=False)
    probabilities: np.ndarray | None = None


def scan(
    photos: Iterable[Photo], reader: PhotoReader, model: Bundle | None = None
) -> Iterator[ScannedPhoto]:
    """Scans photos on every core, in order; a bad photo is a result with its problem.

    Args:
        photos: advanced only as results are taken.
        reader: open.
        model: also compute its features and probabilities.
    """

    def scan_chunk(chunk: list[Photo]) -> list[ScannedPhoto]:
        return _scan_chunk(chunk, reader, model)

    chunks = chunked(photos, _CHUNK)
    for scanned in map_in_order(scan_chunk, chunks, workers=available_cores()):
        yield from scanned


def _scan_chunk(
    chunk: list[Photo], reader: PhotoReader, model: Bundle | None
) -> list[ScannedPhoto]:
    results, inputs, answered = [], [], []
    to_input = None if model is None else _to_input(model)
    for photo in chunk:
        result = ScannedPhoto()
        results.append(result)
        try:
            data = reader.read(photo)
            pixels = _look_at(data, result)
            if to_input is not None:
                inputs.append(to_input(data, pixels))
                answered.append(result)
        except ImageError as exc:
            # It may name a file whose name is not UTF-8, which tables cannot hold.
            result.problem = str(exc).encode(errors="backslashreplace").decode()
    if model is not None and inputs:
        probabilities, features = model.predict_with_features(np.stack(inputs))
        for index, result in enumerate(answered):
            result.probabilities, result.features = probabilities[index], features[index]
    return results


def _look_at(data: bytes, result: ScannedPhoto) -> np.ndarray:
    """Fills in a result, as far as it gets; returns the decoded pixels."""
    result.bytes = len(data)
    result.sha256 = hashlib.sha256(data).hexdigest()
    image = decode_image(data, target_px=SCAN_PX)
    result.width, result.height = image.width, image.height
    result.format, result.orientation = image.format, image.orientation
    result.problem = image.warning
    result.fingerprint = compute_fingerprint(image.pixels)
    return image.pixels


def _to_input(model: Bundle) -> Callable[[bytes, np.ndarray], np.ndarray]:
    spec = model.metadata.preprocess
    if spec.size_px == SCAN_PX:
        return lambda data, pixels: preprocess(pixels, spec)
    # Decoded for another size, the pixels would differ a little from those `predict` sees.
    return lambda data, pixels: preprocess(decode_image(data, target_px=spec.size_px).pixels, spec)
