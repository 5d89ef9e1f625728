"""Tells what bytes are from how they begin. Names and suffixes play no part."""

from __future__ import annotations

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"\0\0\0\x0cjP  ", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
)
"""Where a format's mark stands, the mark, and the format in Pillow's words."""

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypcrx", "a raw camera photo (CR3)"),
    (4, b"ftypqt", "a video (MOV)"),
    (4, b"ftyp", "a video (MP4)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (MKV or WebM)"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"8BPS", "a Photoshop document (PSD)"),
    (0, b"%!PS", "a PostScript document (EPS)"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document (EPS)"),
    (0, b"\0\0\1\0", "an icon (ICO)"),
    (0, b"DDS ", "a texture (DDS)"),
    (0, b"SIMPLE  =", "an astronomical picture (FITS)"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    *((0, magic, "a PPM picture") for magic in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")),
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

HEAD_BYTES = 512
"""How many bytes from the start the functions here look at."""


def sniff_format(head: bytes) -> str | None:
    """Names the picture format that bytes begin with, in Pillow's words; None if it is none.

    These are all the formats catordog decodes. Left out are pictures nobody takes with a camera,
    and those whose parsers are not fit for strangers' files: EPS and WMF start other programs,
    PPM is partly read in Python, ICO holds further pictures, TGA cannot be told by its content.

    Args:
        head: the first `HEAD_BYTES` bytes, or all there are.

    Example:
        >>> sniff_format(b"GIF89a"), sniff_format(b"hello")
        ('GIF', None)
    """
    for at, magic, name in _SIGNATURES:
        if head.startswith(magic, at):
            return name
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    return None


def _sniff_brands(head: bytes) -> str | None:
    """Tells AVIF and HEIC, which share a container with MP4, by the brands they claim."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    main = head[8:12]
    claimed = {main, *(head[at : at + 4] for at in range(16, end, 4))}
    if main in _AVIF_BRANDS or (main in _HEIF_BRANDS and claimed & _AVIF_BRANDS):
        return "AVIF"
    return "HEIF" if main in _HEIF_BRANDS else None


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
        article = "an" if name == "AVIF" else "a"
        return f"{article} {name} file that is damaged or unusual ({len(data)} bytes)"
    for at, magic, words in _OTHERS:
        if head.startswith(magic, at):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, words in _TEXTS:
        if text.startswith(magic):
            return words
    kind = "text" if _is_text(head) else "bytes of no format catordog knows"
    return f"{kind} ({len(data)} bytes)"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as exc:
        if exc.start < len(head) - 3:  # else a character cut in two where the head ends
            return False
        text = head[: exc.start].decode("utf-8")
    return bool(text) and all(char.isprintable() or char in "\t\r\n\f" for char in text)
