"""Writes WebP files that are equally long, whatever is on them.

WebP codes pictures arithmetically, so nearly every byte is as frequent as any other, and how often
which comes says little of the picture (in a JPEG it says a good deal: EXPERIMENTS.md). What is left
is how many bytes there are, and the first of them, which say how coarsely parts are encoded. A VP8
frame (RFC 6386, section 9) has its bytes in two partitions. Both are made longer here: decoders
read of each what the picture needs, and stop. And the quality is another each time.
"""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image

HEADER_BYTES = 30
"""Of a file, before the partitions; the same for all pictures of one size."""

_QUALITY = (60, 85)
"""Lowest and highest: neither is seen at the size of a photo."""
_FRAME_AT = 20
_FLAG_BITS = 5
"""Of the 24 at the frame's start; the others say how long the first partition is."""


def encode_evenly(
    pixels: np.ndarray, first_bytes: int, second_bytes: int, chance: random.Random
) -> bytes | None:
    """Encodes a picture as lossy WebP, and fills its partitions up.

    Args:
        pixels: uint8 (H, W, 3), RGB.
        first_bytes: of the first partition, how blocks are predicted; even, under 2^19.
        second_bytes: of the second, what they then lack; even, as chunks of RIFF are.
        chance: where the quality and the filling come from.

    Returns:
        `HEADER_BYTES` and both partitions. None if a partition takes more than it may.
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=chance.randint(*_QUALITY))
    webp = file.getvalue()
    frame = webp[_FRAME_AT : _FRAME_AT + int.from_bytes(webp[16:20], "little")]
    head = int.from_bytes(frame[:3], "little")
    first_at = HEADER_BYTES - _FRAME_AT
    second_at = first_at + (head >> _FLAG_BITS)
    first, second = frame[first_at:second_at], frame[second_at:]
    if len(first) > first_bytes or len(second) > second_bytes:
        return None
    head = head & ((1 << _FLAG_BITS) - 1) | first_bytes << _FLAG_BITS
    frame = (
        head.to_bytes(3, "little")
        + frame[3:first_at]
        + _fill(first, first_bytes, chance)
        + _fill(second, second_bytes, chance)
    )
    chunk = b"WEBPVP8 " + len(frame).to_bytes(4, "little") + frame
    return b"RIFF" + len(chunk).to_bytes(4, "little") + chunk


def _fill(partition: bytes, length: int, chance: random.Random) -> bytes:
    """Makes a partition longer, by bytes drawn from its own."""
    dice = np.random.default_rng(chance.getrandbits(128))
    filling = dice.choice(np.frombuffer(partition, np.uint8), length - len(partition))
    return partition + filling.tobytes()
