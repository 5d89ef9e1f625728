"""Tells what bytes are from how they begin. Names and suffixes play no part."""

from __future__ import annotations

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\0\0\0\x0cjP  ", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    *((4, b"ftyp" + brand, "HEIF") for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis")),
    *((4, b"ftyp" + brand, "HEIF") for brand in (b"hevx", b"mif1", b"msf1")),
    *((0, magic, "PPM") for magic in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")),
)

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "a video (MP4 or MOV)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (MKV or WebM)"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"),
)

_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"{", "JSON text"),
    (b"[", "JSON text"),
)

HEAD_BYTES = 64
"""How many bytes from the start the functions here need."""


def sniff_format(head: bytes) -> str | None:
    """Names the picture format that bytes begin with, in Pillow's words; None if it is none.

    Args:
        head: the first `HEAD_BYTES` bytes, or all there are.

    Example:
        >>> sniff_format(b"GIF89a"), sniff_format(b"hello")
        ('GIF', None)
    """
    return next((name for at, magic, name in _SIGNATURES if head.startswith(magic, at)), None)


def describe(data: bytes) -> str:
    """Says in a few words what bytes are that turned out to be no usable picture.

    Example:
        >>> describe(b"<html><body>404"), describe(b"")
        ('an HTML page', 'zero bytes')
    """
    if not data:
        return "zero bytes"
    head = data[:HEAD_BYTES]
    if name := sniff_format(head):
        return f"a {name} file that is damaged ({len(data)} bytes)"
    for at, magic, words in _OTHERS:
        if head.startswith(magic, at):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, words in _TEXTS:
        if text.startswith(magic):
            return words
    kind = "text" if text and _is_text(head) else "no format catordog knows"
    return f"{kind} ({len(data)} bytes)"


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in head)
