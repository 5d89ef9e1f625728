from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catordog.errors import ConfigError, ImageDecodeError, ImageShapeError
from catordog.images.decode import decode_image
from catordog.images.picture import DecodeLimits
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess, preprocess


def triangle_resize(values: np.ndarray, size: int) -> np.ndarray:
    """Resizes the first axis by the definition: a triangle as wide as the step, at least 1."""
    step = len(values) / size
    width = max(step, 1.0)
    centres = (np.arange(size)[:, None] + 0.5) * step - 0.5
    weights = np.maximum(0, 1 - abs(np.arange(len(values)) - centres) / width)
    return np.tensordot(weights / weights.sum(axis=1, keepdims=True), values, axes=1)


@pytest.mark.parametrize(("height", "width", "size_px"), [(90, 120, 32), (31, 57, 24), (8, 6, 20)])
def test_pixels_follow_the_definition(height: int, width: int, size_px: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    across = triangle_resize(pixels.transpose(1, 0, 2).astype(float), size_px)
    exact = triangle_resize(across.transpose(1, 0, 2), size_px)
    small = preprocess(pixels, PreprocessSpec(size_px=size_px))
    assert (small.shape, small.dtype) == ((size_px, size_px, 3), np.uint8)
    assert abs(small - exact).max() <= 1.01  # each of the two passes rounds to whole levels


def test_halving_columns_by_hand() -> None:
    row = np.array([0, 0, 200, 200], np.uint8)
    pixels = np.repeat(np.repeat(row[None, :, None], 2, axis=0), 3, axis=2)
    # Weights 3 3 1 over the left edge's three pixels: 200 / 7 = 28.57, and its mirror image.
    assert preprocess(pixels, PreprocessSpec(size_px=2))[0, :, 0].tolist() == [29, 171]


def test_right_size_is_left_as_it_is() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(preprocess(pixels, PreprocessSpec(size_px=40)), pixels)


def test_one_colour_stays_one_colour() -> None:
    pixels = np.full((33, 7, 3), (12, 200, 255), np.uint8)
    small = preprocess(pixels, PreprocessSpec(size_px=16))
    np.testing.assert_array_equal(small, np.full((16, 16, 3), (12, 200, 255)))


def test_views_that_are_not_contiguous_give_the_same() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    spec = PreprocessSpec(size_px=20)
    turned = pixels[::-1, ::-1]
    np.testing.assert_array_equal(
        preprocess(turned, spec), preprocess(np.ascontiguousarray(turned), spec)
    )


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.int64),
    ],
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    message = (
        r"^Cannot preprocess the pixels: expected uint8 of shape \(H, W, 3\), received "
        rf"{pixels.dtype} of shape \({', '.join(map(str, pixels.shape))}\)\. Decode the photo"
    )
    with pytest.raises(ImageShapeError, match=message):
        preprocess(pixels, PreprocessSpec(size_px=4))


@pytest.mark.parametrize("options", [{"size_px": 0}, {"size_px": -1}])
def test_sizes_below_one_pixel_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="expected a size of 1 pixel or more"):
        PreprocessSpec(**options)


def test_an_unknown_resize_rule_is_refused() -> None:
    with pytest.raises(ConfigError, match="the rule 'squash-bilinear', received another"):
        PreprocessSpec(size_px=4, resize="crop-nearest")


def test_the_whole_path_gives_size_pixels_and_warning(jpeg_quadrants: bytes) -> None:
    spec = PreprocessSpec(size_px=16)
    photo = decode_and_preprocess(jpeg_quadrants, spec)
    scaled = decode_image(jpeg_quadrants, target_px=16)
    np.testing.assert_array_equal(photo.pixels, preprocess(scaled.pixels, spec))
    assert (photo.width, photo.height, photo.warning) == (64, 48, "")
    cut = decode_and_preprocess(jpeg_quadrants[:-100], spec)
    assert cut.pixels.shape == (16, 16, 3)
    assert cut.warning.startswith("truncated: ")


def test_the_whole_path_keeps_to_its_limits(jpeg_quadrants: bytes) -> None:
    with pytest.raises(ImageDecodeError, match=r"at least 50 pixels, received 64x48\. Use the"):
        decode_and_preprocess(
            jpeg_quadrants, PreprocessSpec(size_px=16), DecodeLimits(min_side_px=50)
        )
