"""Refuses files built to keep a parser busy: valid headers, modest size, absurd inner structure.

Pillow reads these formats' structure in Python, piece by piece, and some releases copy every
piece; counting the pieces first costs microseconds. The limits are far above what cameras
and editors write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from catordog.errors import ImageDecodeError

_MAX_PNG_CHUNKS = 100_000
"""libpng's usual 8 KiB chunks make 13,000 of them in the largest file admitted."""

_MAX_TIFF_TAGS = 4096
_MAX_TIFF_VALUES = 200_000
"""Values of one tag that are numbers; the longest lists hold an offset per row of pixels."""

_TIFF_TYPE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
"""Bytes per value of TIFF's field types 0 to 18; 0 for numbers that are no type."""

_BMP_RLE = (b"\1\0\0\0", b"\2\0\0\0")
_MAX_BMP_RLE_BYTES = 4 * 1024**2
"""Pillow undoes run lengths in Python, a second per few megabytes; photos are not stored so."""


def check_structure(kind: str, data: bytes) -> None:
    """Checks a file's inner structure; a file that ends too early is left to its decoder.

    Args:
        kind: the format, as `sniff_format` names it.
        data: the encoded photo.

    Raises:
        ImageDecodeError: it has more pieces than any photo.
    """
    if kind == "PNG":
        chunks = sum(1 for _ in _png_chunks(data))
        if chunks > _MAX_PNG_CHUNKS:
            raise _refusal(f"at most {_MAX_PNG_CHUNKS} chunks in a PNG", "more")
    elif kind == "TIFF":
        _check_tiff(data)
    elif kind == "BMP" and data[30:34] in _BMP_RLE and len(data) > _MAX_BMP_RLE_BYTES:
        raise _refusal(f"at most {_MAX_BMP_RLE_BYTES} bytes in a run-length BMP", f"{len(data)}")


def _png_chunks(data: bytes) -> Iterator[int]:
    """Yields where each chunk starts, up to one past the limit."""
    at = 8
    for _ in range(_MAX_PNG_CHUNKS + 1):
        if at + 8 > len(data):
            return
        yield at
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _check_tiff(data: bytes) -> None:
    total_bytes = 0
    tags = 0
    for kind, count in _tiff_tags(data):
        tags += 1
        unit = _TIFF_TYPE_BYTES[kind] if kind < len(_TIFF_TYPE_BYTES) else 0
        total_bytes += unit * count
        if unit > 1 and count > _MAX_TIFF_VALUES:
            raise _refusal(f"at most {_MAX_TIFF_VALUES} values in a TIFF's tag", f"{count}")
    if tags > _MAX_TIFF_TAGS:
        raise _refusal(f"at most {_MAX_TIFF_TAGS} tags in a TIFF", "more")
    # Tags may overlap: a small file can claim to hold its own bytes thousands of times over.
    if total_bytes > 2 * len(data):
        raise _refusal("a TIFF's tags within its bytes", f"{total_bytes} bytes of tags")


def _tiff_tags(data: bytes) -> Iterator[tuple[int, int]]:
    """Yields each tag's type and number of values, up to one tag past the limit."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = b"+" in data[2:4]
    try:
        (at,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
        (tags,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, at)
        at += 8 if is_big else 2
        for _ in range(min(tags, _MAX_TIFF_TAGS + 1)):
            yield struct.unpack_from(order + ("HQ" if is_big else "HI"), data, at + 2)
            at += 20 if is_big else 12
    except (struct.error, OverflowError):
        return


def _refusal(expected: str, received: str) -> ImageDecodeError:
    return ImageDecodeError(
        f"Cannot decode the photo: expected {expected}, received {received}. Save it anew with a "
        "picture editor."
    )
