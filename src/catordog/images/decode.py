"""Decodes any photo to upright uint8 RGB pixels, or says clearly why it cannot.

JPEG, nearly all photos, goes through libjpeg-turbo (`jpeg.py`); every other format, and the JPEGs
it refuses, through Pillow. The content decides which; the file's name is never seen here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from catordog.errors import ImageDecodeError, ImageError, ImageTooLargeError
from catordog.images.jpeg import decode_jpeg
from catordog.images.picture import TRUNCATED, DecodedImage, DecodeLimits
from catordog.images.pixels import convert_upright, orientation_of
from catordog.images.quiet import silence_libtiff, silenced_warnings
from catordog.images.sniffing import HEAD_BYTES, describe, sniff_format
from catordog.images.structure import check_structure

_MAX_STRAY_BYTES = 16
"""A few bytes before a JPEG, as broken uploads leave them, are stepped over; more is no JPEG."""

_DECODED_ROW_BY_ROW = frozenset({"BMP", "GIF", "JPEG", "PNG"})
"""The formats of which Pillow keeps the rows it got to before the file ended."""

_MAX_BLANK_SHARE = 0.99
"""A cut photo of which less than a hundredth is there is no photo."""

_BLANK_SAMPLE = 1_000_000
"""About how many pixels are looked at for that."""


def _open_heif(file: io.BytesIO) -> ImageFile.ImageFile:
    try:
        import pillow_heif
    except ImportError as exc:
        raise ImageDecodeError(
            "Cannot decode the photo: expected catordog's 'heic' extra for HEIC, received an "
            "installation without it. Install it with: pip install 'catordog[heic]'"
        ) from exc
    return cast(ImageFile.ImageFile, cast(Any, pillow_heif).HeifImageFile(file))


def _open_tiff(file: io.BytesIO) -> ImageFile.ImageFile:
    silence_libtiff()
    return TiffImagePlugin.TiffImageFile(file)


# Each format's own class, not `Image.open`: that would try all forty parsers Pillow has, and
# check sizes by a process-wide limit, with a warning, where each call here has its own limit.
_OPENERS: Mapping[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "AVIF": AvifImagePlugin.AvifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "HEIF": _open_heif,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": _open_tiff,
    "WEBP": WebPImagePlugin.WebPImageFile,
}


def decode_image(
    data: bytes, *, target_px: int | None = None, limits: DecodeLimits = DecodeLimits()
) -> DecodedImage:
    """Decodes a photo.

    Args:
        data: the encoded photo: JPEG (also MPO), PNG, GIF and animated WebP (first frame), WebP,
            BMP, TIFF (first page), AVIF, JPEG 2000; HEIC with catordog's `heic` extra.
        target_px: a JPEG may be decoded smaller, with neither side below this; None for full size.
        limits: the largest and smallest photo to decode.

    Returns:
        Its pixels, size and what is wrong with it.

    Raises:
        ImageDecodeError: it is empty, damaged, or no format named above.
        ImageTooLargeError: it is over a limit and was not decoded, or memory ran out.
    """
    limits.check_bytes(len(data))
    photo, stray_bytes = _skip_stray_bytes(data)
    try:
        with silenced_warnings():
            decoded = _decode(photo, target_px, limits)
    except ImageError:
        raise
    except Image.DecompressionBombError as exc:
        raise ImageTooLargeError(
            f"Cannot decode the photo: expected at most {limits.max_pixels} pixels, received "
            "more in one of its frames. Scale it down."
        ) from exc
    except MemoryError as exc:
        raise ImageTooLargeError(
            "Cannot decode the photo: expected memory enough for its pixels, received too little. "
            "Scale it down, or decode fewer at a time."
        ) from exc
    except Exception as exc:  # decoders meet hostile bytes: whatever they raise, the bytes are bad
        raise ImageDecodeError(
            "Cannot decode the photo: expected JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC, "
            f"received {describe(data)}{_reason(exc)}. Open it in a viewer, or leave it out."
        ) from exc
    if decoded.truncated and _blank_share(decoded.pixels) > _MAX_BLANK_SHARE:
        raise ImageDecodeError(
            f"Cannot decode the photo: expected a whole {decoded.format}, received one that ends "
            f"after {len(data)} bytes, before its pixels. Fetch it again."
        )
    if stray_bytes and not decoded.warning:
        return replace(decoded, warning=f"damaged: {stray_bytes} stray bytes before the photo")
    return decoded


def _skip_stray_bytes(data: bytes) -> tuple[bytes, int]:
    """Returns the photo without what stands before its start, and how many bytes that was."""
    if sniff_format(data[:HEAD_BYTES]) is None:
        stray = data.find(b"\xff\xd8\xff", 1, _MAX_STRAY_BYTES + 3)
        if stray > 0:
            return data[stray:], stray
    return data, 0


def _decode(data: bytes, target_px: int | None, limits: DecodeLimits) -> DecodedImage:
    kind = sniff_format(data[:HEAD_BYTES])
    if kind is None:
        raise _UnknownFormatError
    if kind == "JPEG":
        decoded = decode_jpeg(data, target_px, limits)
        if decoded is not None:
            return decoded
    check_structure(kind, data)
    with _OPENERS[kind](io.BytesIO(data)) as image:
        limits.check_size(*image.size)
        warning = _load(image, kind)
        pixels = convert_upright(image)
        orientation = orientation_of(image)
    height, width = pixels.shape[:2]
    return DecodedImage(pixels, width, height, kind, warning, bool(warning), orientation)


def _load(image: ImageFile.ImageFile, kind: str) -> str:
    """Loads the pixels, or those there are; returns a warning if the file ends too early."""
    try:
        image.load()
    except OSError as exc:
        if kind not in _DECODED_ROW_BY_ROW or "truncated" not in str(exc):
            raise
        # Pillow's own switch for this, LOAD_TRUNCATED_IMAGES, would change the whole process.
        # The rows decoded so far stay in the image; without tiles it does not try again.
        image.tile = []
        return TRUNCATED
    return ""


def _blank_share(pixels: np.ndarray) -> float:
    """Returns the share of pixels as plain as the corner that decoding never got to."""
    corners = [pixels[y, x] for y in (0, -1) for x in (0, -1)]
    # Of the largest photos every n-th pixel: a tiny file may claim to be one, and take seconds.
    step = 1 + int((pixels.size / 3 / _BLANK_SAMPLE) ** 0.5)
    sample = pixels[::step, ::step]
    return max(float((sample == corner).all(axis=2).mean()) for corner in corners)


class _UnknownFormatError(Exception):
    """No format that catordog decodes begins like this."""


def _reason(exc: Exception) -> str:
    """What a decoder said, on one short line; empty if it said nothing useful."""
    if isinstance(exc, _UnknownFormatError):
        return ""
    text = "".join(char for char in " ".join(str(exc).split()) if char.isprintable())[:80]
    return f": {text if any(char.isalpha() for char in text) else type(exc).__name__}"
