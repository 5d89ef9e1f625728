"""Makes photos alike in everything but what they show: size, dimensions, header, metadata, hash.

What a file says beside its picture could tell cats from dogs: cameras, sizes and names differ
between data sets' classes. So a photo leaves as a square JPEG of fixed size, quality and tables,
with no metadata. Even the length of its compressed picture would be a hint (grass takes more
bytes than a sofa); it is hidden in a file of fixed length, whose rest looks like compressed
picture too: only decoding tells where the one ends.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image

from catordog.errors import ImageTooLargeError
from catordog.images.decode import decode_image

SIDE_PX = 250
"""As Asirra's photos were."""

FILE_BYTES = 28 * 1024
"""Of every photo. Usual ones take 8 to 16 KB at this size and quality; the few that do not fit
are not shown."""

_QUALITY = 75
_END_OF_IMAGE = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_LARGEST_CUT = 0.08
"""Share of the short side that a crop may leave out. The same photo never leaves twice alike."""


def crop(photo: bytes, chance: random.Random) -> Image.Image:
    """Decodes a photo and cuts a square out of its middle, a little at random.

    Args:
        photo: encoded, of any format catordog reads.
        chance: where randomness comes from.

    Returns:
        RGB, `SIDE_PX` on each side.

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
    image = Image.fromarray(pixels)
    box = (left, top, left + side, top + side)
    return image.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def encode(image: Image.Image, chance: random.Random) -> bytes:
    """Encodes a square as JPEG, with a brightness that changes the bytes and not the picture.

    Raises:
        ImageTooLargeError: it does not fit into `FILE_BYTES`.
    """
    shade = np.clip(np.asarray(image, np.int16) + chance.choice((-2, -1, 0, 1, 2)), 0, 255)
    file = io.BytesIO()
    # Standard Huffman tables and no `optimize`: the header is then the same for every photo.
    Image.fromarray(shade.astype(np.uint8)).save(file, "JPEG", quality=_QUALITY, subsampling=2)
    jpeg = file.getvalue()
    if len(jpeg) > FILE_BYTES:
        raise ImageTooLargeError(
            f"Cannot show the photo in a challenge: expected at most {FILE_BYTES} bytes as a JPEG "
            f"of {SIDE_PX}x{SIDE_PX}, received {len(jpeg)}. Show another."
        )
    return jpeg


def pad(jpegs: Sequence[bytes], chance: random.Random) -> list[bytes]:
    """Brings JPEGs of `encode` to one length.

    Decoders stop where the picture is complete and step over what follows until the end marker.

    Returns:
        In the same order, each of `FILE_BYTES` bytes.
    """
    scans = np.frombuffer(b"".join(map(_scan_of, jpegs)), np.uint8)
    dice = np.random.default_rng(chance.getrandbits(128))
    return [
        jpeg[: -len(_END_OF_IMAGE)] + _filling(FILE_BYTES - len(jpeg), scans, dice) + _END_OF_IMAGE
        for jpeg in jpegs
    ]


def _filling(number: int, scans: np.ndarray, dice: np.random.Generator) -> bytes:
    """Makes up bytes that look like a compressed picture, from pairs of such bytes.

    Longer pieces would be found again in another photo's file, and say where this one ends.
    """
    at = dice.integers(0, len(scans) - 1, number // 2 + 1)
    pairs = np.stack([scans[at], scans[at + 1]], axis=1)
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
