"""What the disk says: how much fits, and why something cannot be written."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catordog.errors import OutputError

__all__ = ["bytes_below", "check_space", "is_disk_error", "make_folder", "writing"]

_DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
)


def is_disk_error(exc: BaseException) -> bool:
    """Tells whether an error, or one that led to it, came from the disk and not the network."""
    link: BaseException | None = exc
    while link is not None:
        if isinstance(link, OSError) and link.errno in _DISK_ERRORS:
            return True
        link = link.__cause__ or link.__context__
    return "No space left" in str(exc)


@contextmanager
def writing(path: Path, kept: str = "") -> Iterator[None]:
    """Turns what the disk says while `path` is written into one clear error.

    Args:
        path: what is being written.
        kept: what becomes of it, for the message.

    Raises:
        OutputError: the disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{path}': expected a folder with room, received '{exc.strerror or exc}'."
            f"{kept and ' ' + kept} Make room or choose another --out, and run the same command."
        ) from exc


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it.

    Raises:
        OutputError: it cannot be made, or a file has its name; choose another.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuses to begin what cannot end.

    Args:
        folder: exists, on the disk in question.
        needed_bytes: what is still to be written.

    Raises:
        OutputError: less is free; make room, or choose a folder on another disk.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise OutputError(
            f"Cannot download to '{folder}': expected {needed_bytes / 1e6:,.0f} MB free on its "
            f"disk, received {free_bytes / 1e6:,.0f} MB. Make room or choose another --out."
        )


def bytes_below(folder: Path) -> int:
    """Adds up the sizes of the files in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
