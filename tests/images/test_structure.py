"""Files of valid headers and absurd inner structure are refused before they cost time."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PIL import Image

from catordog.errors import ImageDecodeError
from catordog.images.decode import decode_image


@contextmanager
def refused(message: str, *, within_s: float = 0.5) -> Iterator[None]:
    started = time.thread_time()
    with pytest.raises(ImageDecodeError, match=f"^Cannot decode the photo: expected {message}"):
        yield
    assert time.thread_time() - started < within_s


def tiff(*tags: tuple[int, int, int]) -> bytes:
    """Writes a TIFF's directory: each tag's number, type and count of values."""
    entries = b"".join(struct.pack("<HHII", tag, kind, count, 8) for tag, kind, count in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def test_a_png_of_a_hundred_thousand_chunks_is_refused(
    img_quadrants_w64_h48: Image.Image, encode: Callable[..., bytes]
) -> None:
    data = encode(img_quadrants_w64_h48, "PNG")
    empty = b"\0\0\0\0IDAT\x35\xaf\x06\x1e"
    at = data.index(b"IDAT") - 4
    with refused("at most 100000 chunks in a PNG, received more. Save it anew"):
        decode_image(data[:at] + empty * 100_001 + data[at:])
    assert decode_image(data[:at] + empty * 100 + data[at:]).warning == ""


def test_a_tiff_of_thousands_of_tags_is_refused() -> None:
    with refused("at most 4096 tags in a TIFF, received more"):
        decode_image(tiff(*((40_000 + index, 1, 1) for index in range(4097))))


def test_a_tiff_tag_of_a_million_numbers_is_refused() -> None:
    with refused("at most 200000 values in a TIFF's tag, received 1000000"):
        decode_image(tiff((273, 4, 1_000_000)))


def test_tiff_tags_that_overlap_are_refused() -> None:
    data = tiff(*((40_000 + index, 1, 5_000) for index in range(100)))
    with refused(r"a TIFF's tags within its bytes, received 500000 bytes of tags"):
        decode_image(data + bytes(5_000))


def test_a_large_run_length_bmp_is_refused() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 3000, 3000, 1, 8, 1, 0, 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024)
    with refused("at most 4194304 bytes in a run-length BMP, received 5001078"):
        decode_image(data + b"\1\0" * 2_500_000)


@pytest.mark.parametrize("end", [8, 9, 10, 12, 22])
def test_a_tiff_that_ends_in_its_directory_is_left_to_the_decoder(end: int) -> None:
    with refused("JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC, received a TIFF file that is"):
        decode_image(tiff((256, 3, 1), (257, 3, 1))[:end])
