"""Pictures drawn in memory, in every format; each fixture is named for what it shows."""

from __future__ import annotations

import importlib.util
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Corners = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Encoded:
    """A drawn picture's bytes, and what must come out of them.

    Attributes:
        corners: colours at top left, top right, bottom left, bottom right.
        off: how far a colour may be off, of 255; 0 for lossless formats.
    """

    data: bytes
    format: str
    corners: Corners = (RED, GREEN, BLUE, YELLOW)
    off: int = 0


def draw_quadrants(width: int, height: int) -> Image.Image:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = YELLOW
    return Image.fromarray(pixels)


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def build_png(pixels: np.ndarray, *, interlaced: bool = False) -> bytes:
    """Writes what Pillow cannot: 16-bit RGB and Adam7. `pixels`: uint8 or uint16, (H, W, 3)."""
    height, width = pixels.shape[:2]
    depth = 8 * pixels.dtype.itemsize
    steps = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    passes = (*steps, (1, 0, 2, 1)) if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(
        b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes()
        for top, left, down, across in passes
        for row in pixels[top::down, left::across]
        if row.size
    )
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, int(interlaced))
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def save_heic(image: Image.Image) -> bytes:
    heif = pytest.importorskip("pillow_heif", reason="catordog's heic extra is not installed")
    file = io.BytesIO()
    heif.from_pillow(image).save(file, quality=95)
    return file.getvalue()


def _grey(image: Image.Image) -> Corners:
    levels = np.asarray(image.convert("L"))[[0, 0, -1, -1], [0, -1, 0, -1]]
    return tuple((int(v), int(v), int(v)) for v in levels)


def _deep_grey(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def _deep_rgb(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(np.uint16) * 257


def _unit_grey(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.float32) / 255)


def _half_clear_black(image: Image.Image) -> Image.Image:
    return Image.merge("LA", (Image.new("L", image.size, 0), Image.new("L", image.size, 128)))


def _top_left_clear(image: Image.Image) -> Image.Image:
    clear = image.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, image.width // 2, image.height // 2))
    return clear


def _white_then_black(image: Image.Image) -> Image.Image:
    return Image.fromarray(
        (np.arange(image.width) < image.width // 2)[None].repeat(image.height, 0)
    )


def _palette(image: Image.Image) -> Image.Image:
    return image.quantize(4)


def _animation(image: Image.Image) -> dict[str, Any]:
    black = Image.new(image.mode, image.size)
    return {"save_all": True, "append_images": [black], "duration": 100}


_OVER_WHITE: Corners = (WHITE, GREEN, BLUE, YELLOW)

ENCODERS: Mapping[str, Callable[[Image.Image], Encoded]] = {
    "jpeg-baseline": lambda i: Encoded(save(i, "JPEG", quality=95), "JPEG", off=3),
    "jpeg-progressive": lambda i: Encoded(
        save(i, "JPEG", quality=95, progressive=True), "JPEG", off=3
    ),
    "jpeg-grey": lambda i: Encoded(save(i.convert("L"), "JPEG"), "JPEG", _grey(i), off=2),
    "jpeg-inks-inverted-as-adobe-does": lambda i: Encoded(
        save(i.convert("CMYK"), "JPEG", quality=95, subsampling=0), "JPEG", off=3
    ),
    "png-rgb": lambda i: Encoded(save(i, "PNG"), "PNG"),
    "png-rgb-16-bit": lambda i: Encoded(build_png(_deep_rgb(i)), "PNG"),
    "png-interlaced": lambda i: Encoded(build_png(np.asarray(i), interlaced=True), "PNG"),
    "png-grey": lambda i: Encoded(save(i.convert("L"), "PNG"), "PNG", _grey(i)),
    "png-grey-16-bit": lambda i: Encoded(save(_deep_grey(i), "PNG"), "PNG", _grey(i)),
    "png-palette": lambda i: Encoded(save(_palette(i), "PNG"), "PNG"),
    "png-palette-red-clear": lambda i: Encoded(
        save(_palette(i), "PNG", transparency=_palette(i).getpixel((0, 0))), "PNG", _OVER_WHITE
    ),
    "png-rgb-red-clear": lambda i: Encoded(save(i, "PNG", transparency=RED), "PNG", _OVER_WHITE),
    "png-alpha-top-left-clear": lambda i: Encoded(
        save(_top_left_clear(i), "PNG"), "PNG", _OVER_WHITE
    ),
    # Black of which 128/255 covers the white below: 255 - 128 = 127.
    "png-half-clear-black": lambda i: Encoded(
        save(_half_clear_black(i), "PNG"), "PNG", ((127, 127, 127),) * 4
    ),
    "png-one-bit": lambda i: Encoded(
        save(_white_then_black(i), "PNG"), "PNG", (WHITE, BLACK, WHITE, BLACK)
    ),
    "gif": lambda i: Encoded(save(_palette(i), "GIF"), "GIF"),
    "gif-animated": lambda i: Encoded(save(i, "GIF", **_animation(i)), "GIF"),
    "webp-lossless": lambda i: Encoded(save(i, "WEBP", lossless=True), "WEBP"),
    "webp-lossy": lambda i: Encoded(save(i, "WEBP", quality=95), "WEBP", off=8),
    "webp-animated": lambda i: Encoded(save(i, "WEBP", lossless=True, **_animation(i)), "WEBP"),
    "bmp": lambda i: Encoded(save(i, "BMP"), "BMP"),
    "tiff": lambda i: Encoded(save(i, "TIFF"), "TIFF"),
    "tiff-lzw": lambda i: Encoded(save(i, "TIFF", compression="tiff_lzw"), "TIFF"),
    "tiff-two-pages": lambda i: Encoded(save(i, "TIFF", **_animation(i)), "TIFF"),
    "tiff-grey-16-bit": lambda i: Encoded(save(_deep_grey(i), "TIFF"), "TIFF", _grey(i)),
    "tiff-grey-0-to-1": lambda i: Encoded(save(_unit_grey(i), "TIFF"), "TIFF", _grey(i)),
    "tiff-inks": lambda i: Encoded(save(i.convert("CMYK"), "TIFF"), "TIFF"),
    "jpeg2000": lambda i: Encoded(save(i, "JPEG2000"), "JPEG2000"),
    "avif": lambda i: Encoded(save(i, "AVIF", quality=95), "AVIF", off=8),
    "heic": lambda i: Encoded(save_heic(i), "HEIF", off=8),
}


@pytest.fixture(scope="session")
def img_quadrants_w64_h48() -> Image.Image:
    """Red, green; blue, yellow."""
    return draw_quadrants(64, 48)


@pytest.fixture(scope="session", params=ENCODERS)
def quadrants_in_each_format(
    request: pytest.FixtureRequest, img_quadrants_w64_h48: Image.Image
) -> Encoded:
    return ENCODERS[request.param](img_quadrants_w64_h48)


@pytest.fixture(scope="session")
def every_format(img_quadrants_w64_h48: Image.Image) -> Mapping[str, Encoded]:
    """The quadrants in every format, in one table."""
    has_heif = importlib.util.find_spec("pillow_heif") is not None
    return {
        name: encoder(img_quadrants_w64_h48)
        for name, encoder in ENCODERS.items()
        if name != "heic" or has_heif
    }


@pytest.fixture(scope="session")
def jpeg_quadrants(img_quadrants_w64_h48: Image.Image) -> bytes:
    return save(img_quadrants_w64_h48, "JPEG", quality=95)


@pytest.fixture(scope="session")
def img_waves_w640_h480() -> Image.Image:
    """Slow waves of every colour: no edge that decoding at a smaller scale could lose."""
    rows, columns = np.mgrid[:480, :640] / 100
    waves = [np.sin(rows * a + columns * b) for a, b in ((1, 2), (2, -1), (1.5, 1.2))]
    return Image.fromarray((127.5 + 120 * np.stack(waves, axis=2)).astype(np.uint8))


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Saves a picture: `encode(image, "JPEG", quality=90)`."""
    return save


@pytest.fixture(scope="session")
def exif_block() -> Callable[[int], bytes]:
    """Writes an EXIF block that holds an orientation and nothing else."""

    def build(orientation: int) -> bytes:
        exif = Image.Exif()
        exif[0x0112] = orientation
        return b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")

    return build


@pytest.fixture(scope="session")
def encode_ycck() -> Callable[[Image.Image], bytes]:
    """Saves a JPEG as Photoshop does: inks, of which three are stored as brightness and colour."""

    def build(image: Image.Image) -> bytes:
        *inks, black = image.convert("CMYK").split()
        stored = Image.merge("RGB", inks).convert("YCbCr").split()
        # Pillow inverts what it writes as CMYK; the decoder inverts the black alone.
        turned = [band.point(lambda value: 255 - value) for band in stored]
        data = bytearray(save(Image.merge("CMYK", (*turned, black)), "JPEG", quality=95))
        marker = data.index(b"\xff\xee\x00\x0eAdobe")
        data[marker + 15] = 2  # the transform: YCCK
        return bytes(data)

    return build
