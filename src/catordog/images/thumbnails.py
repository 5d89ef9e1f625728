"""Makes small pictures of photos, to show many of them at once."""

from __future__ import annotations

import io

from PIL import Image


def shrink(image: Image.Image, side_px: int) -> Image.Image:
    """Scales a picture down, and leaves the one handed in as it is.

    Args:
        image: of any mode that can be resized.
        side_px: the longest side of the result; a smaller picture keeps its size.
    """
    scale = side_px / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    # Averaging whole blocks first is fast, and the little picture does not show it.
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def encode_jpeg(image: Image.Image, *, quality: int = 80) -> bytes:
    """Encodes a small picture as JPEG.

    Args:
        image: RGB.
        quality: 1 to 95.
    """
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
