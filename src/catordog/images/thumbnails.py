"""Makes small pictures of photos, to show many of them at once."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def encode_thumbnail(pixels: np.ndarray, side_px: int, *, quality: int = 80) -> bytes:
    """Scales a photo down and encodes it as JPEG.

    Args:
        pixels: uint8 RGB, shape (H, W, 3).
        side_px: the longest side of the result; a smaller photo keeps its size.
        quality: JPEG quality, 1 to 95.
    """
    image = Image.fromarray(pixels)
    # Averaging whole blocks first is fast, and the little picture does not show it.
    image.thumbnail((side_px, side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
