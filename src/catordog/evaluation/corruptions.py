"""Ways to spoil a photo: pure functions of its pixels, each at five strengths.

What is measured in pixels goes with the photo's shorter side, so that a strength looks the same
whatever size a photo was decoded to.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

STRENGTHS = 5

Pixels = npt.NDArray[np.uint8]

BLUR_SHARES = (0.005, 0.01, 0.02, 0.04, 0.08)
NOISE_LEVELS = (10, 20, 40, 70, 110)
JPEG_QUALITIES = (40, 20, 10, 5, 1)
ROTATION_DEGREES = (10, 25, 45, 90, 180)
SMALL_SIDES_PX = (128, 64, 48, 32, 16)
DARK_SHARES = (0.6, 0.4, 0.2, 0.1, 0.05)


def blur(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Blurs by a Gaussian whose deviation is 0.5 % to 8 % of the shorter side."""
    radius = BLUR_SHARES[strength] * min(pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def add_noise(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Adds Gaussian noise of 10 to 110 grey levels to each value; the same seed, the same noise."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(pixels.shape, np.float32) * NOISE_LEVELS[strength]
    noisy: Pixels = np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
    return noisy


def compress(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Encodes as JPEG of quality 40 to 1, and decodes again."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITIES[strength])
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def rotate(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Turns by 10 to 180 degrees about the middle; bare corners take the photo's mean colour."""
    red, green, blue = (int(level) for level in np.rint(pixels.mean(axis=(0, 1))))
    turned = Image.fromarray(pixels).rotate(
        ROTATION_DEGREES[strength], Image.Resampling.BILINEAR, fillcolor=(red, green, blue)
    )
    return np.asarray(turned)


def shrink(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Scales down until the shorter side has 128 to 16 pixels; a smaller photo keeps its size."""
    height, width = pixels.shape[:2]
    scale = SMALL_SIDES_PX[strength] / min(width, height)
    if scale >= 1:
        return pixels.copy()
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def darken(pixels: Pixels, strength: int, seed: int = 0) -> Pixels:
    """Leaves 60 % to 5 % of each value."""
    dark: Pixels = np.rint(pixels * np.float32(DARK_SHARES[strength])).astype(np.uint8)
    return dark


CORRUPTIONS: Mapping[str, Callable[[Pixels, int, int], Pixels]] = MappingProxyType(
    {
        "blur": blur,
        "noise": add_noise,
        "JPEG": compress,
        "rotation": rotate,
        "small": shrink,
        "dark": darken,
    }
)
"""By name: each takes uint8 RGB (H, W, 3), a strength 0..4 and a seed, and returns uint8 RGB of its
own; only `small` returns another size."""

SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "blur": tuple(f"{share:.1%} of the side" for share in BLUR_SHARES),
        "noise": tuple(f"{levels} levels" for levels in NOISE_LEVELS),
        "JPEG": tuple(f"quality {quality}" for quality in JPEG_QUALITIES),
        "rotation": tuple(f"{degrees}°" for degrees in ROTATION_DEGREES),
        "small": tuple(f"{side} pixels" for side in SMALL_SIDES_PX),
        "dark": tuple(f"{share:.0%} light" for share in DARK_SHARES),
    }
)
"""What each strength means, in words."""
