"""Reads the one EXIF value that matters here: which way up the photo is."""

from __future__ import annotations

import struct

_HEADER = b"Exif\0\0"
_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
_ORIENTATION_TAG = 0x0112
_INTEGER_TYPES = {3: "H", 4: "I"}


def read_exif_orientation(exif: bytes) -> int:
    """Reads the orientation out of an EXIF block.

    Only this block counts, in every format: an orientation in XMP is ignored, as browsers do.
    Reading it here takes microseconds; Pillow's reader takes a twentieth of a photo's decoding.

    Args:
        exif: the block, with or without its `Exif` header; may be damaged, cut or empty.

    Returns:
        1 to 8 (EXIF 2.32, tag 0x0112); 1, upright, where there is none or it is damaged: a hint
        that cannot be read must not fail the photo.
    """
    tiff = exif[len(_HEADER) :] if exif.startswith(_HEADER) else exif
    order = _BYTE_ORDERS.get(tiff[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, directory)
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, at)
            if tag == _ORIENTATION_TAG and kind in _INTEGER_TYPES:
                (value,) = struct.unpack_from(order + _INTEGER_TYPES[kind], tiff, at + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
