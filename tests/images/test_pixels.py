from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from catordog.errors import ImageDecodeError
from catordog.images import pixels as pixels_module
from catordog.images.pixels import SIDEWAYS, to_rgb, turn_upright

NUMBERED = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)  # 0 1 2 / 3 4 5


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [[0, 1, 2], [3, 4, 5]]),
        (2, [[2, 1, 0], [5, 4, 3]]),
        (3, [[5, 4, 3], [2, 1, 0]]),
        (4, [[3, 4, 5], [0, 1, 2]]),
        (5, [[0, 3], [1, 4], [2, 5]]),
        (6, [[3, 0], [4, 1], [5, 2]]),
        (7, [[5, 2], [4, 1], [3, 0]]),
        (8, [[2, 5], [1, 4], [0, 3]]),
        (0, [[0, 1, 2], [3, 4, 5]]),
        (9, [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_each_orientation_is_applied(orientation: int, expected: list[list[int]]) -> None:
    upright = turn_upright(NUMBERED, orientation)
    assert upright[:, :, 0].tolist() == expected
    assert upright.flags.c_contiguous
    assert (orientation in SIDEWAYS) == (upright.shape != NUMBERED.shape)


def test_orientations_equal_pillows(
    img_waves_w640_h480: Image.Image, exif_block: Callable[[int], bytes]
) -> None:
    small = img_waves_w640_h480.resize((31, 17))
    for orientation in range(1, 9):
        file = io.BytesIO()
        small.save(file, "PNG", exif=exif_block(orientation))
        with Image.open(file) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
            np.testing.assert_array_equal(to_rgb(image), expected)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (0, 0), (255, 255, 255)),
        ("LA", (10, 255), (10, 10, 10)),
        ("La", (0, 0), (255, 255, 255)),
        ("RGB", (1, 2, 3), (1, 2, 3)),
        ("RGBX", (1, 2, 3, 4), (1, 2, 3)),
        ("RGBA", (1, 2, 3, 0), (255, 255, 255)),
        ("RGBA", (200, 100, 0, 255), (200, 100, 0)),
        ("RGBA", (255, 0, 0, 51), (255, 204, 204)),  # a fifth of red, four fifths of white
        ("RGBa", (51, 0, 0, 51), (255, 204, 204)),  # the same, premultiplied
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("YCbCr", (128, 128, 128), (128, 128, 128)),
        ("HSV", (0, 255, 255), (255, 0, 0)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 90, (90, 90, 90)),
        ("I", 200, (200, 200, 200)),
        ("I", 65535, (255, 255, 255)),
        ("I", 2**31 - 1, (255, 255, 255)),
        ("I", -5, (0, 0, 0)),
        ("F", 0.5, (128, 128, 128)),
        ("F", 90.0, (90, 90, 90)),
        ("F", 65535.0, (255, 255, 255)),
        ("F", float("nan"), (0, 0, 0)),
        ("F", float("inf"), None),
        ("F", float("-inf"), (0, 0, 0)),
    ],
)
def test_each_mode_becomes_rgb(
    mode: str, colour: float | tuple[int, ...], expected: tuple[int, int, int] | None
) -> None:
    image = Image.new(mode, (3, 2), colour)
    rgb = to_rgb(image)
    assert (rgb.shape, rgb.dtype) == ((2, 3, 3), np.uint8)
    assert expected is None or rgb[1, 2].tolist() == list(expected)


def test_a_palette_with_several_clear_colours_lies_over_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    image.info["transparency"] = bytes([0, 51])
    assert to_rgb(image)[0].tolist() == [[255, 255, 255], [204, 204, 255]]


def test_the_image_handed_in_is_not_changed(img_quadrants_w64_h48: Image.Image) -> None:
    image = img_quadrants_w64_h48.copy()
    image.putalpha(128)
    before = image.copy()
    rgb = to_rgb(image)
    rgb[:] = 7
    assert image == before


def test_a_photo_in_bands_equals_the_same_in_one(
    img_waves_w640_h480: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = img_waves_w640_h480.convert("RGBA")
    clear.putalpha(img_waves_w640_h480.convert("L"))
    deep = Image.fromarray(np.asarray(img_waves_w640_h480.convert("L")).astype(np.int32) * 300)
    for image in (clear, deep, img_waves_w640_h480.quantize(64)):
        whole = to_rgb(image)
        with monkeypatch.context() as patch:
            patch.setattr(pixels_module, "_BAND_PIXELS", 640 * 100)
            np.testing.assert_array_equal(to_rgb(image), whole)


def test_pixels_that_fail_to_load_are_our_error(img_waves_w640_h480: Image.Image) -> None:
    file = io.BytesIO()
    img_waves_w640_h480.save(file, "PNG")
    image = Image.open(io.BytesIO(file.getvalue()[:1000]))
    message = r"^Cannot decode the PIL image: expected pixels of any usual mode, received mode RGB"
    with pytest.raises(ImageDecodeError, match=message):
        to_rgb(image)
