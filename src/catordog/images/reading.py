"""Reads a photo's bytes off the disk, within limits."""

from __future__ import annotations

import stat
from pathlib import Path

from catordog.errors import ImageReadError
from catordog.images.picture import DecodeLimits


def read_photo(path: str | Path, limits: DecodeLimits = DecodeLimits()) -> bytes:
    """Reads one file.

    Args:
        path: a regular file; devices and pipes, which may never end, are refused.
        limits: only `max_bytes` counts here.

    Raises:
        ImageReadError: there is no such file, it may not be read, or it is no regular file.
        ImageTooLargeError: it is over `limits.max_bytes`; at most one byte more was read.
    """
    name = repr(str(path))
    try:
        # Asked before opening: to open a pipe is to wait for whoever writes into it.
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
            raise ImageReadError(
                f"Cannot read {name}: expected a file, received {kind}. Name a photo's file."
            )
        limits.check_bytes(status.st_size, name=name)
        with Path(path).open("rb") as file:
            data = file.read(limits.max_bytes + 1)  # the file may have grown meanwhile
    except (OSError, ValueError) as exc:  # ValueError: a NUL byte in the path
        raise cannot_read(path, exc) from exc
    limits.check_bytes(len(data), name=name)
    return data


def cannot_read(path: str | Path, exc: OSError | ValueError) -> ImageReadError:
    """Returns the error for a file that the system refuses, or whose path holds a NUL byte."""
    reason = getattr(exc, "strerror", None) or exc
    return ImageReadError(
        f"Cannot read {str(path)!r}: expected a photo's file, received: {reason}. Check the path "
        "and its permissions."
    )
