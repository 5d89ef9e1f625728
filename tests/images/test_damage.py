"""Rarer ways in which a file or the machine fails `decode_image`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image

from catordog.errors import ImageDecodeError, ImageTooLargeError
from catordog.images.decode import decode_image

Encode = Callable[..., bytes]


def test_memory_that_runs_out_is_an_error_of_this_photo(
    monkeypatch: pytest.MonkeyPatch, encode: Encode
) -> None:
    def fail(_image: Image.Image) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr("catordog.images.decode.convert_upright", fail)
    with pytest.raises(ImageTooLargeError, match="expected memory enough for its pixels") as info:
        decode_image(encode(Image.new("RGB", (9, 9)), "PNG"))
    assert isinstance(info.value.__cause__, MemoryError)


def test_picture_over_pillows_own_limit_decodes_without_warning(
    monkeypatch: pytest.MonkeyPatch, img_quadrants_w64_h48: Image.Image, encode: Encode
) -> None:
    data = encode(img_quadrants_w64_h48, "GIF")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert decode_image(data).width == 64


def test_gif_frame_beyond_its_screen_and_pillows_limit_is_too_large(
    monkeypatch: pytest.MonkeyPatch, img_quadrants_w64_h48: Image.Image, encode: Encode
) -> None:
    data = bytearray(encode(img_quadrants_w64_h48, "GIF"))
    data[6:10] = b"\2\0\2\0"  # the screen, smaller than its frame
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageTooLargeError, match="more in one of its frames"):
        decode_image(bytes(data))


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg"])
def test_compressed_tiff_full_of_nonsense_prints_nothing(
    compression: str,
    capfd: pytest.CaptureFixture[str],
    img_waves_w640_h480: Image.Image,
    encode: Encode,
) -> None:
    data = bytearray(encode(img_waves_w640_h480, "TIFF", compression=compression))
    data[1000:3000] = np.random.default_rng(0).bytes(2000)
    with pytest.raises(ImageDecodeError, match="a TIFF file that is damaged"):
        decode_image(bytes(data[:6000]))
    assert capfd.readouterr() == ("", "")
