from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from catordog.images.sniffing import HEAD_BYTES, describe, sniff_format


def test_each_format_is_told_by_its_content(every_format: Mapping[str, Any]) -> None:
    told = {name: sniff_format(photo.data[:HEAD_BYTES]) for name, photo in every_format.items()}
    assert told == {name: photo.format for name, photo in every_format.items()}


def brands(main: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + main + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (brands(b"avif"), "AVIF"),
        (brands(b"avis", b"msf1"), "AVIF"),
        (brands(b"mif1", b"miaf", b"avif"), "AVIF"),
        (brands(b"heic", b"mif1"), "HEIF"),
        (brands(b"mif1", b"heic"), "HEIF"),
        (brands(b"isom", b"avif"), None),  # a video
        (brands(b"heic") + b"avif", "HEIF"),  # behind the end of the brands
        (b"BM" + bytes(12) + b"\x28", "BMP"),
        (b"BMW is a car maker", None),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_the_start_of_the_file_decides(head: bytes, expected: str | None) -> None:
    assert sniff_format(head) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "zero bytes"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf\n <HTML>", "an HTML page"),
        (b'{"error": 404}', "JSON text"),
        (b"[1, 2]", "JSON text"),
        (b"<svg xmlns='x'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>", "an XML document"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "a Git LFS pointer (run `git lfs pull`)",
        ),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\0\0\0\x18ftypmp42", "a video (MP4)"),
        (b"\0\0\0\x18ftypqt  ", "a video (MOV)"),
        (b"\0" * 257 + b"ustar", "a tar archive"),
        (b"hello", "text (5 bytes)"),
        ("Grüße".encode() * 100, "text (700 bytes)"),
        (b"a" * (HEAD_BYTES - 1) + "ü".encode(), "text (513 bytes)"),  # the head cuts ü in two
        (b"\x01\x02\xfe\xff", "bytes of no format catordog knows (4 bytes)"),
        (b"GIF89a", "a GIF file that is damaged or unusual (6 bytes)"),
        (brands(b"avif"), "an AVIF file that is damaged or unusual (16 bytes)"),
    ],
)
def test_describe_says_what_it_is_instead(data: bytes, expected: str) -> None:
    assert describe(data) == expected
