from __future__ import annotations

import os
import random
import struct
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from catordog.errors import CatOrDogError, ImageDecodeError, ImageTooLargeError
from catordog.images.decode import decode_image
from catordog.images.picture import DecodeLimits
from catordog.images.reading import read_photo

Encode = Callable[..., bytes]

COLOURS = {"R": (255, 0, 0), "G": (0, 255, 0), "B": (0, 0, 255), "Y": (255, 255, 0)}

# Where the corners of the stored quadrants R G / B Y are to be seen, row by row, by the table in
# EXIF 2.32, tag 0x0112: 2 to 4 turn and mirror, 5 to 8 also swap the sides.
UPRIGHT = {1: "RGBY", 2: "GRYB", 3: "YBGR", 4: "BYRG", 5: "RBGY", 6: "BRYG", 7: "YGBR", 8: "GYRB"}


def corners(pixels: np.ndarray) -> np.ndarray:
    return pixels[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)


def test_pixels_are_right_in_each_format(quadrants_in_each_format: Any) -> None:
    photo = quadrants_in_each_format
    decoded = decode_image(photo.data)
    assert decoded.pixels.shape == (48, 64, 3)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.flags.c_contiguous
    assert (decoded.width, decoded.height, decoded.format) == (64, 48, photo.format)
    assert (decoded.warning, decoded.truncated) == ("", False)
    assert abs(corners(decoded.pixels) - photo.corners).max() <= photo.off


def test_lossless_formats_give_every_pixel(
    img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    image = img_waves_w640_h480.resize((97, 61))
    ways: Mapping[str, dict[str, Any]] = {
        "PNG": {},
        "BMP": {},
        "TIFF": {"compression": "tiff_deflate"},
        "WEBP": {"lossless": True},
        "JPEG2000": {},
    }
    for kind, options in ways.items():
        decoded = decode_image(encode(image, kind, **options))
        np.testing.assert_array_equal(decoded.pixels, np.asarray(image), err_msg=kind)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize(
    ("kind", "options", "off"),
    [
        ("JPEG", {"quality": 95}, 3),
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("TIFF", {}, 0),
        ("AVIF", {"quality": 95}, 8),
    ],
)
def test_each_orientation_is_turned_upright(
    orientation: int,
    kind: str,
    options: dict[str, Any],
    off: int,
    img_quadrants_w64_h48: Image.Image,
    encode: Encode,
    exif_block: Callable[[int], bytes],
) -> None:
    data = encode(img_quadrants_w64_h48, kind, exif=exif_block(orientation), **options)
    for target_px in (None, 12):
        decoded = decode_image(data, target_px=target_px)
        assert (decoded.width, decoded.height) == ((48, 64) if orientation > 4 else (64, 48))
        is_upright_format = decoded.pixels.shape[0] > decoded.pixels.shape[1]
        assert is_upright_format == (orientation > 4)
        expected = [COLOURS[name] for name in UPRIGHT[orientation]]
        assert abs(corners(decoded.pixels) - expected).max() <= off
        assert decoded.pixels.flags.c_contiguous


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_out_of_range_counts_as_upright(
    orientation: int,
    img_quadrants_w64_h48: Image.Image,
    encode: Encode,
    exif_block: Callable[[int], bytes],
) -> None:
    for kind in ("JPEG", "PNG"):
        data = encode(img_quadrants_w64_h48, kind, exif=exif_block(orientation))
        assert decode_image(data).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("stored", "told"), [(None, 1), *((n, n) for n in UPRIGHT), (0, 1), (9, 1), (65535, 1)]
)
@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("WEBP", "RGB")],
)
def test_orientation_it_was_stored_in_is_told(
    stored: int | None,
    told: int,
    kind: str,
    mode: str,
    img_quadrants_w64_h48: Image.Image,
    encode: Encode,
    exif_block: Callable[[int], bytes],
) -> None:
    options = {} if stored is None else {"exif": exif_block(stored)}
    data = encode(img_quadrants_w64_h48.convert(mode), kind, **options)
    assert decode_image(data).orientation == told
    assert decode_image(data, target_px=12).orientation == told


def test_content_beats_the_suffix(every_format: Mapping[str, Any], tmp_path: Path) -> None:
    for name, photo in every_format.items():
        path = tmp_path / ("photo.png" if photo.format == "JPEG" else "photo.jpg")
        path.write_bytes(photo.data)
        assert decode_image(read_photo(path)).format == photo.format, name


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_a_file_cut_in_the_middle_keeps_the_rows_there_are(
    kind: str, img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    options = {"interlace": 0} if kind == "GIF" else {}  # else its rows come in another order
    data = encode(img_waves_w640_h480, kind, **options)
    decoded = decode_image(data[: len(data) // 2])
    whole = decode_image(data).pixels
    assert decoded.truncated
    assert decoded.warning.startswith("truncated: the photo is cut short")
    assert (decoded.width, decoded.height) == (640, 480)
    rows = slice(-120, None) if kind == "BMP" else slice(120)  # BMP begins with the last row
    np.testing.assert_array_equal(decoded.pixels[rows], whole[rows])


@pytest.mark.parametrize("name", ["webp-lossless", "avif", "tiff-lzw", "jpeg2000", "heic"])
def test_a_cut_file_whose_rows_cannot_be_kept_is_an_error(
    name: str, every_format: Mapping[str, Any]
) -> None:
    if name not in every_format:
        pytest.skip("catordog's heic extra is not installed")
    data = every_format[name].data
    with pytest.raises(ImageDecodeError, match="file that is damaged or unusual"):
        decode_image(data[: len(data) // 2])


@pytest.mark.parametrize("rows", [0, 3])
def test_a_file_cut_before_its_pixels_is_an_error(
    rows: int, img_waves_w640_h480: Image.Image, encode: Encode
) -> None:
    size = 54 + rows * 640 * 3
    data = encode(img_waves_w640_h480, "BMP")[:size]
    message = (
        rf"^Cannot decode the photo: expected a whole BMP, received one that ends after {size} "
        r"bytes, before its pixels\. Fetch it again\.$"
    )
    with pytest.raises(ImageDecodeError, match=message):
        decode_image(data)


@pytest.mark.parametrize("stray", [b"\n", b"\r\n\r\n", b"\0" * 16])
def test_stray_bytes_before_a_jpeg_are_stepped_over(stray: bytes, jpeg_quadrants: bytes) -> None:
    decoded = decode_image(stray + jpeg_quadrants)
    np.testing.assert_array_equal(decoded.pixels, decode_image(jpeg_quadrants).pixels)
    assert decoded.warning == f"damaged: {len(stray)} stray bytes before the photo"
    assert not decoded.truncated
    cut = decode_image((stray + jpeg_quadrants)[:-100])
    assert cut.warning.startswith("truncated: ")


def test_many_bytes_before_a_jpeg_make_it_none(jpeg_quadrants: bytes) -> None:
    with pytest.raises(ImageDecodeError, match="bytes of no format catordog knows"):
        decode_image(b"\x01" * 17 + jpeg_quadrants)


@pytest.mark.parametrize("name", ["png-rgb", "gif", "webp-lossless", "bmp", "tiff", "avif"])
def test_bytes_after_the_end_are_no_damage(name: str, every_format: Mapping[str, Any]) -> None:
    data = every_format[name].data
    decoded = decode_image(data + b"\0appended\n" * 10)
    assert (decoded.warning, decoded.truncated) == ("", False)
    np.testing.assert_array_equal(decoded.pixels, decode_image(data).pixels)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "zero bytes"),
        (b"<!doctype html><title>404", "an HTML page"),
        (b'{"error": "not found"}', "JSON text"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n",
            r"a Git LFS pointer \(run `git lfs pull`\)",
        ),
        (random.Random(0).randbytes(1000), r"bytes of no format catordog knows \(1000 bytes\)"),
        (
            b"\xff\xd8\xff\xe0" + bytes(600),
            r"a JPEG file that is damaged or unusual \(604 bytes\): KeyError",
        ),
    ],
)
def test_what_is_no_photo_is_named(data: bytes, words: str) -> None:
    message = (
        "^Cannot decode the photo: expected JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC, "
        rf"received {words}\. Open it in a viewer, or leave it out\.$"
    )
    with pytest.raises(ImageDecodeError, match=message):
        decode_image(data)


def test_too_many_bytes_are_refused(jpeg_quadrants: bytes) -> None:
    size = len(jpeg_quadrants)
    message = (
        rf"^Cannot decode the photo: expected at most {size - 1} bytes, received {size}\. "
        r"Save it smaller, or raise DecodeLimits\.max_bytes\.$"
    )
    with pytest.raises(ImageTooLargeError, match=message):
        decode_image(jpeg_quadrants, limits=DecodeLimits(max_bytes=size - 1))
    assert decode_image(jpeg_quadrants, limits=DecodeLimits(max_bytes=size)).warning == ""


def test_too_many_pixels_are_refused_in_each_format(quadrants_in_each_format: Any) -> None:
    message = r"at most 3071 pixels, received 64x48\. Scale it down, or raise DecodeLimits\.max_pix"
    with pytest.raises(ImageTooLargeError, match=message):
        decode_image(quadrants_in_each_format.data, limits=DecodeLimits(max_pixels=64 * 48 - 1))
    limits = DecodeLimits(max_pixels=64 * 48)
    assert decode_image(quadrants_in_each_format.data, limits=limits).width == 64


def claim_size(name: str, data: bytes, side: int) -> bytes:
    """Writes another width and height into a file's header."""
    if name == "png-rgb":
        header = b"IHDR" + struct.pack(">II", side, side) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    if name == "gif":
        return data[:6] + struct.pack("<HH", side, side) + data[10:]
    if name == "bmp":
        return data[:18] + struct.pack("<ii", side, side) + data[26:]
    if name == "jpeg2000":
        at = data.index(b"ihdr") + 4
        data = data[:at] + struct.pack(">II", side, side) + data[at + 8 :]
        at = data.index(b"\xff\x51") + 6
        return data[:at] + struct.pack(">II", side, side) + data[at + 8 :]
    frame = data.index(b"\xff\xc2" if name == "jpeg-progressive" else b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", side, side) + data[frame + 9 :]


@pytest.mark.parametrize(
    "name",
    [
        "jpeg-baseline",
        "jpeg-progressive",
        "jpeg-inks-inverted-as-adobe-does",
        "png-rgb",
        "gif",
        "bmp",
        "jpeg2000",
    ],
)
def test_a_header_that_claims_too_much_is_refused_at_once(
    name: str, every_format: Mapping[str, Any]
) -> None:
    data = claim_size(name, every_format[name].data, 60_000)
    started = time.thread_time()
    with pytest.raises(ImageTooLargeError, match="received 60000x60000"):
        decode_image(data)
    # Filling the ten gigabytes that this claims would take a second at the very least.
    assert time.thread_time() - started < 0.1


def test_a_small_file_that_claims_the_largest_photo_is_refused_soon(
    every_format: Mapping[str, Any],
) -> None:
    data = claim_size("bmp", every_format["bmp"].data, 9_000)
    started = time.thread_time()
    with pytest.raises(ImageDecodeError, match="before its pixels"):
        decode_image(data)
    assert time.thread_time() - started < 5


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 1)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_side_of_one_pixel_is_refused(kind: str, size: tuple[int, int], encode: Encode) -> None:
    message = rf"sides of at least 2 pixels, received {size[0]}x{size[1]}\. Use the original photo"
    data = encode(Image.new("RGB", size), kind)
    with pytest.raises(ImageDecodeError, match=message):
        decode_image(data)
    assert decode_image(data, limits=DecodeLimits(min_side_px=1)).pixels.shape == (*size[::-1], 3)


def test_heic_without_its_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(
        ImageDecodeError, match=r"expected catordog's 'heic' extra for HEIC, .* pip"
    ):
        decode_image(b"\0\0\0\x10ftypheic\0\0\0\0" + bytes(100))


def damaged_versions(data: bytes, count: int) -> list[bytes]:
    rng = random.Random(len(data))
    versions = [data[: rng.randrange(len(data))] for _ in range(count)]
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 20)):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        versions.append(bytes(changed))
    return versions


def test_damaged_files_print_nothing_and_warn_of_nothing(
    every_format: Mapping[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = {"answer": 0, "error": 0}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for photo in every_format.values():
            for data in damaged_versions(photo.data, 10):
                try:
                    decode_image(data)
                    outcomes["answer"] += 1
                except CatOrDogError:
                    outcomes["error"] += 1
    assert [str(warning.message) for warning in caught] == []
    assert capfd.readouterr() == ("", "")
    assert min(outcomes.values()) > 50


def test_eight_threads_give_the_same_answers_as_one(every_format: Mapping[str, Any]) -> None:
    files = [photo.data for photo in every_format.values()] * 8
    expected = [decode_image(data).pixels for data in files]
    before = threading.active_count()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(decode_image, files))
    assert threading.active_count() == before
    for answer, pixels in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer.pixels, pixels)


FUZZ_EXAMPLES = int(os.environ.get("CATORDOG_FUZZ_EXAMPLES", "0"))
"""Set it to fuzz for longer, at random; without it 200 examples are the same ones each time."""


@settings(
    max_examples=FUZZ_EXAMPLES or 200,
    derandomize=not FUZZ_EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_bytes_give_an_answer_or_our_error(
    data: st.DataObject, every_format: Mapping[str, Any]
) -> None:
    photo = every_format[data.draw(st.sampled_from(sorted(every_format)), label="format")].data
    # Half of the changes hit the first 200 bytes, where the headers are.
    places = st.one_of(st.integers(0, min(199, len(photo) - 1)), st.integers(0, len(photo) - 1))
    changed = bytearray(photo)
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=20)):
        changed[at] = value
    if data.draw(st.booleans(), label="delete some"):
        at = data.draw(places)
        del changed[at : at + data.draw(st.integers(1, 50))]
    if data.draw(st.booleans(), label="cut"):
        del changed[data.draw(places) :]
    target_px = data.draw(st.sampled_from([None, 10]))
    # A changed header may claim much more than the quadrants; this keeps each example short.
    limits = DecodeLimits(max_pixels=4_000_000)
    try:
        decoded = decode_image(bytes(changed), target_px=target_px, limits=limits)
    except CatOrDogError as exc:
        message = str(exc)
        assert message.startswith("Cannot decode the photo: expected ")
        assert message.isprintable()
        assert len(message) < 300
    else:
        assert decoded.pixels.dtype == np.uint8
        assert decoded.pixels.ndim == 3
        assert decoded.pixels.shape[2] == 3
        assert min(decoded.pixels.shape[:2]) >= 2
        assert decoded.width * decoded.height <= limits.max_pixels
