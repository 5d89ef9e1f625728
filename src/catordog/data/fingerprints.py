"""What one decoded photo looks like in numbers: pure functions of its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from catordog.images.thumbnails import encode_jpeg, shrink

TINY_PX = 32
"""Side of the tiny picture by which near duplicates are found."""

THUMBNAIL_PX = 96
"""Longest side of the thumbnail that reports show."""

_HASH_SIDE = 8
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as JPEG and Pillow use


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Figures of one photo, computed at the size it was decoded to.

    Attributes:
        brightness: mean luma, 0 (black) to 1 (white).
        sharpness: standard deviation of the luma's Laplacian, in grey levels; 0 is featureless.
        entropy: of the luma's histogram, in bits, 0 (one grey) to 8.
        phash: perceptual hash, 16 hex digits, see `perceptual_hash`.
        tiny: uint8 RGB, shape (TINY_PX, TINY_PX, 3): the photo squashed to a square.
        thumbnail: JPEG, longest side THUMBNAIL_PX.
    """

    brightness: float
    sharpness: float
    entropy: float
    phash: str
    tiny: np.ndarray
    thumbnail: bytes


def compute_fingerprint(pixels: np.ndarray) -> Fingerprint:
    """Computes a photo's figures.

    Args:
        pixels: uint8 RGB, shape (H, W, 3), upright.
    """
    image = Image.fromarray(pixels)
    grey = image.convert("L")
    histogram = np.array(grey.histogram(), np.float64)
    thumbnail = shrink(image, THUMBNAIL_PX)
    # From the thumbnail, which is fast; but one of a long strip is too thin for that.
    base = thumbnail if min(thumbnail.size) >= TINY_PX else image
    tiny = np.asarray(base.resize((TINY_PX, TINY_PX), Image.Resampling.BILINEAR))
    return Fingerprint(
        brightness=float(histogram @ np.arange(256) / histogram.sum() / 255),
        sharpness=_laplacian_deviation(np.asarray(grey)),
        entropy=_entropy(histogram),
        phash=perceptual_hash(tiny),
        tiny=tiny,
        thumbnail=encode_jpeg(thumbnail),
    )


def to_luma(pixels: np.ndarray) -> np.ndarray:
    """Returns float32 (..., H, W), 0..255, the luma of uint8 RGB (..., H, W, 3)."""
    luma: np.ndarray = pixels.astype(np.float32) @ _LUMA
    return luma


def perceptual_hash(tiny: np.ndarray) -> str:
    """Hashes a picture so that pictures alike differ in few bits.

    The 64-bit DCT hash known as pHash (as ImageHash's `phash`, but for the filter that made the
    tiny picture): the 8 x 8 lowest frequencies of the 32 x 32 luma, each above or below their
    median.

    Args:
        tiny: uint8 RGB, shape (TINY_PX, TINY_PX, 3).

    Returns:
        16 hex digits.
    """
    low = _DCT @ to_luma(tiny) @ _DCT.T
    bits: bytes = np.packbits(low > np.median(low)).tobytes()
    return bits.hex()


def _dct_rows() -> np.ndarray:
    """Returns the first rows of the orthogonal DCT-II matrix, shape (8, TINY_PX)."""
    frequency = np.arange(_HASH_SIDE)[:, None]
    position = np.arange(TINY_PX)[None, :] + 0.5
    rows = np.cos(np.pi / TINY_PX * frequency * position) * np.sqrt(2 / TINY_PX)
    rows[0] /= np.sqrt(2)
    matrix: np.ndarray = rows.astype(np.float32)
    return matrix


_DCT = _dct_rows()


def _entropy(histogram: np.ndarray) -> float:
    shares = histogram[histogram > 0] / histogram.sum()
    return float(abs(-(shares * np.log2(shares)).sum()))  # abs: -0.0 for a plain picture


def _laplacian_deviation(grey: np.ndarray) -> float:
    if min(grey.shape) < 3:
        return 0.0
    wide = grey.astype(np.int16)
    inner = wide[1:-1, 1:-1]
    sides = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return float((sides - 4 * inner).std(dtype=np.float32))
