"""Writes a file whole or not at all: whoever reads it sees the old one or the new one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_MOST_OF_NAME = 50
"""Characters of a file's name in its scratch file's: names may be no longer than 255 bytes."""


@contextmanager
def write_whole(path: Path, *, text: bool = False) -> Iterator[IO[Any]]:
    """Opens a file that takes the place of `path` when the block ends without an error.

    Args:
        path: of the file; its folder is made if need be.
        text: UTF-8, lines as written, bytes of file names that are not UTF-8 kept; else binary.

    Raises:
        OSError: it cannot be written. What was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.parent / f".{path.name[:_MOST_OF_NAME]}-{secrets.token_hex(8)}"
    # Not by `tempfile`, whose files are for their owner only: this one is as any other new file.
    options: dict[str, Any] = (
        {"newline": "", "encoding": "utf-8", "errors": "surrogateescape"} if text else {}
    )
    try:
        with scratch.open("x" if text else "xb", **options) as file:
            yield file
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Makes new and changed names in a folder outlast a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
