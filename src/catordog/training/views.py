"""What a network is shown of a photo in training: cut, shrunk into another scene, paired, spoilt.

Pets that fill the frame teach nothing about the cat at the far end of a room, and a data set of
cats and dogs nothing about photos of both or neither: such views are made. Each follows from the
random generator it is given and nothing else, so that a teacher sees what its student sees.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from enum import StrEnum

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from catordog.images.preprocess import PreprocessSpec, preprocess

ReadPixels = Callable[[int], np.ndarray]
"""Takes a photo's index, returns its uint8 (H, W, 3) pixels; called from many threads."""


class View(StrEnum):
    """How a photo is shown."""

    PLAIN = "plain"
    CROP = "crop"
    SMALL = "small"
    PAIR = "pair"


CROP_AREA = (0.3, 1.0)
"""Share of a pet's photo that a crop keeps: less often loses the pet."""

EMPTY_CROP_AREA = (0.08, 1.0)
"""The same of a photo without pets: any part of it shows none."""

SMALL_SIDE = (0.18, 0.6)
"""Side of a photo that is put into another scene, as a share of that scene's."""

ASPECT = (0.75, 1.33)
"""Width over height of a crop, against the photo's own."""


def show_plain(pixels: np.ndarray, spec: PreprocessSpec) -> np.ndarray:
    """Returns the photo as it is answered: uint8 (S, S, 3)."""
    return preprocess(pixels, spec)


def show_crop(
    pixels: np.ndarray,
    spec: PreprocessSpec,
    random: np.random.Generator,
    area: tuple[float, float] = CROP_AREA,
) -> np.ndarray:
    """Returns a part of the photo, uint8 (S, S, 3).

    Args:
        pixels: uint8 (H, W, 3).
        spec: of the network.
        random: decides where and how large.
        area: least and largest share of the photo's area.
    """
    return preprocess(_cut(pixels, random, area), spec)


def show_small(
    pixels: np.ndarray,
    scene: np.ndarray,
    spec: PreprocessSpec,
    random: np.random.Generator,
    side: tuple[float, float] = SMALL_SIDE,
) -> np.ndarray:
    """Returns the photo as a small part of a scene, uint8 (S, S, 3).

    Args:
        pixels: uint8 (H, W, 3), what is put in.
        scene: uint8 (H', W', 3), a photo without pets, or with another.
        spec: of the network.
        random: decides where, how large and with what outline.
        side: least and largest side, as a share of the scene's.
    """
    canvas = preprocess(_cut(scene, random, (0.5, 1.0)), spec)
    inset = Image.fromarray(_cut(pixels, random, (0.6, 1.0)))
    longer = random.uniform(*side) * spec.size_px
    scale = longer / max(inset.size)
    width, height = (max(8, round(length * scale)) for length in inset.size)
    left = int(random.integers(0, spec.size_px - width + 1))
    top = int(random.integers(0, spec.size_px - height + 1))
    small = np.asarray(inset.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    mask = _outline(width, height, random)[..., None]
    window = canvas[top : top + height, left : left + width]
    mixed = canvas.copy()
    mixed[top : top + height, left : left + width] = mask * small + (1 - mask) * window
    return mixed


def show_beside(
    left: np.ndarray, right: np.ndarray, spec: PreprocessSpec, random: np.random.Generator
) -> np.ndarray:
    """Returns two photos side by side, or one above the other, uint8 (S, S, 3)."""
    size = spec.size_px
    share = random.uniform(0.35, 0.65)
    halves = [preprocess(_cut(photo, random, (0.6, 1.0)), spec) for photo in (left, right)]
    sizes = [(max(1, round(part * size)), size) for part in (share, 1 - share)]
    first, second = (
        np.asarray(Image.fromarray(half).resize(to, Image.Resampling.BILINEAR))
        for half, to in zip(halves, sizes, strict=True)
    )
    joined = np.concatenate([first, second], axis=1)[:, :size]
    if joined.shape[1] < size:
        joined = np.pad(joined, ((0, 0), (0, size - joined.shape[1]), (0, 0)), mode="edge")
    return joined if random.random() < 0.7 else np.ascontiguousarray(joined.transpose(1, 0, 2))


def mirror(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Mirrors half of all views, left to right: a mirrored cat is a cat."""
    return np.ascontiguousarray(pixels[:, ::-1]) if random.random() < 0.5 else pixels


def spoil(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Mirrors half of all views and changes light, colour, sharpness, as cameras do.

    Args:
        pixels: uint8 (S, S, 3).
        random: decides what is done, and how much.

    Returns:
        uint8 (S, S, 3).
    """
    image = Image.fromarray(mirror(pixels, random))
    for enhance, spread in (
        (ImageEnhance.Brightness, 0.3),
        (ImageEnhance.Contrast, 0.25),
        (ImageEnhance.Color, 0.4),
    ):
        if random.random() < 0.5:
            image = enhance(image).enhance(random.uniform(1 - spread, 1 + spread))
    if random.random() < 0.1:
        image = ImageEnhance.Brightness(image).enhance(random.uniform(0.3, 0.6))
    if random.random() < 0.04:
        image = image.convert("L").convert("RGB")
    if random.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.4, 1.8)))
    if random.random() < 0.1:
        fewer = max(8, round(image.width * random.uniform(0.25, 0.6)))
        image = image.resize((fewer, fewer), Image.Resampling.BILINEAR).resize(
            image.size, Image.Resampling.BILINEAR
        )
    if random.random() < 0.15:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(random.integers(25, 80)))
        image = Image.open(file)
    return np.asarray(image.convert("RGB"))


def _cut(pixels: np.ndarray, random: np.random.Generator, area: tuple[float, float]) -> np.ndarray:
    height, width = pixels.shape[:2]
    share = random.uniform(*area)
    aspect = float(np.exp(random.uniform(*np.log(ASPECT))))
    wide = min(width, max(1, round(width * (share * aspect) ** 0.5)))
    high = min(height, max(1, round(height * (share / aspect) ** 0.5)))
    left = int(random.integers(0, width - wide + 1))
    top = int(random.integers(0, height - high + 1))
    return pixels[top : top + high, left : left + wide]


def _outline(width: int, height: int, random: np.random.Generator) -> np.ndarray:
    """Returns float32 (height, width) in [0, 1]: an ellipse or a box with a soft edge.

    An ellipse loses a photo's corners, which mostly show no pet; a box now and then, so that
    neither outline tells anything.
    """
    rows = np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, None]
    columns = np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :]
    power = float(random.choice([2.0, 3.0, 8.0], p=[0.5, 0.25, 0.25]))
    distance = (rows**power + columns**power) ** (1 / power)
    softness = random.uniform(0.03, 0.3)
    mask: np.ndarray = np.clip((1 - distance) / softness, 0, 1)
    return mask
