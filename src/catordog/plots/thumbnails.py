"""Small pictures as arrays: one, the mean of many, and many on one sheet."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

MEAN_SIDE_PX = 96
_SHEET_QUALITY = 72

Pixels = npt.NDArray[np.uint8]


def open_thumbnail(thumbnail: bytes) -> Image.Image:
    """Decodes a thumbnail.

    Args:
        thumbnail: any picture that Pillow knows; empty for a photo that cannot be decoded.

    Returns:
        RGB; one grey pixel for an empty one.
    """
    if not thumbnail:
        return Image.new("RGB", (1, 1), (128, 128, 128))
    with Image.open(io.BytesIO(thumbnail)) as image:
        return image.convert("RGB")


@dataclass(frozen=True, slots=True)
class MeanPhoto:
    """The mean of many photos, each stretched to a square first.

    Attributes:
        pixels: float64 RGB, shape (96, 96, 3), values 0..255.
        photos: how many photos it is the mean of.
    """

    pixels: npt.NDArray[np.float64]
    photos: int


def average_photos(
    thumbnails: Sequence[bytes],
    labels: Sequence[str],
    classes: Sequence[str],
    *,
    seed: int = 0,
    max_photos: int = 2000,
) -> Mapping[str, MeanPhoto]:
    """Averages the photos of each class.

    Args:
        thumbnails: one a photo; empty ones are left out.
        labels: one a photo, as long as `thumbnails`.
        classes: the labels to average.
        seed: of the draw.
        max_photos: of one class; of more, so many are drawn at random.

    Returns:
        The mean of each class that has a thumbnail.
    """
    means = {}
    for name in classes:
        places = [i for i, label in enumerate(labels) if label == name and thumbnails[i]]
        if len(places) > max_photos:
            drawn = np.random.default_rng(seed).choice(len(places), max_photos, replace=False)
            places = [places[place] for place in sorted(drawn)]
        if places:
            total = np.zeros((MEAN_SIDE_PX, MEAN_SIDE_PX, 3), np.int64)
            for place in places:
                photo = open_thumbnail(thumbnails[place])
                total += np.asarray(
                    photo.resize((MEAN_SIDE_PX, MEAN_SIDE_PX), Image.Resampling.BOX)
                )
            means[name] = MeanPhoto(total / len(places), len(places))
    return means


def make_sheet(thumbnails: Sequence[bytes], *, tile_px: int, columns: int) -> bytes:
    """Puts many thumbnails on one sheet, row by row, each in the middle of its square tile.

    One sheet of 1,500 thumbnails is a third of the bytes of 1,500 files.

    Args:
        thumbnails: what to put on it; a tile whose thumbnail is empty stays grey.
        tile_px: side of a tile in pixels.
        columns: tiles across.

    Returns:
        JPEG, `columns * tile_px` pixels across.
    """
    rows = max(1, -(-len(thumbnails) // columns))
    sheet = Image.new("RGB", (columns * tile_px, rows * tile_px), (128, 128, 128))
    for place, thumbnail in enumerate(thumbnails):
        photo = open_thumbnail(thumbnail)
        photo.thumbnail((tile_px, tile_px))
        left = place % columns * tile_px + (tile_px - photo.width) // 2
        top = place // columns * tile_px + (tile_px - photo.height) // 2
        sheet.paste(photo, (left, top))
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=_SHEET_QUALITY, optimize=True)
    return stream.getvalue()
