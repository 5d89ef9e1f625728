"""What is answered so far: a SQLite file beside the table, or a private one where there is none.

Why SQLite and not lines appended to a file: `docs/adr/0005-resumable-answers.md`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from catordog.data.photos import Photo
from catordog.errors import ConfigError, OutputError
from catordog.inference.pipeline import chunked
from catordog.scoring.rows import Row

_APPLICATION_ID = 0x4361446F  # "CaDo", in the file's header: tells it from any other database
_VERSION = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_VERSION};
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE listing(
    position INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, archive BLOB, relative BLOB NOT NULL
);
CREATE TABLE answers(
    path BLOB PRIMARY KEY, label TEXT, p_cat REAL, p_dog REAL, width INTEGER, height INTEGER,
    error TEXT NOT NULL
) WITHOUT ROWID;
"""
_PAGE = 500
"""Photos read from or written to the database at once."""

_COUNT = """
SELECT COUNT(*), TOTAL(label IS NOT NULL), TOTAL(error IS NOT NULL AND label IS NULL),
       TOTAL(label IS NOT NULL AND error <> ''), TOTAL(label = 'cat'), TOTAL(label = 'dog')
FROM listing LEFT JOIN answers USING (path)
"""
_PENDING = """
SELECT position, path, archive, relative FROM listing LEFT JOIN answers USING (path)
WHERE position > ? AND label IS NULL ORDER BY position LIMIT ?
"""
_ROWS = """
SELECT path, label, p_cat, p_dog, width, height, COALESCE(error, '')
FROM listing LEFT JOIN answers USING (path) ORDER BY position
"""
_SORTABLE = """
SELECT path, archive, relative, label
FROM listing LEFT JOIN answers USING (path) ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are listed, and what became of them so far."""

    photos: int
    answered: int
    failed: int
    damaged: int
    cats: int
    dogs: int


def partial_path(out: Path) -> Path:
    """Returns where answers are kept until the table `out` is written."""
    return out.with_name(f"{out.name}.partial")


def output_paths(out: Path) -> list[Path]:
    """Returns every file that writing the table `out` may leave in its folder.

    They are the table, the kept answers, SQLite's journal of them, and the table while it is
    being written.
    """
    partial = partial_path(out)
    return [out, partial, *(out.with_name(f"{partial.name}-{end}") for end in ("journal", "rows"))]


class AnswerStore:
    """The listed photos and their answers; a context manager that commits and closes.

    Killed at any moment, it holds everything up to its last commit. One process at a time.

    Attributes:
        path: the file; None for a private database that vanishes when closed.
        kept: answers that are safe in it, of those listed.
    """

    def __init__(self, path: Path | None) -> None:
        """Opens or creates the database.

        Raises:
            ConfigError: another run has it open, or the file is something else.
            OutputError: it cannot be created there, or the disk is full.
        """
        self.path = path
        self.kept = 0
        with self._translated():
            # isolation_level=None: transactions begin and end where this file says so.
            self._database = sqlite3.connect(path or "", timeout=0, isolation_level=None)
        try:
            with self._translated():
                self._open()
        except BaseException:
            self._database.close()
            raise

    def _open(self) -> None:
        # Held until closing, and let go by the system when the process dies.
        self._execute("PRAGMA locking_mode = EXCLUSIVE")
        self._execute("BEGIN EXCLUSIVE")
        kind = self._execute("PRAGMA application_id").fetchone()[0]
        version = self._execute("PRAGMA user_version").fetchone()[0]
        tables = self._execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if not tables and kind in (0, _APPLICATION_ID):
            for statement in _SCHEMA.split(";"):
                self._execute(statement)
        elif (kind, version) != (_APPLICATION_ID, _VERSION):
            raise self._foreign()
        self._commit()
        self.kept = self._execute("SELECT COUNT(*) FROM answers").fetchone()[0]

    def __enter__(self) -> AnswerStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._database.close()

    def discard(self) -> None:
        """Closes the database and removes its file: what it held is in the table now."""
        self._database.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)

    def clear(self) -> None:
        """Forgets every answer, listing and fact."""
        with self._transaction():
            for table in ("meta", "listing", "answers"):
                self._execute(f"DELETE FROM {table}")

    def read_fact(self, key: str) -> str | None:
        """Returns what `write_facts` kept under a key."""
        with self._translated():
            found = self._execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def write_facts(self, **facts: str) -> None:
        """Keeps facts about the run."""
        with self._transaction():
            self._database.executemany("REPLACE INTO meta VALUES (?, ?)", facts.items())

    def replace_listing(self, photos: Iterable[Photo]) -> Counts:
        """Takes the photos to answer, in order; one that comes twice counts once.

        Returns:
            The counts with answers from before taken in.
        """
        with self._transaction():
            self._execute("DELETE FROM listing")
            for page in chunked(photos, _PAGE):
                self._database.executemany(
                    "INSERT OR IGNORE INTO listing(path, archive, relative) VALUES (?, ?, ?)",
                    [
                        (*map(_encode, (photo.path, photo.archive)), _encode(photo.relative))
                        for photo in page
                    ],
                )
        return self.count()

    def holds(self, photo: Photo) -> bool:
        """Tells whether a photo is listed."""
        with self._translated():
            query = "SELECT 1 FROM listing WHERE path = ?"
            return self._execute(query, (_encode(photo.path),)).fetchone() is not None

    def count(self) -> Counts:
        """Counts the listed photos and their answers."""
        with self._translated():
            counts = Counts(*map(int, self._execute(_COUNT).fetchone()))
        self.kept = counts.answered + counts.failed
        return counts

    def read_pending(self) -> Iterator[Photo]:
        """Streams the photos without a label, in order; those that failed before come again."""
        position = 0
        while True:
            with self._translated():
                page = self._execute(_PENDING, (position, _PAGE)).fetchall()
            if not page:
                return
            position = page[-1][0]
            for _, path, archive, relative in page:
                yield _photo(path, archive, relative)

    def write(self, rows: Sequence[Row]) -> None:
        """Keeps answers, for good once this returns."""
        with self._transaction():
            self._database.executemany(
                "REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        _encode(row[0]),
                        *row[1:6],
                        row.error.encode(errors="backslashreplace").decode(),
                    )
                    for row in rows
                ],
            )
        self.kept += len(rows)

    def read_rows(self) -> Iterator[Row]:
        """Streams every row, in the order of the listing."""
        with self._translated():
            for path, *rest in self._execute(_ROWS):
                yield Row(os.fsdecode(path), *rest)

    def read_labels(self) -> Iterator[tuple[Photo, str | None]]:
        """Streams every photo with its label, in the order of the listing."""
        with self._translated():
            for *photo, label in self._execute(_SORTABLE):
                yield _photo(*photo), label

    def _execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._database.execute(statement, values)

    def _commit(self) -> None:
        self._execute("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated():
            self._execute("BEGIN")
            try:
                yield
                self._commit()
            except BaseException:
                if self._database.in_transaction:
                    self._execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turns SQLite's errors into catordog's."""
        try:
            yield
        except sqlite3.Error as exc:
            code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind of error
            if code == sqlite3.SQLITE_BUSY:
                raise ConfigError(
                    f"Cannot use '{self.path}': expected to be its only user, and another run is "
                    "writing it. Wait for that run to end, or name another --out."
                ) from exc
            if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise self._foreign() from exc
            raise OutputError(
                f"Cannot keep answers in '{self.path or 'the temporary folder'}': expected to "
                f"write there, received: {exc}. Free space and run the same command: {self.kept} "
                "answers are kept."
            ) from exc

    def _foreign(self) -> ConfigError:
        return ConfigError(
            f"Cannot use '{self.path}': expected answers that this version of catordog keeps, "
            "received another or a damaged file. Move it away, or name another --out."
        )


def _encode(text: str | None) -> bytes | None:
    """Bytes, because a file's name need not be Unicode and SQLite's text is."""
    return None if text is None else os.fsencode(text)


def _photo(path: bytes, archive: bytes | None, relative: bytes) -> Photo:
    return Photo(
        os.fsdecode(path), None if archive is None else os.fsdecode(archive), os.fsdecode(relative)
    )
