"""Says where a photo is, and reads its bytes: from a file, a zip, or a row of a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from catordog.data.parquet_rows import ParquetRows, is_parquet
from catordog.data.zips import OpenZips
from catordog.images.picture import DecodeLimits
from catordog.images.reading import cannot_read, read_photo


@dataclass(frozen=True, slots=True)
class Photo:
    """Where a photo is; says nothing of whether it can be read.

    Attributes:
        path: as the user named it, or below what the user named; a row's unique id. A zip's
            member reads `train.zip/train/cat.0.jpg`; a row of a Parquet file, counted from 0,
            `train.parquet/17`.
        archive: the zip it is in, as the user named it, or the zip inside a zip
            (`dogs-vs-cats.zip/train.zip`), or the Parquet file; None for a file.
        relative: its path below the argument it was found under, with `/` between the parts.
    """

    path: str
    archive: str | None
    relative: str

    @property
    def member(self) -> str:
        """Its name inside `archive`."""
        return self.path[len(self.archive or "") + 1 :]


class PhotoReader:
    """Reads photos within limits; opens each archive once. Safe to share between threads.

    A context manager: leaving it closes the archives.
    """

    def __init__(self, limits: DecodeLimits | None = None) -> None:
        """Reads photos of at most `limits.max_bytes` bytes; the other limits do not count here."""
        self._limits = limits or DecodeLimits()
        self._zips = OpenZips(self._limits.max_bytes)
        self._rows = ParquetRows(self._limits)

    def __enter__(self) -> PhotoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._zips.close()
        self._rows.close()

    def open(self, photo: Photo) -> PhotoBytes:
        """Returns what reads the photo when asked; touches no disk yet."""
        return PhotoBytes(photo, self)

    def read(self, photo: Photo) -> bytes:
        """Reads a photo's encoded bytes.

        Raises:
            ImageReadError: there is no such photo, it may not be read, its archive is damaged, or
                it is encrypted.
            ImageTooLargeError: it is over the limit; nothing was read, or inflated past it.
            MissingExtraError: it is a row of a Parquet file, and pyarrow is not installed.
        """
        if photo.archive is None:
            return read_photo(photo.path, self._limits)
        if is_parquet(photo.archive):
            return self._rows.read(photo.archive, photo.member)
        return self._zips.read(photo.archive, photo.member)

    def stamp(self, photo: Photo) -> tuple[int, int]:
        """Tells cheaply whether a photo may have changed: reads none of it.

        Returns:
            Its size in bytes, and when it last changed in nanoseconds since 1970. In an archive
            the second is the archive's own, as of when it was opened; for a row of a Parquet file,
            whose length only reading tells, the first is the archive's too.

        Raises:
            ImageReadError: there is no such photo, or its archive is damaged.
            MissingExtraError: it is a row of a Parquet file, and pyarrow is not installed.
        """
        if photo.archive is not None:
            store = self._rows if is_parquet(photo.archive) else self._zips
            return store.stamp(photo.archive, photo.member)
        try:
            status = Path(photo.path).stat()
        except (OSError, ValueError) as exc:  # ValueError: a NUL byte in the path
            raise cannot_read(photo.path, exc) from exc
        return status.st_size, status.st_mtime_ns

    def modified_s(self, photo: Photo) -> float:
        """Returns when a photo that can be read was last changed, in seconds since 1970."""
        if photo.archive is None:
            return Path(photo.path).stat().st_mtime
        if is_parquet(photo.archive):
            return Path(photo.archive).stat().st_mtime
        return self._zips.modified_s(photo.archive, photo.member)


@dataclass(frozen=True, slots=True)
class PhotoBytes:
    """A photo that reads itself when asked, on whichever thread asks."""

    photo: Photo
    reader: PhotoReader

    def read_bytes(self) -> bytes:
        """Returns the encoded photo; raises what `PhotoReader.read` does."""
        return self.reader.read(self.photo)
