"""Decodes JPEG with libjpeg-turbo: scaled where the target is smaller, as far as a cut one goes."""

from __future__ import annotations

import numpy as np
import simplejpeg
from PIL import ExifTags, Image

from catordog.errors import ImageTooLargeError
from catordog.images.picture import DecodedImage, DecodeLimits
from catordog.images.pixels import SIDEWAYS, turn_upright

_EXIF_HEADER = b"Exif\0\0"
_EXIF_SEARCH_BYTES = 128 * 1024
"""EXIF comes first, or right after a colour profile; a segment holds at most 64 KiB."""

_PREMATURE_END = "Premature end"
_TRUNCATED = "truncated: the photo is cut short; answered from the part that could be decoded"

_MAX_SCAN_PIXELS_PER_PIXEL = 20
"""Progressive files are decoded scan by scan; usual ones have about ten. A small file can claim
hundreds of scans over the largest size, which would take minutes."""


def decode_jpeg(data: bytes, target_px: int | None, limits: DecodeLimits) -> DecodedImage | None:
    """Decodes a JPEG; None if libjpeg-turbo will not have it at all and Pillow should try.

    Args:
        data: begins like a JPEG.
        target_px: the pixels may be smaller than the photo, with neither side below this.
        limits: checked against the header before decoding.

    Raises:
        ImageTooLargeError, ImageDecodeError: the header is outside the limits.
    """
    try:
        height, width, colour_space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError:
        return None
    limits.check_size(width, height)
    scans = data.count(b"\xff\xda")
    if width * height * scans > limits.max_pixels * _MAX_SCAN_PIXELS_PER_PIXEL:
        raise ImageTooLargeError(
            f"Cannot decode the photo: expected a JPEG of usual layers, received {scans} layers of "
            f"{width}x{height} pixels. Save it anew as a baseline JPEG."
        )
    is_cmyk = colour_space in ("CMYK", "YCCK")
    try:
        stored, damage = _decode(data, "CMYK" if is_cmyk else "RGB", target_px or 0)
    except ValueError:
        return None
    pixels = _cmyk_to_rgb(stored, data) if is_cmyk else stored
    orientation = _read_orientation(data)
    if orientation in SIDEWAYS:
        width, height = height, width
    truncated = _PREMATURE_END in damage
    warning = _TRUNCATED if truncated else f"damaged: {damage}" if damage else ""
    return DecodedImage(
        turn_upright(pixels, orientation), width, height, "JPEG", warning, truncated
    )


def _decode(data: bytes, colour_space: str, min_px: int) -> tuple[np.ndarray, str]:
    """Returns the pixels as stored, and libjpeg's complaint if it had one.

    Raises:
        ValueError: there is nothing to decode.
    """
    try:
        return simplejpeg.decode_jpeg(data, colour_space, min_height=min_px, min_width=min_px), ""
    except ValueError as complaint:
        pixels = simplejpeg.decode_jpeg(
            data, colour_space, min_height=min_px, min_width=min_px, strict=False
        )
        return pixels, str(complaint)


def _cmyk_to_rgb(cmyk: np.ndarray, data: bytes) -> np.ndarray:
    # Adobe's programs, who write nearly all of these, store the inks inverted and say so.
    if b"Adobe" in data[:_EXIF_SEARCH_BYTES]:
        cmyk = 255 - cmyk
    height, width = cmyk.shape[:2]
    image = Image.frombytes("CMYK", (width, height), np.ascontiguousarray(cmyk).tobytes())
    return np.asarray(image.convert("RGB"))


def _read_orientation(data: bytes) -> int:
    """Reads the EXIF orientation; 1 where there is none or the block is damaged.

    Searching costs microseconds; opening every photo with Pillow to ask would cost a tenth of
    the decoding.
    """
    start = data.find(_EXIF_HEADER, 0, _EXIF_SEARCH_BYTES)
    if start < 0:
        return 1
    exif = Image.Exif()
    try:
        exif.load(data[start : start + 64 * 1024])
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's parser raises anything at all on damaged EXIF; it is only a hint
        return 1
    return orientation if isinstance(orientation, int) else 1
