"""Reads a photo's bytes off the disk, within limits."""

from __future__ import annotations

import stat
from pathlib import Path

from catordog.errors import ImageReadError, ImageTooLargeError
from catordog.images.picture import DecodeLimits


def read_photo(path: str | Path, limits: DecodeLimits = DecodeLimits()) -> bytes:
    """Reads one file.

    Args:
        path: a regular file; devices and pipes, which may never end, are refused.
        limits: only `max_bytes` counts here.

    Raises:
        ImageReadError: there is no such file, it may not be read, or it is no regular file.
        ImageTooLargeError: it is over `limits.max_bytes`; nothing was read.
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise ImageReadError(
                f"Cannot read '{path}': expected a photo, received {kind}. Name a file."
            )
        if status.st_size > limits.max_bytes:
            raise ImageTooLargeError(
                f"Cannot read '{path}': expected at most {limits.max_bytes} bytes, received "
                f"{status.st_size}. Save it smaller, or raise DecodeLimits.max_bytes."
            )
        return Path(path).read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a NUL byte in the path
        reason = getattr(exc, "strerror", None) or exc
        raise ImageReadError(
            f"Cannot read '{path}': expected a photo, received: {reason}. Check the path and "
            "its permissions."
        ) from exc
