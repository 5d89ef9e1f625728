"""Turns an open picture of any mode into upright uint8 RGB pixels."""

from __future__ import annotations

import numpy as np
from PIL import ExifTags, Image

_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")

_UPRIGHT = {
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
    7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda p: p.transpose(1, 0, 2)[::-1],
}
"""EXIF orientation to what makes the pixels upright (EXIF 2.32, tag 0x0112)."""

SIDEWAYS = frozenset({5, 6, 7, 8})
"""The orientations that swap width and height."""


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Applies an EXIF orientation.

    Args:
        pixels: shape (H, W, 3).
        orientation: 1 to 8; anything else, as cameras and editors do write, counts as 1.

    Returns:
        Contiguous pixels, shape (H, W, 3) or (W, H, 3).
    """
    turn = _UPRIGHT.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def read_orientation(image: Image.Image) -> int:
    """Reads the EXIF orientation of an open picture; 1 where there is none or it is damaged."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's parsers raise anything at all on damaged EXIF; it is only a hint
        return 1
    return orientation if isinstance(orientation, int) else 1


def to_rgb(image: Image.Image) -> np.ndarray:
    """Converts an open picture to upright RGB.

    Alpha is laid over white, 16 bits become 8, palettes, CMYK and grey become RGB. Colour
    profiles are ignored: networks are trained on pixels as stored.

    Args:
        image: a Pillow image of any mode; it is loaded, not changed.

    Returns:
        uint8, shape (H, W, 3), values 0..255, EXIF orientation applied.

    Raises:
        OSError, ValueError: the picture's data is damaged; `decode_image` maps these.
    """
    image.load()
    return turn_upright(_to_rgb_as_stored(image), read_orientation(image))


def _to_rgb_as_stored(image: Image.Image) -> np.ndarray:
    if image.mode == "RGB":
        return np.asarray(image)
    if image.mode.startswith("I") or image.mode == "F":
        grey = _to_eight_bits(np.asarray(image))
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        image = Image.alpha_composite(white, rgba)
    return np.asarray(image.convert("RGB"))


def _to_eight_bits(grey: np.ndarray) -> np.ndarray:
    """Scales deep grey values to uint8 by the smallest usual range that holds them all."""
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    is_sixteen_bit = grey.dtype == np.uint16
    highest = float(values.max())
    if is_sixteen_bit or 255 < highest <= 65535:
        full_range = 65535.0
    elif grey.dtype.kind == "f" and highest <= 1:
        full_range = 1.0
    else:
        full_range = max(highest, 255.0)
    return np.clip(values * (255 / full_range) + 0.5, 0, 255).astype(np.uint8)
