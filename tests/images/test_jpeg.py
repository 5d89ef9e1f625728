"""The JPEG fast path: equal to Pillow, scaled within a tolerance, and as far as a cut file goes."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from catordog.errors import ImageDecodeError, ImageTooLargeError
from catordog.images.decode import decode_image
from catordog.images.jpeg import decode_jpeg
from catordog.images.picture import DecodeLimits
from catordog.images.preprocess import PreprocessSpec, preprocess

Encode = Callable[..., bytes]

MAX_SCALED_DIFFERENCE = 3.0
"""Mean absolute difference, of 255, that decoding at a smaller scale may make at the target size:
to a drawn picture of slow waves, and to real photos on average."""

MAX_SCALED_DIFFERENCE_OF_ONE = 8.0
"""The same, to any one real photo; the largest are of fur and grass in full detail."""


def open_with_pillow(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def mean_difference(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


def scaled_difference(data: bytes, size_px: int) -> float:
    spec = PreprocessSpec(size_px=size_px)
    scaled = decode_image(data, target_px=size_px)
    whole = decode_image(data)
    assert (scaled.width, scaled.height) == (whole.width, whole.height)
    assert size_px <= min(scaled.pixels.shape[:2]) < min(whole.pixels.shape[:2])
    return mean_difference(preprocess(scaled.pixels, spec), preprocess(whole.pixels, spec))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_unscaled_pixels_equal_pillows(
    subsampling: str, progressive: bool, img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    data = encode(img_waves_w640_h480, "JPEG", subsampling=subsampling, progressive=progressive)
    decoded = decode_jpeg(data, None, DecodeLimits())
    assert decoded is not None
    np.testing.assert_array_equal(decoded.pixels, open_with_pillow(data))


def test_unscaled_grey_equals_pillows(img_waves_w640_h480: Image.Image, encode: Encode) -> None:
    data = encode(img_waves_w640_h480.convert("L"), "JPEG")
    decoded = decode_jpeg(data, None, DecodeLimits())
    assert decoded is not None
    np.testing.assert_array_equal(decoded.pixels, open_with_pillow(data))


def test_inks_are_left_to_pillow_and_come_out_as_the_colours_they_were(
    img_waves_w640_h480: Image.Image, encode: Encode, encode_ycck: Callable[..., bytes]
) -> None:
    cmyk = encode(img_waves_w640_h480.convert("CMYK"), "JPEG", quality=95)
    for data in (cmyk, encode_ycck(img_waves_w640_h480)):
        assert decode_jpeg(data, None, DecodeLimits()) is None
        decoded = decode_image(data)
        np.testing.assert_array_equal(decoded.pixels, open_with_pillow(data))
        assert mean_difference(decoded.pixels, np.asarray(img_waves_w640_h480)) < 4


@pytest.mark.parametrize("size_px", [60, 100, 224, 240])
@pytest.mark.parametrize("progressive", [False, True])
def test_scaled_decoding_stays_close_after_resizing(
    size_px: int, progressive: bool, img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    data = encode(img_waves_w640_h480, "JPEG", quality=90, progressive=progressive)
    assert scaled_difference(data, size_px) <= MAX_SCALED_DIFFERENCE


@pytest.mark.parametrize("target_px", [480, 500, 5000])
def test_photo_no_larger_than_the_target_is_not_scaled(
    target_px: int, img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    data = encode(img_waves_w640_h480, "JPEG")
    assert decode_image(data, target_px=target_px).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("target_px", [None, 100])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("percent", [10, 50, 90])
def test_cut_jpeg_is_answered_from_the_part_there_is(
    percent: int,
    progressive: bool,
    target_px: int | None,
    img_waves_w640_h480: Image.Image,
    encode: Encode,
) -> None:
    data = encode(img_waves_w640_h480, "JPEG", quality=95, progressive=progressive)
    decoded = decode_image(data[: len(data) * percent // 100], target_px=target_px)
    whole = decode_image(data, target_px=target_px)
    assert decoded.truncated
    assert decoded.warning.startswith("truncated: the photo is cut short")
    assert (decoded.width, decoded.height) == (640, 480)
    assert decoded.pixels.shape == whole.pixels.shape
    if not progressive:  # half of the rows that the bytes make up, to be on the safe side
        rows = len(whole.pixels) * percent // 200
        np.testing.assert_array_equal(decoded.pixels[:rows], whole.pixels[:rows])


def test_cut_cmyk_jpeg_is_answered_from_the_part_there_is(
    img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    data = encode(img_waves_w640_h480.convert("CMYK"), "JPEG", quality=95)
    decoded = decode_image(data[: len(data) // 2])
    assert decoded.truncated
    assert (decoded.width, decoded.height) == (640, 480)
    np.testing.assert_array_equal(decoded.pixels[:160], decode_image(data).pixels[:160])


def test_cut_before_the_first_pixel_is_an_error(jpeg_quadrants: bytes) -> None:
    start_of_scan = jpeg_quadrants.index(b"\xff\xda")
    for size in (3, 20, start_of_scan, start_of_scan + 10):
        with pytest.raises(ImageDecodeError, match=r"^Cannot decode the photo: expected "):
            decode_image(jpeg_quadrants[:size])


def test_a_thumbnail_does_not_hide_that_the_photo_is_cut(
    img_waves_w640_h480: Image.Image, encode: Encode, exif_block: Callable[[int], bytes]
) -> None:
    thumbnail = encode(img_waves_w640_h480.resize((80, 60)), "JPEG")
    data = encode(img_waves_w640_h480, "JPEG", exif=exif_block(6) + thumbnail)
    decoded = decode_image(data[:-500])
    assert decoded.truncated
    assert (decoded.width, decoded.height) == (480, 640)


@pytest.mark.parametrize("end", [b"\0" * 100, b"\xff\xd9 more", b"\xff\xd8\xff\xda", b"\n"])
def test_bytes_after_the_end_are_no_damage(jpeg_quadrants: bytes, end: bytes) -> None:
    decoded = decode_image(jpeg_quadrants + end)
    assert (decoded.warning, decoded.truncated) == ("", False)
    np.testing.assert_array_equal(decoded.pixels, decode_image(jpeg_quadrants).pixels)


def test_flipped_bits_are_called_damage(img_waves_w640_h480: Image.Image, encode: Encode) -> None:
    data = bytearray(encode(img_waves_w640_h480, "JPEG", quality=95))
    for at in range(len(data) // 3, len(data) // 2, 20):
        data[at] ^= 0x55
    decoded = decode_image(bytes(data))
    assert decoded.warning.startswith("damaged: ")
    assert not decoded.truncated
    assert decoded.pixels.shape == (480, 640, 3)


def test_an_unknown_jfif_revision_is_no_damage(jpeg_quadrants: bytes) -> None:
    assert jpeg_quadrants[6:11] == b"JFIF\0"
    data = jpeg_quadrants[:11] + b"\x09\x09" + jpeg_quadrants[13:]
    assert decode_image(data).warning == ""


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0" + bytes(100),
        b"Exif\0\0" * 99,
    ],
)
def test_damaged_exif_does_not_fail_the_photo(
    exif: bytes, img_quadrants_w64_h48: Image.Image, encode: Encode
) -> None:
    decoded = decode_image(encode(img_quadrants_w64_h48, "JPEG", exif=exif))
    assert (decoded.width, decoded.height, decoded.warning) == (64, 48, "")


def test_exif_is_found_behind_large_segments(
    jpeg_quadrants: bytes, exif_block: Callable[[int], bytes]
) -> None:
    comment = b"\xff\xfe" + struct.pack(">H", 60_002) + bytes(60_000)
    block = exif_block(6)
    exif = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    decoded = decode_image(jpeg_quadrants[:2] + 5 * comment + exif + jpeg_quadrants[2:])
    assert (decoded.width, decoded.height) == (48, 64)


def test_absurdly_many_scans_are_refused(encode: Encode) -> None:
    data = encode(Image.new("RGB", (4000, 3000)), "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    last_scan = data[data.rfind(b"\xff\xda") : -2]
    message = f"received {scans + 100} layers of 4000x3000 pixels. Save it anew as a baseline JPEG"
    with pytest.raises(ImageTooLargeError, match=message):
        decode_image(data[:-2] + last_scan * 100 + data[-2:])
    assert decode_image(data, target_px=64).warning == ""


@pytest.mark.data
def test_scaled_decoding_of_real_photos_stays_close() -> None:
    size_px = 160
    differences: list[float] = []
    with zipfile.ZipFile(Path(os.environ["CATORDOG_DATA"]) / "kaggle" / "train.zip") as archive:
        for name in archive.namelist():
            data = archive.read(name) if name.endswith(".jpg") else b""
            if not data or min(Image.open(io.BytesIO(data)).size) < 2 * size_px:
                continue
            differences.append(scaled_difference(data, size_px))
            if len(differences) == 200:
                break
    assert len(differences) == 200
    assert np.mean(differences) <= MAX_SCALED_DIFFERENCE
    assert max(differences) <= MAX_SCALED_DIFFERENCE_OF_ONE
