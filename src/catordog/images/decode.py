"""Decodes any photo to upright uint8 RGB pixels, or says clearly why it cannot.

JPEG, nearly all photos, goes through libjpeg-turbo (`jpeg.py`); every other format, and the JPEGs
it refuses, through Pillow. The content decides which; the file's name is never seen here.
"""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from catordog.errors import ImageDecodeError, ImageError, ImageTooLargeError
from catordog.images.jpeg import decode_jpeg
from catordog.images.picture import DecodedImage, DecodeLimits
from catordog.images.pixels import to_rgb
from catordog.images.sniffing import HEAD_BYTES, describe, sniff_format

# Pillow's parsers log and warn about damaged files; here damage is an error or a `warning` field,
# never noise on the screen. A filter set once is safe with threads, `catch_warnings` is not.
warnings.filterwarnings("ignore", module=r"PIL\..*")
logging.getLogger("PIL").setLevel(logging.CRITICAL)

_MAX_STRAY_BYTES = 16
"""A few bytes before a JPEG, as broken uploads leave them, are stepped over; more is no JPEG."""


def decode_image(
    data: bytes, *, target_px: int | None = None, limits: DecodeLimits = DecodeLimits()
) -> DecodedImage:
    """Decodes a photo.

    Args:
        data: the encoded photo: JPEG, PNG, GIF and animated WebP (first frame), WebP, BMP, TIFF,
            AVIF, JPEG 2000, PPM, ICO; HEIC with catordog's `heic` extra.
        target_px: a JPEG may be decoded smaller, with neither side below this; None for full size.
        limits: the largest and smallest photo to decode.

    Returns:
        Its pixels, size and what is wrong with it.

    Raises:
        ImageDecodeError: it is empty, damaged, or no format named above.
        ImageTooLargeError: it is over a limit; nothing was decoded.
    """
    if len(data) > limits.max_bytes:
        raise ImageTooLargeError(
            f"Cannot decode the photo: expected at most {limits.max_bytes} bytes, received "
            f"{len(data)}. Save it smaller, or raise DecodeLimits.max_bytes."
        )
    stray = data.find(b"\xff\xd8\xff", 1, _MAX_STRAY_BYTES)
    if sniff_format(data[:HEAD_BYTES]) is None and stray > 0:
        decoded = decode_image(data[stray:], target_px=target_px, limits=limits)
        return replace(decoded, warning=f"damaged: {stray} stray bytes before the photo")
    try:
        return _decode(data, target_px, limits)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageTooLargeError(
            f"Cannot decode the photo: expected at most {limits.max_pixels} pixels, received "
            "more. Scale it down."
        ) from exc
    except Exception as exc:  # decoders meet hostile bytes: whatever they raise, the bytes are bad
        reason = (
            "" if isinstance(exc, UnidentifiedImageError) else f": {str(exc) or type(exc).__name__}"
        )
        raise ImageDecodeError(
            "Cannot decode the photo: expected JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC, "
            f"received {describe(data)}{reason[:80]}. Open it in a viewer, or leave it out."
        ) from exc


def _decode(data: bytes, target_px: int | None, limits: DecodeLimits) -> DecodedImage:
    kind = sniff_format(data[:HEAD_BYTES])
    if kind is None:
        raise UnidentifiedImageError
    if kind == "JPEG":
        decoded = decode_jpeg(data, target_px, limits)
        if decoded is not None:
            return decoded
    if kind == "HEIF":
        _register_heif()
    # Pillow's other parsers are code that strangers' files need not reach.
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        limits.check_size(*image.size)
        pixels = to_rgb(image)
        height, width = pixels.shape[:2]
        return DecodedImage(pixels, width=width, height=height, format=kind)


def _register_heif() -> None:
    """Readies the HEIC reader.

    Raises:
        ImageDecodeError: it is not installed.
    """
    try:
        import pillow_heif
    except ImportError as exc:
        raise ImageDecodeError(
            "Cannot decode the photo: expected catordog's 'heic' extra for HEIC, received an "
            "installation without it. Install it with: pip install 'catordog[heic]'"
        ) from exc
    pillow_heif.register_heif_opener()
