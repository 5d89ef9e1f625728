"""What is answered so far: a SQLite file beside the table, or a private one where there is none.

Why SQLite and not lines appended to a file: `docs/adr/0005-resumable-answers.md`.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

from catordog.data.photos import Photo
from catordog.errors import ConfigError, OutputError
from catordog.inference.pipeline import chunked
from catordog.scoring import queries
from catordog.scoring.rows import Row
from catordog.scoring.summary import Counts

_CURRENT_FOLDER = re.compile(rf"(?:\.[/{re.escape(os.sep)}]+)+")
_PAGE = 500
"""Photos read from or written to the database at once."""


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

    Killed at any moment, it holds everything up to its last commit. One process at a time. A photo
    keeps its answer under the full path, so that the same names in another folder are others.

    Attributes:
        path: the file; None for a private database that vanishes when closed.
        shown: what errors call it.
        kept: answers that are safe in it, of those listed.
    """

    def __init__(self, path: Path | None, *, copy_of: Path | None = None) -> None:
        """Opens or creates the database.

        Args:
            path: see the attribute.
            copy_of: a database to begin with the content of, if it exists; it stays as it is.

        Raises:
            ConfigError: another run has it open, or the file is something else.
            OutputError: it cannot be created there, or the disk is full.
        """
        self.path = path
        self.kept = 0
        self.shown = str(path or copy_of or "the temporary folder")
        self._folder = str(Path.cwd())
        with self._translated():
            # isolation_level=None: transactions begin and end where this file says so.
            self._database = sqlite3.connect(path or "", timeout=0, isolation_level=None)
        try:
            with self._translated():
                if copy_of is not None and copy_of.exists():
                    self._copy(copy_of)
                self._open()
        except BaseException:
            self._database.close()
            raise

    def _copy(self, path: Path) -> None:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT 1 FROM sqlite_master")  # raises if it is in use: backup waits
            other.backup(self._database)

    def _open(self) -> None:
        # Held until closing, and let go by the system when the process dies.
        self._execute("PRAGMA locking_mode = EXCLUSIVE")
        self._execute("BEGIN EXCLUSIVE")
        kind = self._execute("PRAGMA application_id").fetchone()[0]
        version = self._execute("PRAGMA user_version").fetchone()[0]
        tables = self._execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if not tables and kind in (0, queries.APPLICATION_ID):
            for statement in queries.SCHEMA.split(";"):
                self._execute(statement)
        elif (kind, version) != (queries.APPLICATION_ID, queries.VERSION):
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
        self.kept = 0

    def read_fact(self, key: str) -> str | None:
        """Returns what `write_facts` kept under a key."""
        with self._translated():
            found = self._execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def write_facts(self, **facts: str) -> None:
        """Keeps facts about the run."""
        with self._transaction():
            self._database.executemany("REPLACE INTO meta VALUES (?, ?)", facts.items())

    def is_empty(self) -> bool:
        """Tells whether there is no answer, of photos listed or not."""
        with self._translated():
            return self._execute("SELECT 1 FROM answers LIMIT 1").fetchone() is None

    def replace_listing(self, photos: Iterable[Photo]) -> Counts:
        """Takes the photos to answer, in order; one that comes twice, as `./` or not, counts once.

        Returns:
            The counts with answers from before taken in.
        """
        with self._transaction():
            self._execute("DELETE FROM listing")
            for page in chunked(photos, _PAGE):
                self._database.executemany(
                    queries.LIST,
                    [
                        (
                            self._key(each.path),
                            *map(_encode, (each.path, each.archive, each.relative)),
                        )
                        for each in page
                    ],
                )
        return self.count()

    def holds(self, photo: Photo) -> bool:
        """Tells whether a photo is listed."""
        with self._translated():
            query = "SELECT 1 FROM listing WHERE key = ?"
            return self._execute(query, (self._key(photo.path),)).fetchone() is not None

    def count(self) -> Counts:
        """Counts the listed photos and their answers."""
        with self._translated():
            counts = Counts(*map(int, self._execute(queries.COUNT).fetchone()))
        self.kept = counts.answered + counts.failed
        return counts

    def read_pending(self) -> Iterator[Photo]:
        """Streams the photos without a label, in order; those that failed before come again."""
        position = 0
        while True:
            with self._translated():
                page = self._execute(queries.PENDING, (position, _PAGE)).fetchall()
            if not page:
                return
            position = page[-1][0]
            for _, path, archive, relative in page:
                yield _photo(path, archive, relative)

    def write(self, rows: Sequence[Row]) -> None:
        """Keeps answers, for good once this returns."""
        keyed = [
            (self._key(row.path), *row[1:6], row.error.encode(errors="backslashreplace").decode())
            for row in rows
        ]
        with self._transaction():
            replaced = self._database.executemany(
                "DELETE FROM answers WHERE key = ?", [values[:1] for values in keyed]
            ).rowcount
            self._database.executemany("REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", keyed)
        self.kept += len(keyed) - max(replaced, 0)  # -1 where there was no row

    def read_rows(self) -> Iterator[Row]:
        """Streams every row, in the order of the listing."""
        with self._translated():
            for path, *rest in self._execute(queries.ROWS):
                yield Row(os.fsdecode(path), *rest)

    def read_labels(self) -> Iterator[tuple[Photo, str | None]]:
        """Streams every photo with its label, in the order of the listing."""
        with self._translated():
            for *photo, label in self._execute(queries.SORTABLE):
                yield _photo(*photo), label

    def _key(self, path: str) -> bytes:
        """Returns what tells a photo from all others, whichever folder a run is started in."""
        below = path[found.end() :] if (found := _CURRENT_FOLDER.match(path)) else path
        # As text: Path would merge members of a zip that differ in "//" alone.
        return os.fsencode(os.path.join(self._folder, below))  # noqa: PTH118

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
                    f"Cannot use '{self.shown}': expected to be its only user, and another run is "
                    "writing it. Wait for that run to end, or name another --out."
                ) from exc
            if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise self._foreign() from exc
            raise OutputError(
                f"Cannot keep answers in '{self.shown}': expected to write there, received: "
                f"{exc}. Free space and run the same command: {self.kept} answers are kept."
            ) from exc

    def _foreign(self) -> ConfigError:
        return ConfigError(
            f"Cannot use '{self.shown}': expected answers that this version of catordog keeps, "
            "received another or a damaged file. Move it away, or name another --out."
        )


def _encode(text: str | None) -> bytes | None:
    """Bytes, because a file's name need not be Unicode and SQLite's text is."""
    return None if text is None else os.fsencode(text)


def _photo(path: bytes, archive: bytes | None, relative: bytes) -> Photo:
    return Photo(
        os.fsdecode(path), None if archive is None else os.fsdecode(archive), os.fsdecode(relative)
    )
