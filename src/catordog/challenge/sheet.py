"""Puts the photos of a challenge on one sheet, alike in everything but what they show.

What a file says beside its picture could tell cats from dogs: cameras, sizes and names differ
between data sets' classes, and even the bytes of a compressed picture do (grass takes more than a
sofa). So there is no file of one photo: all leave as squares of one JPEG, whose bytes run along a
row of six photos again and again, and only decoding tells which belong to which. The file has
one size, one header, no metadata, and fixed length, whose rest looks like compressed picture too:
else it would tell how many photos are of dogs. Clients of 2007, who want an address for each photo,
get twelve views of the same sheet.
"""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from catordog.challenge.rules import PHOTOS
from catordog.errors import DatasetError, ImageTooLargeError
from catordog.images.decode import decode_image

SIDE_PX = 256
"""Of a photo. Asirra's had 250; a multiple of 16 keeps neighbours out of each other's blocks."""

COLUMNS = 6

SHEET_BYTES = 192 * 1024
"""Of every sheet. Usual photos take 8 to 16 KB each at this size and quality."""

MOST_BYTES = 27 * 1024
"""Of a photo. The few that take more are not shown, so that most sheets fit."""

_ROWS = PHOTOS // COLUMNS
_AS_JPEG = {"quality": 75, "subsampling": 2}
_END_OF_IMAGE = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_RUNS_OF_ONES = (0x1F, 0x3F, 0x7F, 0xFE, 0xFF)
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
    """Encodes the photos of a challenge as one JPEG, in two rows of six.

    Args:
        squares: of `crop`, as many as a challenge has.
        chance: where the bytes that fill the rest come from.

    Returns:
        `SHEET_BYTES` bytes.

    Raises:
        ImageTooLargeError: they do not fit.
    """
    rows = [squares[row * COLUMNS : (row + 1) * COLUMNS] for row in range(_ROWS)]
    sheet = np.vstack([np.hstack(row) for row in rows])
    jpeg = _encode(sheet)
    if len(jpeg) > SHEET_BYTES:
        raise ImageTooLargeError(
            f"Cannot show the photos in a challenge: expected at most {SHEET_BYTES} bytes as a "
            f"JPEG of {sheet.shape[1]}x{sheet.shape[0]}, received {len(jpeg)}. Show others."
        )
    return _pad(jpeg, SHEET_BYTES, chance)


def count_bytes(square: np.ndarray) -> tuple[float, float]:
    """Returns what of a square a stranger may count without decoding it.

    Of all counts of bytes these two told most of cats from dogs: the logarithm of how many there
    are, and the share of those that are runs of ones, by which long codes are known.

    Raises:
        ImageTooLargeError: it takes more than `MOST_BYTES`.
    """
    jpeg = _encode(square)
    if len(jpeg) > MOST_BYTES:
        raise ImageTooLargeError(
            f"Cannot show the photo in a challenge: expected at most {MOST_BYTES} bytes as a JPEG "
            f"of {SIDE_PX}x{SIDE_PX}, received {len(jpeg)}. Show another."
        )
    scan = np.frombuffer(_scan_of(jpeg), np.uint8)
    return float(np.log(len(scan))), float(np.isin(scan, _RUNS_OF_ONES).mean())


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
    jpeg = base64.b64encode(sheet).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_px}" height="{side_px}" '
        f'viewBox="0 0 {SIDE_PX} {SIDE_PX}">{views}<image width="{COLUMNS * SIDE_PX}" '
        f'height="{_ROWS * SIDE_PX}" href="data:image/jpeg;base64,{jpeg}"/></svg>'
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


def _encode(pixels: np.ndarray, format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    # Standard Huffman tables and no `optimize`: the header is then the same for every sheet.
    Image.fromarray(pixels).save(file, format, **(options or _AS_JPEG))
    return file.getvalue()


def _pad(jpeg: bytes, length: int, chance: random.Random) -> bytes:
    """Brings a JPEG to a length.

    Decoders stop where the picture is complete and step over what follows until the end marker.
    """
    filling = _filling(max(0, length - len(jpeg)), _scan_of(jpeg), chance)
    return jpeg[: -len(_END_OF_IMAGE)] + filling + _END_OF_IMAGE


def _filling(number: int, scan: bytes, chance: random.Random) -> bytes:
    """Makes up bytes that look like a compressed picture, from pairs of such bytes.

    Longer pieces would be found again, and say where the picture ends.
    """
    bytes_of_scan = np.frombuffer(scan, np.uint8)
    dice = np.random.default_rng(chance.getrandbits(128))
    at = dice.integers(0, len(scan) - 1, number // 2 + 1)
    pairs = np.stack([bytes_of_scan[at], bytes_of_scan[at + 1]], axis=1)
    # FF is followed by 00 in compressed pictures; before anything else it would begin a marker.
    pairs[pairs[:, 1] == 0xFF, 1] = 0x7F
    filling = pairs.ravel()[:number]
    if number and filling[-1] == 0xFF:
        filling[-1] = 0x7F
    return filling.tobytes()


def _scan_of(jpeg: bytes) -> bytes:
    """Returns the compressed picture alone."""
    start = jpeg.rindex(_START_OF_SCAN)
    header_bytes = int.from_bytes(jpeg[start + 2 : start + 4], "big")
    return jpeg[start + 2 + header_bytes : -len(_END_OF_IMAGE)]
