"""What may be handed in as a photo, and how each becomes the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from PIL import Image

from catordog.errors import ConfigError
from catordog.images.decode import decode_image
from catordog.images.picture import DecodeLimits
from catordog.images.pixels import to_rgb
from catordog.images.preprocess import (
    NetworkInput,
    PreprocessSpec,
    Window,
    decode_and_preprocess,
    decode_and_preprocess_windows,
    preprocess,
)
from catordog.images.reading import read_photo


@runtime_checkable
class ReadsBytes(Protocol):
    """Anything that reads itself when asked, each time anew, such as a path or `zipfile.Path`."""

    def read_bytes(self) -> bytes:
        """Returns the encoded photo."""


PhotoInput: TypeAlias = str | Path | bytes | np.ndarray | Image.Image | ReadsBytes
"""A path, encoded bytes, uint8 RGB pixels (H, W, 3), a PIL image, or what reads its own bytes."""


def open_photo(photo: PhotoInput, limits: DecodeLimits) -> bytes | np.ndarray:
    """Returns a photo's encoded bytes, or its pixels if it is decoded already.

    Raises:
        ImageError: it cannot be read, or has too many bytes.
        ConfigError: it is nothing that may be handed in.
    """
    match photo:
        case bytes():
            return photo
        case str() | Path():
            return read_photo(photo, limits)
        case np.ndarray():
            return photo
        case Image.Image():
            return to_rgb(photo)
        case ReadsBytes():
            return photo.read_bytes()
    raise ConfigError(
        "Cannot predict the photo: expected a path, bytes, a uint8 array, a PIL image or an "
        f"object with read_bytes(), received {type(photo).__name__}. Pass one of these."
    )


def prepare(opened: bytes | np.ndarray, spec: PreprocessSpec, limits: DecodeLimits) -> NetworkInput:
    """Takes a whole photo to the network's input.

    Raises:
        ImageError: it cannot be decoded, or is over a limit.
        ImageShapeError: an array is not uint8 of shape (H, W, 3).
    """
    if isinstance(opened, bytes):
        return decode_and_preprocess(opened, spec, limits)
    height, width = opened.shape[:2] if opened.ndim == 3 else (0, 0)
    return NetworkInput(preprocess(opened, spec), width=width, height=height, warning="")


def prepare_windows(
    opened: bytes | np.ndarray,
    spec: PreprocessSpec,
    windows: Sequence[Window],
    limits: DecodeLimits,
) -> list[np.ndarray]:
    """Takes parts of a photo to the network's input; raises as `prepare` does."""
    if isinstance(opened, bytes):
        return decode_and_preprocess_windows(opened, spec, windows, limits)
    return [preprocess(opened, spec, window) for window in windows]


def picture_of(opened: bytes | np.ndarray, target_px: int, limits: DecodeLimits) -> np.ndarray:
    """Returns a photo to show: uint8 RGB, upright, no side below `target_px` if it has as many."""
    if isinstance(opened, bytes):
        return decode_image(opened, target_px=target_px, limits=limits).pixels
    return opened
