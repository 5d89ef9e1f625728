"""The file that decisions are appended to, one line each, on the disk before anyone is told so."""

from __future__ import annotations

import csv
import errno
import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from catordog.data.decisions import (
    HEADER,
    NAME_ERRORS,
    Choice,
    Decision,
    DecisionSet,
    parse_decisions,
    put_decision,
    read_decisions,
)
from catordog.errors import ConfigError, OutputError
from catordog.labels import Label
from catordog.whole_files import sync_folder


class DecisionLog:
    """Appends decisions to a file; each is on the disk before `append` returns.

    Safe to share between threads. The file is made with the first decision. What another program
    appended meanwhile is read and kept.
    """

    def __init__(self, path: Path) -> None:
        """Reads the decisions so far, if there are any.

        Raises:
            ConfigError: no file can be at `path`. Name another.
            DatasetError: there is a file, and it is no log of decisions; it is left as it is.
        """
        if path.is_dir() or not path.parent.is_dir():
            received = "a folder" if path.is_dir() else f"no folder '{path.parent}'"
            raise ConfigError(
                f"Cannot keep decisions in '{path}': expected a file in a folder that exists, "
                f"received {received}. Make the folder, or name another file."
            )
        self.path = path
        self._lock = threading.Lock()
        exists = path.exists()
        self._set = read_decisions(path) if exists else DecisionSet(str(path))
        self._size = -1 if exists else 0  # -1: to be read again before it is appended to
        self._whole = 0

    @property
    def latest(self) -> DecisionSet:
        """The decisions that stand now."""
        return self._set

    def append(self, id: str, sha256: str, label: Label | None, decision: Choice) -> None:
        """Adds a decision.

        Raises:
            OutputError: it could not be written; the log is as it was. Free space, or put the
                file back.
            DatasetError: another program made another file of it.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        entry = Decision(id, sha256, label, decision, now)
        line = _to_line(entry)
        with self._lock:
            try:
                self._write(line)
            except OSError as exc:
                raise OutputError(
                    f"Cannot keep the decision on '{id}' in '{self.path}': expected a file that "
                    f"can be written, received: {exc.strerror or exc}. The decisions before it "
                    "are kept. Mend that, and decide again."
                ) from exc
            standing = {**self._set.decisions}
            put_decision(standing, entry)
            self._set = DecisionSet(self._set.path, standing, self._set.note)

    def _load(self, data: bytes) -> None:
        self._set, self._whole = parse_decisions(data, self.path)
        self._size = len(data)

    def _write(self, line: bytes) -> None:
        is_new = not self.path.exists()
        if is_new and self._size:
            raise FileNotFoundError(errno.ENOENT, "the file is gone")
        with self.path.open("a+b", buffering=0) as file:
            if file.seek(0, io.SEEK_END) != self._size:
                file.seek(0)
                self._load(file.readall())
            if self._whole < self._size:
                file.truncate(self._whole)  # what a crash cut short; it was never confirmed
            self._size = self._whole
            file.seek(max(0, self._size - 1))
            head = HEADER if not self._size else b"" if file.read(1) == b"\n" else b"\n"
            try:
                _write_whole(file, head + line)
            except OSError:
                file.truncate(self._size)
                raise
            self._size = self._whole = self._size + len(head + line)
        if is_new:
            sync_folder(self.path.parent)


def _write_whole(file: io.FileIO, data: bytes) -> None:
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file.fileno())


def _to_line(entry: Decision) -> bytes:
    if "\n" in entry.id:
        raise OutputError(
            f"Cannot keep a decision on {entry.id!r}: expected a name on one line, received one "
            "with a line break. Rename the photo."
        )
    buffer = io.StringIO(newline="")
    at = entry.decided_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    # Python quotes what its own line end holds: with "\n" alone, a name like "Icon\r" would not be.
    csv.writer(buffer, lineterminator="\r\n").writerow(
        (entry.id, entry.sha256, entry.label or "", entry.decision, at)
    )
    return buffer.getvalue().removesuffix("\r\n").encode(errors=NAME_ERRORS) + b"\n"
