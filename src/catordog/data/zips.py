"""Reads members of zip archives in place: within limits, from several threads, in zips in zips."""

from __future__ import annotations

import os
import re
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from catordog.data.inner_zips import open_inner
from catordog.errors import DatasetError, ImageReadError, ImageTooLargeError

_INSIDE_ZIP = re.compile(rf"\.zip(?=[/{re.escape(os.sep)}])", re.IGNORECASE)

_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),  # a method zipfile lacks, a damaged stream
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Zipfile inflates these no further than it is asked to, but others at once: 150 bytes of bzip2
may hold 200 MB, whatever size the archive gives."""


def archives_above(path: str) -> list[str]:
    """Returns each part of a path that ends in `.zip` and has something below it, shortest first.

    Example:
        >>> archives_above("d/a.zip/b.ZIP/c.jpg")
        ['d/a.zip', 'd/a.zip/b.ZIP']
    """
    return [path[: match.end()] for match in _INSIDE_ZIP.finditer(path)]


def open_zip(archive: str) -> zipfile.ZipFile:
    """Opens a zip to list it.

    Raises:
        DatasetError: it is damaged, or no zip.
    """
    try:
        return zipfile.ZipFile(archive)
    except _ZIP_ERRORS as exc:
        raise _no_zip(archive, exc) from exc


def read_head(opened: zipfile.ZipFile, member: str, size: int) -> bytes:
    """Reads the first `size` bytes of a member; none if it cannot be read."""
    if opened.getinfo(member).compress_type not in _METHODS:
        return b""
    try:
        with opened.open(member) as stream:
            return stream.read(size)
    except _ZIP_ERRORS:
        return b""


@dataclass(frozen=True, slots=True)
class _Archive:
    """An open zip, when the file on disk was last changed, and what an inner zip is read from."""

    zip: zipfile.ZipFile
    mtime_ns: int
    inner: IO[bytes] | None = None

    def close(self) -> None:
        self.zip.close()
        if self.inner is not None:
            self.inner.close()


class OpenZips:
    """Zips, and zips inside zips, that are opened once and read from any thread.

    Attributes:
        max_bytes: the largest member to inflate.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        # An inner zip that failed is kept as its error: inflating it again would fail again.
        self._opened: dict[str, _Archive | DatasetError] = {}
        # zipfile counts its open members without a lock of its own: a lost count closes the zip.
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes every zip."""
        with self._lock:
            for opened in self._opened.values():
                if isinstance(opened, _Archive):
                    opened.close()
            self._opened.clear()

    def read(self, archive: str, member: str) -> bytes:
        """Inflates a member.

        Args:
            archive: a zip, or a zip inside one: `dogs-vs-cats.zip/train.zip`.
            member: its name there.

        Raises:
            ImageReadError: the zip or the member is missing or damaged, or it is encrypted.
            ImageTooLargeError: it is over `max_bytes`, by the archive's word or in truth.
        """
        try:
            with self._lock:
                opened = self._open(archive).zip
                info = opened.getinfo(member)
                self._check(archive, info)
                stream = opened.open(info)
            try:
                # The size may be a lie: zipfile stops there, and finds the checksum wrong.
                return stream.read(info.file_size + 1)
            finally:
                with self._lock:
                    stream.close()
        except (KeyError, DatasetError, *_ZIP_ERRORS) as exc:
            raise _cannot_read(archive, member, exc) from exc

    def stamp(self, archive: str, member: str) -> tuple[int, int]:
        """Returns a member's size in bytes, and when the file on disk that holds it last changed.

        The second is in nanoseconds since 1970, as of when the zip was opened: it describes the
        bytes that `read` returns.

        Raises:
            ImageReadError: the zip or the member is missing, or the zip is damaged.
        """
        try:
            with self._lock:
                opened = self._open(archive)
                return opened.zip.getinfo(member).file_size, opened.mtime_ns
        except (KeyError, DatasetError, *_ZIP_ERRORS) as exc:
            raise _cannot_read(archive, member, exc) from exc

    def members(self, archive: str) -> list[zipfile.ZipInfo]:
        """Lists a zip's files, each name once.

        Raises:
            DatasetError: it is damaged, or no zip.
        """
        try:
            with self._lock:
                by_name = self._open(archive).zip.NameToInfo
        except _ZIP_ERRORS as exc:
            raise _no_zip(archive, exc) from exc
        return [info for info in by_name.values() if not info.is_dir()]

    def head(self, archive: str, member: str, size: int) -> bytes:
        """Reads the first `size` bytes of a member; none if it cannot be read."""
        with self._lock:
            return read_head(self._open(archive).zip, member, size)

    def modified_s(self, archive: str, member: str) -> float:
        """Returns when a member that can be read was last changed, in seconds since 1970.

        A zip keeps local time in steps of two seconds, and does not say of which zone.
        """
        with self._lock:
            date_time = self._open(archive).zip.getinfo(member).date_time
        try:
            return time.mktime((*date_time, 0, 0, -1))
        except (OverflowError, ValueError):  # a month 0, which some programs write
            return 0.0

    def _open(self, archive: str) -> _Archive:
        opened = self._opened.get(archive)
        if isinstance(opened, DatasetError):
            raise opened
        if opened is None:
            outer = next((above for above in archives_above(archive) if Path(above).is_file()), "")
            opened = self._open_inner(archive, outer) if outer else _open_outer(archive)
            self._opened[archive] = opened
        return opened

    def _open_inner(self, archive: str, outer: str) -> _Archive:
        above = self._open(outer)
        try:
            file = open_inner(above.zip, outer, archive[len(outer) + 1 :])
            try:
                return _Archive(zipfile.ZipFile(file), above.mtime_ns, file)
            except _ZIP_ERRORS as exc:
                file.close()
                raise _no_zip(archive, exc) from exc
        except DatasetError as exc:
            self._opened[archive] = exc
            raise

    def _check(self, archive: str, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 0x1:
            raise ImageReadError(
                f"Cannot read '{archive}/{info.filename}': expected a member without a password, "
                "received an encrypted one. Unpack the zip and name the folder."
            )
        if info.compress_type not in _METHODS:
            raise ImageReadError(
                f"Cannot read '{archive}/{info.filename}': expected a member that is stored or "
                f"deflated, received compression method {info.compress_type}. Unpack the zip and "
                "name the folder."
            )
        if info.file_size > self.max_bytes:
            raise ImageTooLargeError(
                f"Cannot read '{archive}/{info.filename}': expected at most {self.max_bytes} "
                f"bytes, received {info.file_size}. Save it smaller, or raise "
                "DecodeLimits.max_bytes."
            )


def _open_outer(archive: str) -> _Archive:
    opened = zipfile.ZipFile(archive)
    assert opened.fp is not None  # it was opened just now
    return _Archive(opened, os.fstat(opened.fp.fileno()).st_mtime_ns)


def _no_zip(archive: str, exc: Exception) -> DatasetError:
    return DatasetError(
        f"Cannot read '{archive}': expected a whole zip archive, received one that cannot be "
        f"read ({exc}). Download or pack it again."
    )


def _cannot_read(archive: str, member: str, exc: Exception) -> ImageReadError:
    if isinstance(exc, DatasetError):  # it says of the zip what there is to say
        return ImageReadError(str(exc))
    return ImageReadError(
        f"Cannot read '{archive}/{member}': expected a whole member of a zip, received: "
        f"{exc}. Download or pack the zip again."
    )
