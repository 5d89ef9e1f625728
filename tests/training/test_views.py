from __future__ import annotations

import numpy as np
import pytest

from catordog.images.preprocess import PreprocessSpec, preprocess
from catordog.training import views

SPEC = PreprocessSpec(40)
RED = np.full((60, 90, 3), (250, 10, 10), np.uint8)
BLUE = np.full((80, 50, 3), (10, 10, 250), np.uint8)


def share_of_red(pixels: np.ndarray) -> float:
    assert (pixels.shape, pixels.dtype) == ((40, 40, 3), np.uint8)
    return float((pixels[..., 0] > pixels[..., 2]).mean())


def test_plain_view_is_the_one_transform() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    assert np.array_equal(views.show_plain(photo, SPEC), preprocess(photo, SPEC))


@pytest.mark.parametrize("seed", range(20))
def test_small_view_covers_as_much_as_it_says(seed: int) -> None:
    drawn = views.show_small(RED, BLUE, SPEC, np.random.default_rng(seed), (0.3, 0.5))
    assert 0.005 < share_of_red(drawn) <= 0.5**2


@pytest.mark.parametrize("seed", range(20))
def test_two_beside_each_other_both_take_a_third_at_least(seed: int) -> None:
    drawn = views.show_beside(RED, BLUE, SPEC, np.random.default_rng(seed))
    assert 0.3 < share_of_red(drawn) < 0.7


def test_crop_keeps_the_share_it_is_given() -> None:
    ramp = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (200, 1, 3))
    for seed in range(20):
        drawn = views.show_crop(ramp, SPEC, np.random.default_rng(seed), (0.25, 0.25))
        width = (int(drawn.max()) - int(drawn.min())) / 200
        assert 0.5 * 0.75**0.5 - 0.03 < width < 0.5 * 1.34**0.5 + 0.03


def test_same_generator_same_view() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    one, two, other = (views.spoil(photo, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_spoiling_leaves_what_it_is_given_alone() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    kept = photo.copy()
    for seed in range(30):
        assert views.spoil(photo, np.random.default_rng(seed)).shape == photo.shape
    assert np.array_equal(photo, kept)


def test_half_of_all_views_are_mirrored() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    random = np.random.default_rng(0)
    mirrored = [np.array_equal(views.mirror(photo, random), photo[:, ::-1]) for _ in range(400)]
    assert 0.4 < np.mean(mirrored) < 0.6
