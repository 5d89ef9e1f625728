from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.fft
import scipy.stats
from PIL import Image, ImageFilter
from tests.conftest import draw_photo

from catordog.data.fingerprints import (
    THUMBNAIL_PX,
    TINY_PX,
    compute_fingerprint,
    perceptual_hash,
    to_luma,
)


def grey(levels: np.ndarray) -> np.ndarray:
    return np.repeat(levels.astype(np.uint8)[:, :, None], 3, axis=2)


def shrunk(image: Image.Image) -> np.ndarray:
    return compute_fingerprint(np.asarray(image)).tiny


def differing_bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


CHECKERBOARD = 255 * (np.indices((64, 80)).sum(axis=0) % 2)
HALF_WHITE = 255 * np.repeat(np.arange(66) >= 33, 50).reshape(66, 50).T
ALL_GREYS = np.arange(256).reshape(16, 16)
RAMP = np.broadcast_to(np.arange(0, 200, 2), (50, 100))


@pytest.mark.parametrize(
    ("levels", "brightness", "entropy", "sharpness"),
    [
        (np.full((40, 60), 128), 128 / 255, 0, 0),
        (np.zeros((40, 60)), 0, 0, 0),
        (np.full((40, 60), 255), 1, 0, 0),
        # Four neighbours of the other colour: every Laplacian is 4 * 255 one way or the other.
        (CHECKERBOARD, 0.5, 1, 1020),
        # Two of the 64 inner columns see the edge: 255 one way, 255 the other.
        (HALF_WHITE, 0.5, 1, 255 * np.sqrt(2 / 64)),
        (RAMP, 99 / 255, np.log2(100), 0),  # what rises evenly has no second derivative
        (np.full((2, 60), 7), 7 / 255, 0, 0),  # too thin for one
    ],
)
def test_figures_are_those_of_closed_forms(
    levels: np.ndarray, brightness: float, entropy: float, sharpness: float
) -> None:
    found = compute_fingerprint(grey(levels))
    assert found.brightness == pytest.approx(brightness, abs=1e-6)
    assert found.entropy == pytest.approx(entropy, abs=1e-9)
    assert found.sharpness == pytest.approx(sharpness, rel=1e-5)


def test_every_grey_once_has_eight_bits() -> None:
    assert compute_fingerprint(grey(ALL_GREYS)).entropy == 8


def test_figures_of_a_photo_are_those_of_its_luma() -> None:
    image = draw_photo("cat", 1, side_px=90)
    luma = np.asarray(image.convert("L"), np.float64)
    counts = np.bincount(luma.astype(int).ravel(), minlength=256)
    inner = sum(np.roll(luma, shift, axis) for shift in (1, -1) for axis in (0, 1)) - 4 * luma
    found = compute_fingerprint(np.asarray(image))
    assert found.brightness == pytest.approx(luma.mean() / 255, rel=1e-6)
    assert found.entropy == pytest.approx(scipy.stats.entropy(counts, base=2), rel=1e-9)
    assert found.sharpness == pytest.approx(inner[1:-1, 1:-1].std(), rel=1e-5)


def test_blurred_is_less_sharp() -> None:
    image = draw_photo("dog", 1, side_px=200)
    sharpness = [
        compute_fingerprint(np.asarray(image.filter(ImageFilter.GaussianBlur(radius)))).sharpness
        for radius in (0, 1, 3, 9)
    ]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[-1] < sharpness[0] / 20


def test_luma_is_that_of_pillow_in_any_number_of_pictures() -> None:
    photos = np.stack([np.asarray(draw_photo("cat", seed)) for seed in range(3)])
    luma = to_luma(photos)
    assert (luma.dtype, luma.shape) == (np.float32, photos.shape[:-1])
    for one, photo in zip(luma, photos, strict=True):
        assert np.abs(one - np.asarray(Image.fromarray(photo).convert("L"), float)).max() <= 1
    assert np.allclose(to_luma(np.full((2, 2, 3), 255, np.uint8)), 255)


@pytest.mark.parametrize("seed", range(20))
def test_hash_is_the_lowest_frequencies_over_their_median(seed: int) -> None:
    tiny = np.random.default_rng(seed).integers(0, 256, (TINY_PX, TINY_PX, 3), dtype=np.uint8)
    luma = tiny.astype(np.float64) @ (0.299, 0.587, 0.114)
    low = scipy.fft.dct(scipy.fft.dct(luma, axis=0, norm="ortho"), axis=1, norm="ortho")[:8, :8]
    bits = "".join("01"[int(high)] for high in (low > np.median(low)).ravel())
    assert perceptual_hash(tiny) == f"{int(bits, 2):016x}"


def test_hash_of_a_copy_differs_in_few_bits_and_of_another_photo_in_many() -> None:
    photo = draw_photo("cat", 3, side_px=300)
    buffer = io.BytesIO()
    photo.resize((210, 210)).save(buffer, "JPEG", quality=60)
    own, copy = (perceptual_hash(shrunk(image)) for image in (photo, Image.open(buffer)))
    assert len(own) == 16
    assert differing_bits(own, copy) <= 4
    for seed in range(10, 20):
        other = perceptual_hash(shrunk(draw_photo("cat", seed, side_px=300)))
        assert differing_bits(own, other) >= 10


@pytest.mark.parametrize("size", [(640, 480), (33, 900), (32, 32), (2, 2), (2, 3000), (3000, 2)])
def test_any_size_is_squashed_to_the_tiny_square(size: tuple[int, int]) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 2] = (200, 100, 50)
    before = pixels.copy()
    found = compute_fingerprint(pixels)
    assert (found.tiny.dtype, found.tiny.shape) == (np.uint8, (TINY_PX, TINY_PX, 3))
    assert (found.tiny[:, :4] == (200, 100, 50)).all()
    assert (found.tiny[:, -4:] == 0).all()
    thumbnail = Image.open(io.BytesIO(found.thumbnail))
    assert max(thumbnail.size) == min(THUMBNAIL_PX, max(size))
    assert (pixels == before).all()
