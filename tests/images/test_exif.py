from __future__ import annotations

import struct

import pytest

from catordog.images.exif import read_exif_orientation


def block(order: str, *tags: tuple[int, int, int], header: bytes = b"Exif\0\0") -> bytes:
    """Writes tags, each with its number, type and value, in one directory."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(tags))
    entries = (
        struct.pack(order + "HHI", tag, kind, 1)
        + (struct.pack(order + "Hxx", value) if kind == 3 else struct.pack(order + "I", value))
        for tag, kind, value in tags
    )
    return header + start + b"".join(entries) + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("header", [b"Exif\0\0", b""])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read(order: str, header: bytes, orientation: int) -> None:
    other = (0x010F, 3, 7)
    assert (
        read_exif_orientation(block(order, (0x0112, 3, orientation), header=header)) == orientation
    )
    # Some cameras write a long integer.
    exif = block(order, other, (0x0112, 4, orientation), header=header)
    assert read_exif_orientation(exif) == orientation


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"not EXIF at all",
        block("<", (0x010F, 3, 6)),
        block("<", (0x0112, 3, 0)),
        block("<", (0x0112, 3, 9)),
        block("<", (0x0112, 2, 6)),  # as text
        b"Exif\0\0II*\0" + struct.pack("<I", 2**32 - 1),
        b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 65535),
    ],
)
def test_without_a_readable_orientation_the_photo_is_upright(exif: bytes) -> None:
    assert read_exif_orientation(exif) == 1


def test_no_cut_of_the_block_fails() -> None:
    exif = block(">", (0x010F, 3, 7), (0x0112, 3, 8))
    answers = {read_exif_orientation(exif[:size]) for size in range(len(exif) + 1)}
    assert answers == {1, 8}
