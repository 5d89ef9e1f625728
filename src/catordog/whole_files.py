"""Writes a file whole or not at all: whoever reads it sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


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
    with tempfile.NamedTemporaryFile(
        "w" if text else "wb",
        dir=path.parent,
        prefix=f".{path.name}-",
        delete=False,
        newline="" if text else None,
        encoding="utf-8" if text else None,
        errors="surrogateescape" if text else None,
    ) as file:
        scratch = Path(file.name)
        try:
            yield file
            file.flush()
            scratch.chmod(0o666 & ~_umask())  # as any other new file, not for its owner only
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise


def _umask() -> int:
    """Returns the process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
