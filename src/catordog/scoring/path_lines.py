"""Reads a list of paths that another program wrote, such as `find` or `git ls-files`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK_BYTES = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_paths(stream: BinaryIO) -> Iterator[str]:
    r"""Yields the paths in a stream, one a line, or one before each NUL byte if there is any.

    Carriage returns at the ends of lines and empty lines are left out. Which of the two it is,
    the first 64 KiB say.

    Example:
        >>> import io
        >>> list(read_paths(io.BytesIO(b"a.jpg\r\n\nb c.jpg")))
        ['a.jpg', 'b c.jpg']
        >>> list(read_paths(io.BytesIO(b"a\nb.jpg\0c.jpg\0")))
        ['a\nb.jpg', 'c.jpg']
    """
    block = stream.read(_BLOCK_BYTES).removeprefix(_BYTE_ORDER_MARK)
    separator, line_end = (b"\0", b"") if b"\0" in block else (b"\n", b"\r")
    rest = b""
    while block:
        *paths, rest = (rest + block).split(separator)
        yield from _decode(paths, line_end)
        block = stream.read(_BLOCK_BYTES)
    yield from _decode([rest], line_end)


def _decode(paths: list[bytes], line_end: bytes) -> Iterator[str]:
    for path in paths:
        if path := path.removesuffix(line_end):
            yield os.fsdecode(path)
