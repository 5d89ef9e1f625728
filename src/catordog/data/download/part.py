"""The part of a file that has arrived, kept beside the place where the whole will be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catordog.data.download.disk import writing

__all__ = ["Part"]

_KEPT = "What has arrived is kept."


class Part:
    """`NAME.part`, and in `NAME.part.tag` what tells whether the server still has the same file.

    Attributes:
        path: of the part.
    """

    def __init__(self, target: Path) -> None:
        """Belongs to the file that will be `target`."""
        self.path = target.with_name(f"{target.name}.part")
        self._target = target
        self._tag = target.with_name(f"{target.name}.part.tag")

    @property
    def size_bytes(self) -> int:
        """How much has arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """The ETag or date of the file that it is a part of; "" if the server gave none."""
        try:
            return self._tag.read_text(encoding="latin-1").strip()
        except OSError:
            return ""

    def restart(self, validator: str) -> None:
        """Empties the part, for a file with this ETag or date.

        Raises:
            OutputError: the folder cannot be written to.
        """
        self.remove()
        with writing(self.path):
            self._tag.write_text(validator, encoding="latin-1")
            self.path.touch()

    def remove(self) -> None:
        """Removes the part, so that the next try starts anew.

        Raises:
            OutputError: it cannot be removed.
        """
        with writing(self.path):
            self.path.unlink(missing_ok=True)
            self._tag.unlink(missing_ok=True)

    @contextmanager
    def appending(self) -> Iterator[Callable[[bytes], None]]:
        """Opens the part; yields what appends bytes to it.

        Nothing waits in a buffer: what was appended is in the file whatever happens next.

        Raises:
            OutputError: the disk is full; the part stays.
        """
        with writing(self.path, _KEPT):
            stream = self.path.open("ab", buffering=0)

        def append(chunk: bytes) -> None:
            rest = memoryview(chunk)
            with writing(self.path, _KEPT):
                while rest:  # a disk that is almost full takes less than it is given
                    rest = rest[write_some(stream.fileno(), rest) :]

        try:
            yield append
        finally:
            stream.close()

    def finish(self) -> Path:
        """Gives the part the file's name, once it is safely on the disk.

        Returns:
            Path of the file.

        Raises:
            OutputError: the disk refuses; the part stays.
        """
        with writing(self.path, _KEPT):
            with self.path.open("rb+") as stream:
                os.fsync(stream.fileno())
            self.path.replace(self._target)
            self._tag.unlink(missing_ok=True)
        return self._target


write_some = os.write
"""Writes what fits; a name of its own, so that a test can put a full disk here."""
