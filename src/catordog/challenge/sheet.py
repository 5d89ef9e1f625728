"""Puts the photos of a challenge on one sheet, alike in everything but what they show.

What a file says beside its picture could tell cats from dogs: cameras, sizes and names differ
between data sets' classes, and even the bytes of a compressed picture do (grass takes more than a
sofa). So there is no file of one photo: all leave as squares of one WebP, which only decoding takes
apart. All files have one size, one header, one length and no metadata. Clients of 2007, who want an
address for each photo, get twelve views of the same sheet.
"""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image

from catordog.challenge.rules import PHOTOS
from catordog.challenge.webp import HEADER_BYTES, encode_evenly
from catordog.errors import DatasetError, ImageTooLargeError
from catordog.images.decode import decode_image

SIDE_PX = 256
"""Of a photo. Asirra's had 250; a multiple of 16 keeps neighbours out of each other's blocks."""

COLUMNS = 6

FIRST_BYTES, SECOND_BYTES = 20 * 1024, 160 * 1024
"""Of a sheet's two partitions. Of 2,958 sheets of Kaggle's photos none took over 18 and 133 KiB."""

SHEET_BYTES = HEADER_BYTES + FIRST_BYTES + SECOND_BYTES
"""Of every sheet."""

MOST_BYTES = 27 * 1024
"""Of a photo as JPEG. The few that take more are not shown, so that most sheets fit."""

_ROWS = PHOTOS // COLUMNS
_LARGEST_CUT = 0.08
"""Share of the short side that a crop may leave out. The same photo never leaves twice alike."""


def crop(photo: bytes, chance: random.Random) -> np.ndarray:
    """Decodes a photo and cuts a square out of its middle, a little at random.

    Args:
        photo: encoded, of any format catordog reads.
        chance: where randomness comes from; it also shifts the brightness, a little.

    Returns:
        uint8 (S, S, 3), S = `SIDE_PX`.

    Raises:
        ImageError: it cannot be decoded.
    """
    pixels = decode_image(photo, target_px=round(SIDE_PX / (1 - _LARGEST_CUT)) + 1).pixels
    height, width = pixels.shape[:2]
    short = min(height, width)
    side = max(1, round(short * (1 - chance.uniform(0, _LARGEST_CUT))))
    free_x, free_y = width - side, height - side
    # Around the middle, where the animal is; a wide photo's far ends never fill the square.
    reach = short - side
    left = free_x / 2 + chance.uniform(-reach, reach) / 2
    top = free_y / 2 + chance.uniform(-reach, reach) / 2
    left, top = min(max(left, 0), free_x), min(max(top, 0), free_y)
    square = Image.fromarray(pixels).resize(
        (SIDE_PX, SIDE_PX),
        Image.Resampling.LANCZOS,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    shade = np.asarray(square, np.int16) + chance.choice((-2, -1, 0, 1, 2))
    return np.clip(shade, 0, 255).astype(np.uint8)


def compose(squares: Sequence[np.ndarray], chance: random.Random) -> bytes:
    """Encodes the photos of a challenge as one WebP, in two rows of six.

    Args:
        squares: of `crop`, as many as a challenge has.
        chance: where the bytes that fill the rest come from.

    Returns:
        `SHEET_BYTES` bytes.

    Raises:
        ImageTooLargeError: they do not fit.
    """
    rows = [np.hstack(squares[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(_ROWS)]
    sheet = encode_evenly(np.vstack(rows), FIRST_BYTES, SECOND_BYTES, chance)
    if sheet is None:
        raise ImageTooLargeError(
            f"Cannot show the photos in a challenge: expected at most {SHEET_BYTES} bytes as a "
            "WebP of all, received more. Show others."
        )
    return sheet


def count_bytes(square: np.ndarray) -> int:
    """Returns how many bytes a square takes, so that cats can be paired with dogs like them.

    As a JPEG, which is encoded many times faster than a WebP and takes more where that does.

    Raises:
        ImageTooLargeError: it takes more than `MOST_BYTES`.
    """
    taken = len(_encode(square, "JPEG"))
    if taken > MOST_BYTES:
        raise ImageTooLargeError(
            f"Cannot show the photo in a challenge: expected at most {MOST_BYTES} bytes as a JPEG "
            f"of {SIDE_PX}x{SIDE_PX}, received {taken}. Show another."
        )
    return taken


def view_singly(sheet: bytes, side_px: int) -> bytes:
    """Returns an SVG of the sheet, of which an `<img>` shows one photo: `#p0`, `#p1`, ...

    Args:
        sheet: of `compose`.
        side_px: of a photo, where the page does not say.
    """
    corners = [(n % COLUMNS * SIDE_PX, n // COLUMNS * SIDE_PX) for n in range(PHOTOS)]
    views = "".join(
        f'<view id="p{n}" viewBox="{x} {y} {SIDE_PX} {SIDE_PX}"/>'
        for n, (x, y) in enumerate(corners)
    )
    webp = base64.b64encode(sheet).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_px}" height="{side_px}" '
        f'viewBox="0 0 {SIDE_PX} {SIDE_PX}">{views}<image width="{COLUMNS * SIDE_PX}" '
        f'height="{_ROWS * SIDE_PX}" href="data:image/webp;base64,{webp}"/></svg>'
    )
    return svg.encode()


def cut(sheet: bytes) -> list[bytes]:
    """Cuts a sheet into its photos again: PNGs, in order.

    Raises:
        ImageError: it cannot be decoded.
        DatasetError: it is no sheet.
    """
    pixels = decode_image(sheet).pixels
    expected = (_ROWS * SIDE_PX, COLUMNS * SIDE_PX)
    if pixels.shape[:2] != expected:
        raise DatasetError(
            f"Cannot cut the sheet of a challenge: expected {expected[1]}x{expected[0]} pixels, "
            f"received {pixels.shape[1]}x{pixels.shape[0]}. Is the server of another version?"
        )
    squares = [square for row in np.vsplit(pixels, _ROWS) for square in np.hsplit(row, COLUMNS)]
    return [_encode(square, "PNG", compress_level=1) for square in squares]


def _encode(pixels: np.ndarray, format: str, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()
