"""Reads members of zip archives in place: within limits, from several threads."""

from __future__ import annotations

import threading
import time
import zipfile
import zlib

from catordog.errors import DatasetError, ImageReadError, ImageTooLargeError

_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),  # a method zipfile lacks, a damaged stream
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Zipfile inflates these no further than it is asked to, but others at once: 150 bytes of bzip2
may hold 200 MB, whatever size the archive gives."""


def open_zip(archive: str) -> zipfile.ZipFile:
    """Opens a zip to list it.

    Raises:
        DatasetError: it is damaged, or no zip.
    """
    try:
        return zipfile.ZipFile(archive)
    except _ZIP_ERRORS as exc:
        raise DatasetError(
            f"Cannot read '{archive}': expected a whole zip archive, received one that cannot be "
            f"read ({exc}). Download or pack it again."
        ) from exc


def read_head(opened: zipfile.ZipFile, member: str, size: int) -> bytes:
    """Reads the first `size` bytes of a member; none if it cannot be read."""
    if opened.getinfo(member).compress_type not in _METHODS:
        return b""
    try:
        with opened.open(member) as stream:
            return stream.read(size)
    except _ZIP_ERRORS:
        return b""


class OpenZips:
    """Zips that are opened once and read from any thread.

    Attributes:
        max_bytes: the largest member to inflate.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._opened: dict[str, zipfile.ZipFile] = {}
        # zipfile counts its open members without a lock of its own: a lost count closes the zip.
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes every zip."""
        with self._lock:
            for opened in self._opened.values():
                opened.close()
            self._opened.clear()

    def read(self, archive: str, member: str) -> bytes:
        """Inflates a member.

        Raises:
            ImageReadError: the zip or the member is missing or damaged, or it is encrypted.
            ImageTooLargeError: it is over `max_bytes`, by the archive's word or in truth.
        """
        try:
            with self._lock:
                opened = self._open(archive)
                info = opened.getinfo(member)
                self._check(archive, info)
                stream = opened.open(info)
            try:
                # The size may be a lie: zipfile stops there, and finds the checksum wrong.
                return stream.read(info.file_size + 1)
            finally:
                with self._lock:
                    stream.close()
        except (KeyError, *_ZIP_ERRORS) as exc:
            raise ImageReadError(
                f"Cannot read '{archive}/{member}': expected a whole member of a zip, received: "
                f"{exc}. Download or pack the zip again."
            ) from exc

    def modified_s(self, archive: str, member: str) -> float:
        """Returns when a member that can be read was last changed, in seconds since 1970.

        A zip keeps local time in steps of two seconds, and does not say of which zone.
        """
        with self._lock:
            date_time = self._open(archive).getinfo(member).date_time
        try:
            return time.mktime((*date_time, 0, 0, -1))
        except (OverflowError, ValueError):  # a month 0, which some programs write
            return 0.0

    def _open(self, archive: str) -> zipfile.ZipFile:
        if archive not in self._opened:
            self._opened[archive] = zipfile.ZipFile(archive)
        return self._opened[archive]

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
