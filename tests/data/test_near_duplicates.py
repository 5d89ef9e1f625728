from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps
from tests.conftest import draw_photo

from catordog.data.fingerprints import TINY_PX, compute_fingerprint
from catordog.data.near_duplicates import MIN_SIMILARITY, find_near_duplicates
from catordog.data.scan import SCAN_PX
from catordog.images.decode import decode_image

Copy = Callable[[Image.Image], Image.Image]
COUNT = 16


def to_tiny(photo: Image.Image, *, quality: int = 90) -> np.ndarray:
    """What a scan of the photo, saved as JPEG, keeps."""
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=quality)
    return compute_fingerprint(decode_image(buffer.getvalue(), target_px=SCAN_PX).pixels).tiny


def cropped(left: float, top: float, right: float, bottom: float) -> Copy:
    """Cuts shares of the sides off."""

    def crop(photo: Image.Image) -> Image.Image:
        width, height = photo.size
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        return photo.crop(tuple(map(round, box)))  # type: ignore[arg-type]

    return crop


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    return [
        draw_photo(label, seed, side_px=300)
        for label, first in (("cat", 0), ("dog", 1000))
        for seed in range(first, first + COUNT // 2)
    ]


@pytest.fixture(scope="module")
def tiny_photos(photos: list[Image.Image]) -> list[np.ndarray]:
    return [to_tiny(photo) for photo in photos]


@pytest.mark.parametrize(
    ("copy", "quality"),
    [
        pytest.param(lambda photo: photo, 60, id="saved again, quality 60"),
        pytest.param(lambda photo: photo.resize((210, 210)), 90, id="70 % of the size"),
        pytest.param(lambda photo: photo.resize((60, 60)), 90, id="20 % of the size"),
        pytest.param(ImageOps.mirror, 90, id="mirrored"),
        pytest.param(cropped(0.05, 0.05, 0.05, 0.05), 90, id="5 % off every side"),
        pytest.param(cropped(0.1, 0, 0, 0), 90, id="10 % off the left"),
        pytest.param(cropped(0, 0.1, 0, 0), 90, id="10 % off the top"),
        pytest.param(cropped(0, 0, 0.1, 0), 90, id="10 % off the right"),
        pytest.param(cropped(0, 0, 0, 0.1), 60, id="10 % off the bottom, quality 60"),
        pytest.param(lambda photo: cropped(0, 0, 0.1, 0)(ImageOps.mirror(photo)), 90, id="both"),
        pytest.param(lambda photo: photo.resize((300, 200)), 90, id="squeezed"),
    ],
)
def test_copies_are_found_and_nothing_else(
    copy: Copy, quality: int, photos: list[Image.Image], tiny_photos: list[np.ndarray]
) -> None:
    tiny = tiny_photos + [to_tiny(copy(photo), quality=quality) for photo in photos]
    pairs, similarity = find_near_duplicates(np.stack(tiny))
    assert (pairs.dtype, similarity.dtype) == (np.int64, np.float32)
    assert pairs.tolist() == [[index, index + COUNT] for index in range(COUNT)]
    assert (similarity >= MIN_SIMILARITY).all()
    assert (similarity <= 1.0001).all()


def plain(seed: int) -> Image.Image:
    colour = np.random.default_rng(seed).integers(0, 256, 3).tolist()
    return Image.new("RGB", (200, 200), tuple(colour))


def dark(seed: int) -> Image.Image:
    return draw_photo("cat", seed, side_px=200).point(lambda level: level * 0.06)


def noise(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).normal(20, 12, (200, 200, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def slope(seed: int) -> Image.Image:
    down, across, *_ = slopes = np.random.default_rng(seed).uniform(-1, 1, 2)
    level = np.add.outer(np.linspace(0, down, 200), np.linspace(0, across, 200))
    level = (level - level.min()) / np.abs(slopes).sum() * 255
    return Image.fromarray(level.astype(np.uint8)).convert("RGB")


def spot_on(background: int) -> Callable[[int], Image.Image]:
    def spot(seed: int) -> Image.Image:
        image = Image.new("RGB", (200, 200), (background,) * 3)
        x, y = np.random.default_rng(seed).integers(10, 170, 2).tolist()
        ImageDraw.Draw(image).ellipse((x, y, x + 20, y + 20), fill=(255 - background,) * 3)
        return image

    return spot


def in_one_style(seed: int) -> Image.Image:
    """The same disc before different patches."""
    image = draw_photo("dog", seed, side_px=200)
    ImageDraw.Draw(image).ellipse((70, 70, 130, 130), fill=(220, 120, 40))
    return image


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(plain, id="plain"),
        pytest.param(dark, id="dark"),
        pytest.param(noise, id="noise"),
        pytest.param(slope, id="slope"),
        pytest.param(spot_on(255), id="spot on a white page"),
        pytest.param(spot_on(0), id="spot in the dark"),
        pytest.param(in_one_style, id="in one style"),
    ],
)
def test_different_pictures_are_not_paired(draw: Callable[[int], Image.Image]) -> None:
    pairs, similarity = find_near_duplicates(np.stack([to_tiny(draw(seed)) for seed in range(30)]))
    assert pairs.shape == (0, 2)
    assert similarity.shape == (0,)


def test_many_copies_of_one_are_all_connected(photos: list[Image.Image]) -> None:
    others = [to_tiny(photo) for photo in photos[1:]]
    # Two families of copies, each of them nearer to its own than to the other.
    copies = [to_tiny(photos[0], quality=20 + number // 20) for number in range(70)]
    copies += [to_tiny(ImageOps.mirror(photos[0]).resize((90, 90))) for _ in range(70)]
    pairs, _ = find_near_duplicates(np.stack(others + copies))
    assert (pairs >= len(others)).all()
    reached, before = {len(others)}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {i for pair in pairs.tolist() if not reached.isdisjoint(pair) for i in pair}
    assert len(reached) == 140


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_any_number_of_pictures_is_compared(count: int, photos: list[Image.Image]) -> None:
    tiny = np.empty((count, TINY_PX, TINY_PX, 3), np.uint8)
    tiny[:] = to_tiny(photos[0])
    pairs, similarity = find_near_duplicates(tiny)
    assert pairs.tolist() == [[a, b] for a in range(count) for b in range(a + 1, count)]
    assert similarity == pytest.approx(np.ones(len(pairs)), abs=1e-4)


def test_more_pictures_than_a_block_are_compared_with_all(photos: list[Image.Image]) -> None:
    fillers = np.random.default_rng(0).integers(0, 256, (1500, TINY_PX, TINY_PX, 3), np.uint8)
    ends = np.stack([to_tiny(photos[0]), to_tiny(ImageOps.mirror(photos[0]))])
    pairs, _ = find_near_duplicates(np.concatenate([ends[:1], fillers, ends[1:]]))
    assert pairs.tolist() == [[0, 1501]]


@pytest.fixture(scope="module")
def tiny_with_crops(photos: list[Image.Image]) -> np.ndarray:
    """Of the photos, and of crops of the first eight of them."""
    crops = [cropped(0.1, 0, 0, 0)(photo) for photo in photos[:8]]
    return np.stack([to_tiny(photo) for photo in (*photos, *crops)])


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(COUNT + 8)))
def test_order_plays_no_part(tiny_with_crops: np.ndarray, order: list[int]) -> None:
    pairs, _ = find_near_duplicates(tiny_with_crops[order])
    found = {tuple(sorted((order[a], order[b]))) for a, b in pairs.tolist()}
    assert found == {(index, index + COUNT) for index in range(8)}
