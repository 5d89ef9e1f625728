"""Opens a zip that lies inside a zip, without unpacking it to a folder."""

from __future__ import annotations

import io
import shutil
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from catordog.errors import DatasetError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_INNER_BYTES = 8 * 1024**3
"""The largest zip inside a zip to inflate: Kaggle's own has 0.54 GB. A bomb ends here."""

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_CHUNK_BYTES = 1024**2
_ERRORS = (
    *(KeyError, EOFError, OSError, RuntimeError, ValueError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)


class Window(io.RawIOBase):
    """Part of a file, read-only, as a file of its own.

    What zipfile gives for a stored member is such a file too, but on Python 3.11 it seeks backwards
    by reading again from the start: 25,000 photos would be read 12,500 times over on average.
    """

    def __init__(self, path: str, start: int, size: int) -> None:
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed by close
        self._start, self._size, self._at = start, size, 0

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True."""
        return True

    def tell(self) -> int:
        """Returns the position in bytes from the window's start."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a position, never before the window's start; returns it."""
        origin = (0, self._at, self._size)[whence]
        if origin + offset < 0:
            raise ValueError("a position before the start of an inner zip")
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fills a buffer as far as the window goes; returns the number of bytes."""
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(view), self._size - self._at))) or b""
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Closes the file below."""
        self._file.close()
        super().close()


def open_inner(outer: zipfile.ZipFile, path: str, member: str) -> IO[bytes]:
    """Opens a zip inside a zip as a file.

    A stored one is read where it lies. A deflated one is inflated once, into a temporary file
    without a name, which is gone when it is closed.

    Args:
        outer: the zip on disk, open.
        path: its path.
        member: the inner zip's name in it.

    Raises:
        DatasetError: it is missing, encrypted, damaged, over `MAX_INNER_BYTES`, or there is no room
            to inflate it.
    """
    name = f"{path}/{member}"
    try:
        info = outer.getinfo(member)
        _check(name, info)
        if info.compress_type == zipfile.ZIP_STORED:
            return io.BufferedReader(Window(path, _data_start(path, info), info.file_size))
        return _inflate(name, outer, info)
    except _ERRORS as exc:
        raise DatasetError(
            f"Cannot read '{name}': expected a whole zip inside a zip, received one that cannot be "
            f"read ({exc}). Download or pack the outer zip again."
        ) from exc


def _check(name: str, info: zipfile.ZipInfo) -> None:
    expected = received = ""
    if info.flag_bits & 0x1:
        expected, received = "a zip without a password", "an encrypted one"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        expected = "a zip that is stored or deflated in the outer one"
        received = f"compression method {info.compress_type}"
    elif info.compress_type == zipfile.ZIP_DEFLATED and info.file_size > MAX_INNER_BYTES:
        expected, received = f"at most {MAX_INNER_BYTES} bytes inflated", f"{info.file_size}"
    if expected:
        raise DatasetError(
            f"Cannot read '{name}': expected {expected}, received {received}. Unpack the outer zip "
            "and name the folder."
        )


def _data_start(path: str, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: after its own header, whose length only that header tells."""
    with Path(path).open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER.size)
    magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if magic != b"PK\3\4":
        raise zipfile.BadZipFile("no member where the list of members says one is")
    return info.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)


def _inflate(name: str, outer: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Inflates no further than the size the outer zip gives, whatever the stream holds."""
    file = tempfile.TemporaryFile(prefix="catordog-")  # noqa: SIM115 - handed to the caller
    try:
        with outer.open(info) as stream:
            shutil.copyfileobj(stream, file, _CHUNK_BYTES)
        file.flush()
    except OSError as exc:
        file.close()
        raise DatasetError(
            f"Cannot inflate '{name}': expected room for {info.file_size} bytes in "
            f"'{tempfile.gettempdir()}', received: {exc}. Set TMPDIR to a larger disk, or unpack "
            "the outer zip and name the folder."
        ) from exc
    except BaseException:
        file.close()
        raise
    return file
