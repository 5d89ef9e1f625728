"""Makes a decoded photo the network's input: the one deterministic transform of the project."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from catordog.errors import ConfigError, ImageShapeError
from catordog.images.decode import decode_image
from catordog.images.picture import DecodeLimits

SQUASH_BILINEAR = "squash-bilinear"
"""Resize to a square, aspect not kept, with a triangle filter as wide as the step between pixels
(antialiased bilinear, Pillow's `Resampling.BILINEAR`)."""


@dataclass(frozen=True, slots=True)
class PreprocessSpec:
    """How a photo becomes a network's input; travels inside the model file.

    Attributes:
        size_px: side of the square input, in pixels.
        resize: the rule; `SQUASH_BILINEAR` is the only one so far.
    """

    size_px: int
    resize: str = SQUASH_BILINEAR

    def __post_init__(self) -> None:
        if self.size_px < 1 or self.resize != SQUASH_BILINEAR:
            raise ConfigError(
                f"Cannot preprocess with {self}: expected a size of 1 pixel or more and the rule "
                f"'{SQUASH_BILINEAR}', received another. Use a model this version can read."
            )


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a photo, as shares of its width and height.

    Attributes:
        left: of its left edge, in [0, 1).
        top: of its upper edge, in [0, 1).
        width: in (0, 1].
        height: in (0, 1].
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


WHOLE = Window()


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """A photo, ready for the network.

    Attributes:
        pixels: uint8 RGB, shape (size_px, size_px, 3); the network scales its values itself.
        width: of the photo, upright, in pixels.
        height: of the photo, upright, in pixels.
        warning: empty, or how the photo is damaged.
    """

    pixels: np.ndarray
    width: int
    height: int
    warning: str


def preprocess(pixels: np.ndarray, spec: PreprocessSpec, window: Window = WHOLE) -> np.ndarray:
    """Resizes one decoded photo, or a part of it, to the network's input.

    Args:
        pixels: uint8 RGB, shape (H, W, 3), upright.
        spec: size and resize rule, from the model file.
        window: the part to take.

    Returns:
        uint8 RGB, shape (spec.size_px, spec.size_px, 3). Scaling of values is the network's.

    Raises:
        ImageShapeError: `pixels` is not uint8 (H, W, 3). Decode it with `decode_image` first.

    Example:
        >>> preprocess(np.zeros((10, 20, 3), np.uint8), PreprocessSpec(size_px=4)).shape
        (4, 4, 3)
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ImageShapeError(
            f"Cannot preprocess the pixels: expected uint8 of shape (H, W, 3), received "
            f"{pixels.dtype} of shape {pixels.shape}. Decode the photo with decode_image first."
        )
    size = (spec.size_px, spec.size_px)
    height, width = pixels.shape[:2]
    right, bottom = window.left + window.width, window.top + window.height
    # Not a pixel beyond the photo: 0.7 + 0.3 may come out a little above 1.
    box = (
        *(window.left * width, window.top * height),
        *(min(right * width, width), min(bottom * height, height)),
    )
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, box=box))


def decode_and_preprocess(
    data: bytes, spec: PreprocessSpec, limits: DecodeLimits = DecodeLimits()
) -> NetworkInput:
    """Takes an encoded photo all the way to the network's input: the path of every photo.

    Args:
        data: the encoded photo.
        spec: size and resize rule, from the model file.
        limits: the largest and smallest photo to decode.

    Raises:
        ImageDecodeError: it is empty, damaged, or of no known format.
        ImageTooLargeError: it is over a limit.
    """
    image = decode_image(data, target_px=spec.size_px, limits=limits)
    return NetworkInput(
        preprocess(image.pixels, spec), image.width, image.height, warning=image.warning
    )


def decode_and_preprocess_windows(
    data: bytes,
    spec: PreprocessSpec,
    windows: Sequence[Window],
    limits: DecodeLimits = DecodeLimits(),
) -> list[np.ndarray]:
    """Takes parts of an encoded photo to the network's input, at the photo's own resolution.

    Args:
        data: the encoded photo.
        spec: size and resize rule, from the model file.
        windows: at least one; the photo is decoded once for all of them, and no larger than gives
            the smallest of them `spec.size_px` pixels a side.
        limits: the largest and smallest photo to decode.

    Returns:
        Per window uint8 RGB, shape (spec.size_px, spec.size_px, 3).

    Raises:
        ImageDecodeError, ImageTooLargeError: as `decode_and_preprocess`.
    """
    share = min(min(window.width, window.height) for window in windows)
    image = decode_image(data, target_px=math.ceil(spec.size_px / share), limits=limits)
    return [preprocess(image.pixels, spec, window) for window in windows]
