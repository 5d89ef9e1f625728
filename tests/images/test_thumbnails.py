from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from catordog.images.thumbnails import encode_jpeg, shrink


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    return image


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 480), (96, 72)),
        ((480, 640), (72, 96)),
        ((300, 300), (96, 96)),
        ((96, 10), (96, 10)),
        ((20, 30), (20, 30)),  # never larger than the photo
        ((5000, 2), (96, 1)),
        ((2, 5000), (1, 96)),
    ],
)
def test_longest_side_is_as_asked(size: tuple[int, int], expected: tuple[int, int]) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    assert opened(encode_jpeg(shrink(Image.fromarray(pixels), 96))).size == expected


def test_colours_stay_where_they_are() -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:100, :200], pixels[100:, 200:] = (255, 0, 0), (0, 0, 255)
    small = np.asarray(opened(encode_jpeg(shrink(Image.fromarray(pixels), 100))), int)
    assert small.shape == (50, 100, 3)
    for row, column, colour in ((5, 5, (255, 0, 0)), (45, 95, (0, 0, 255)), (5, 95, (0, 0, 0))):
        assert np.abs(small[row, column] - colour).max() <= 3


def test_fine_stripes_become_their_mean() -> None:
    pixels = np.zeros((384, 384, 3), np.uint8)
    pixels[:, ::2] = 255
    small = np.asarray(opened(encode_jpeg(shrink(Image.fromarray(pixels), 96))), float)
    assert np.abs(small - 127.5).max() < 3


def test_pixels_that_are_a_view_are_taken_as_they_look() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    turned = pixels.transpose(1, 0, 2)[:, ::-1]
    assert encode_jpeg(shrink(Image.fromarray(turned), 96)) == encode_jpeg(
        shrink(Image.fromarray(np.ascontiguousarray(turned)), 96)
    )


def test_lower_quality_is_smaller() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    small = shrink(Image.fromarray(pixels), 96)
    assert len(encode_jpeg(small, quality=30)) < len(encode_jpeg(small)) / 2
