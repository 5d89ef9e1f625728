"""Decodes JPEG with libjpeg-turbo: scaled where the target is smaller, as far as a cut one goes."""

from __future__ import annotations

import numpy as np
import simplejpeg

from catordog.errors import ImageTooLargeError
from catordog.images.exif import read_exif_orientation
from catordog.images.picture import TRUNCATED, DecodedImage, DecodeLimits
from catordog.images.pixels import SIDEWAYS, turn_upright

_INKS = frozenset({"CMYK", "YCCK"})
_END_OF_IMAGE = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_APP1 = 0xE1
_MAX_SEGMENTS = 1000
"""Usual files have about ten before the pixels; a hostile one may have millions."""

_MAX_SCAN_PIXELS = 1_000_000_000
"""Progressive files are decoded scan by scan, and usual ones have about ten. A small file can
claim hundreds over the largest size, which would take minutes."""

_HARMLESS = "unknown JFIF revision"
"""A complaint of libjpeg about the header alone; it is no damage to a pixel."""


def decode_jpeg(data: bytes, target_px: int | None, limits: DecodeLimits) -> DecodedImage | None:
    """Decodes a JPEG; None if it is one that Pillow should decode.

    That is what libjpeg-turbo's simple interface refuses (odd subsampling, for one), and CMYK:
    there Pillow undoes Adobe's inverted inks, and simplejpeg leaves them.

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
    exif, is_progressive = _read_segments(data)
    if is_progressive:
        _check_scans(data, width, height)
    if colour_space in _INKS:
        return None
    try:
        stored, complaint = _decode(data, target_px or 0)
    except ValueError:
        return None
    orientation = read_exif_orientation(exif)
    if orientation in SIDEWAYS:
        width, height = height, width
    truncated = bool(complaint) and _is_cut_short(data)
    warning = TRUNCATED if truncated else f"damaged: {complaint}" if complaint else ""
    pixels = turn_upright(stored, orientation)
    return DecodedImage(pixels, width, height, "JPEG", warning, truncated, orientation)


def _decode(data: bytes, min_px: int) -> tuple[np.ndarray, str]:
    """Returns the pixels as stored, and libjpeg's complaint if it had one.

    Bytes after the end of the image are nothing to complain of. "Extraneous bytes" inside it are:
    that is what flipped bits mostly look like.

    Raises:
        ValueError: there is nothing to decode.
    """
    scale = {"min_height": min_px, "min_width": min_px}
    try:
        return simplejpeg.decode_jpeg(data, "RGB", **scale), ""
    except ValueError as exc:
        complaint = " ".join(str(exc).split())[:80]
    pixels = simplejpeg.decode_jpeg(data, "RGB", strict=False, **scale)
    return pixels, "" if _HARMLESS in complaint else complaint


def _is_cut_short(data: bytes) -> bool:
    # libjpeg keeps only its last complaint, so the cut is looked for in the bytes. A thumbnail
    # inside the EXIF block has its own end, before the photo's scans begin.
    return data.rfind(_END_OF_IMAGE) < data.rfind(_START_OF_SCAN)


def _check_scans(data: bytes, width: int, height: int) -> None:
    scans = data.count(_START_OF_SCAN)
    if width * height * scans > _MAX_SCAN_PIXELS:
        raise ImageTooLargeError(
            f"Cannot decode the photo: expected a JPEG of usual layers, received {scans} layers "
            f"of {width}x{height} pixels. Save it anew as a baseline JPEG."
        )


def _read_segments(data: bytes) -> tuple[bytes, bool]:
    """Returns the EXIF block (empty if there is none) and whether the file is progressive."""
    exif, is_progressive = b"", False
    at = 2
    for _ in range(_MAX_SEGMENTS):
        start = data.find(b"\xff", at)
        if start < 0 or start + 4 > len(data):
            break
        marker = data[start + 1]
        if marker in (0x00, 0xFF):  # padding
            at = start + 1
            continue
        if marker == _START_OF_SCAN[1]:
            break
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if marker == _APP1 and not exif and data.startswith(b"Exif\0\0", start + 4):
            exif = data[start + 4 : end]
        is_progressive = is_progressive or marker in _PROGRESSIVE
        at = end
    return exif, is_progressive
