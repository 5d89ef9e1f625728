"""Turns an open picture of any mode into upright uint8 RGB pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from catordog.errors import ImageDecodeError
from catordog.images.exif import read_exif_orientation
from catordog.images.quiet import silenced_warnings

_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})

_BAND_PIXELS = 4_000_000
"""Pixels converted at a time: converting takes up to 20 bytes a pixel, on top of the picture."""

_UPRIGHT: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {
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


def to_rgb(image: Image.Image) -> np.ndarray:
    """Converts an open picture to upright RGB.

    Alpha is laid over white, 16 bits become 8, palettes, CMYK and grey become RGB. Colour
    profiles are ignored: networks are trained on pixels as stored.

    Args:
        image: a Pillow image of any mode; it is loaded, not changed.

    Returns:
        uint8, shape (H, W, 3), values 0..255, EXIF orientation applied.

    Raises:
        ImageDecodeError: the picture's data is damaged, or of a mode with no way to RGB.
    """
    try:
        with silenced_warnings():
            return convert_upright(image)
    except Exception as exc:  # Pillow's decoders raise anything at all on damaged data
        raise ImageDecodeError(
            f"Cannot decode the PIL image: expected pixels of any usual mode, received mode "
            f"{image.mode}, which fails: {str(exc)[:80]}. Hand in the file's bytes instead."
        ) from exc


def convert_upright(image: Image.Image) -> np.ndarray:
    """Does the work of `to_rgb`; raises what Pillow raises."""
    # A TIFF's own orientation tag is no EXIF block: Pillow applies that one as it loads.
    image.load()
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    highest = _highest_grey(image)
    rows = max(1, _BAND_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        whole = rows >= image.height
        band = image if whole else image.crop((0, top, image.width, bottom))
        pixels[top:bottom] = _to_rgb_as_stored(band, highest)
    return turn_upright(pixels, orientation_of(image))


def orientation_of(image: Image.Image) -> int:
    """Returns how a loaded picture is stored, 1 to 8, as its EXIF block says."""
    exif = image.info.get("exif")
    return read_exif_orientation(exif if isinstance(exif, bytes) else b"")


def _to_rgb_as_stored(image: Image.Image, highest: float) -> np.ndarray:
    if image.mode == "RGB" and "transparency" not in image.info:
        return np.asarray(image)
    if _is_deep_grey(image):
        return _to_eight_bits(np.asarray(image), highest)[:, :, None]
    if image.mode == "La":  # premultiplied; Pillow knows one way out of it only
        image = image.convert("LA")
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        image = Image.alpha_composite(white, rgba)
    return np.asarray(image.convert("RGB"))


def _is_deep_grey(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _highest_grey(image: Image.Image) -> float:
    """The value that becomes white: the end of the smallest usual range that holds all values."""
    if image.mode.startswith("I;16"):
        return 65535.0
    if not _is_deep_grey(image):
        return 255.0
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    highest = float(finite.max()) if finite.size else 0.0
    usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    return next((end for end in usual if highest <= end), highest)


def _to_eight_bits(grey: np.ndarray, highest: float) -> np.ndarray:
    """Scales grey values of any type from 0..highest to uint8; NaN, as scanners mark gaps, is 0."""
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=highest, neginf=0.0)
    return np.clip(values * (255 / highest) + 0.5, 0, 255).astype(np.uint8)
