"""The table of answers: its columns, and the three formats it is written in."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from catordog.csv_lines import csv_text
from catordog.errors import ConfigError, MissingExtraError, OutputError
from catordog.records import Answer, Prediction
from catordog.whole_files import sync_folder

SUFFIXES = (".csv", ".jsonl", ".parquet")

_NAME_ERRORS = sys.getfilesystemencodeerrors()
"""How Python keeps the bytes of a file name that are not UTF-8."""

_ROWS_PER_GROUP = 10_000
"""Of a Parquet file: how many rows are in memory at once."""


class Row(NamedTuple):
    """One photo's line; the fields are the columns of every format, in this order.

    Attributes:
        path: of the photo, as it was named or found.
        label: `cat`, `dog`, `both` or `neither`; None if the photo could not be answered, and so
            for the next four.
        p_cat: probability of a cat, in [0, 1], to 6 decimals.
        p_dog: probability of a dog, in [0, 1], to 6 decimals.
        width: pixels across, upright.
        height: pixels down, upright.
        error: why there is no label; beside a label, what is wrong with the photo; else empty.
    """

    path: str
    label: str | None
    p_cat: float | None
    p_dog: float | None
    width: int | None
    height: int | None
    error: str


def to_row(path: str, answer: Answer) -> Row:
    """Lays an answer out as a row.

    Example:
        >>> from catordog import Failure
        >>> to_row("a.jpg", Failure("no picture", "ImageDecodeError"))[:3]
        ('a.jpg', None, None)
    """
    if isinstance(answer, Prediction):
        p_cat, p_dog = round(answer.p_cat, 6), round(answer.p_dog, 6)
        label = answer.label.value
        return Row(path, label, p_cat, p_dog, answer.width, answer.height, answer.warning)
    return Row(path, None, None, None, None, None, answer.error)


def check_format(out: Path) -> None:
    """Checks that a table can be written to `out`; call it before answering anything.

    Raises:
        ConfigError: the suffix is not one of `SUFFIXES`, or the folder does not exist.
        MissingExtraError: it is Parquet, and pyarrow is not installed.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(
            f"Cannot write '{out}': expected a name that ends in .csv, .jsonl or .parquet, "
            f"received '{suffix}'. Change the suffix."
        )
    if not out.parent.is_dir() or out.is_dir():
        received = "a folder" if out.is_dir() else f"no folder '{out.parent}'"
        raise ConfigError(
            f"Cannot write '{out}': expected a file in a folder that exists, received {received}. "
            "Make the folder, or name another file."
        )
    if suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError("Parquet", extra="parquet")


def csv_header() -> bytes:
    """Returns the first line of a CSV table."""
    return f"{','.join(Row._fields)}\n".encode()


def csv_line(row: Row) -> bytes:
    """Returns a row as a line of CSV, in UTF-8; a name that is not UTF-8 keeps its bytes."""
    if row.p_cat is None or row.p_dog is None:
        line = csv_text(row)
    else:
        line = csv_text((*row[:2], f"{row.p_cat:.6f}", f"{row.p_dog:.6f}", *row[4:]))
    return line.encode(errors=_NAME_ERRORS)


def json_line(row: Row) -> bytes:
    r"""Returns a row as a line of JSON, in UTF-8; bytes of a name that are not read \udcXX."""
    fields = row._asdict()
    try:
        return json.dumps(fields, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(fields).encode() + b"\n"


def write_rows(rows: Iterable[Row], out: Path, unfinished: Path) -> None:
    """Writes a table so that `out` is either as it was before, or complete.

    Args:
        rows: every row, in order; read once, as a stream.
        out: the file; its suffix says the format.
        unfinished: a file in the same folder to write to first, which then becomes `out`.

    Raises:
        OutputError: the disk is full, or the folder may not be written to.
    """
    try:
        with unfinished.open("wb") as stream:
            _WRITERS[out.suffix.lower()](rows, stream)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(out)
        sync_folder(out.parent)
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{out}': expected room for it, received: {exc.strerror or exc}. Free "
            "space and run the same command: every answer is kept."
        ) from exc
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(rows: Iterable[Row], stream: IO[bytes]) -> None:
    stream.write(csv_header())
    stream.writelines(map(csv_line, rows))


def _write_jsonl(rows: Iterable[Row], stream: IO[bytes]) -> None:
    stream.writelines(map(json_line, rows))


def _write_parquet(rows: Iterable[Row], stream: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.string(), *[pa.float64()] * 2, *[pa.int32()] * 2, pa.string())
    schema = pa.schema(list(zip(Row._fields, types, strict=True)))
    remaining = iter(rows)
    with pq.ParquetWriter(stream, schema) as writer:
        while group := list(islice(remaining, _ROWS_PER_GROUP)):
            columns = dict(zip(Row._fields, zip(*group, strict=True), strict=True))
            columns["path"] = tuple(map(as_text, columns["path"]))
            columns["error"] = tuple(map(as_text, columns["error"]))
            writer.write_table(pa.table(columns, schema=schema))


def as_text(path: str) -> str:
    r"""Returns a path that any program can show: bytes that are not UTF-8 read \xe9."""
    return os.fsencode(path).decode(errors="backslashreplace")


_WRITERS = dict(zip(SUFFIXES, (_write_csv, _write_jsonl, _write_parquet), strict=True))


def read_rows(out: Path) -> Iterator[Row]:
    """Streams the rows of a finished table; in Parquet, paths are as `as_text` shows them.

    Raises:
        ConfigError: it is no table of answers.
    """
    try:
        yield from _READERS[out.suffix.lower()](out)
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as exc:
        raise ConfigError(
            f"Cannot use '{out}': expected a table that catordog wrote, or no file yet, received "
            "something else. Move it away or name another file, or replace it with --overwrite."
        ) from exc


def _read_csv(out: Path) -> Iterator[Row]:
    with out.open(encoding="utf-8", errors=_NAME_ERRORS, newline="") as stream:
        lines = csv.reader(stream)
        if tuple(next(lines, ())) != Row._fields:
            raise ValueError("other columns")
        for path, label, p_cat, p_dog, width, height, error in lines:
            if label:
                row = (label, float(p_cat), float(p_dog), int(width), int(height))
                yield Row(path, *row, error)
            else:
                yield Row(path, None, None, None, None, None, error)


def _read_jsonl(out: Path) -> Iterator[Row]:
    with out.open(encoding="utf-8") as stream:
        for line in stream:
            yield Row(**json.loads(line))


def _read_parquet(out: Path) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(out) as table:
        if tuple(table.schema_arrow.names) != Row._fields:
            raise ValueError("other columns")
        for batch in table.iter_batches(_ROWS_PER_GROUP):
            yield from (Row(**fields) for fields in batch.to_pylist())


_READERS = dict(zip(SUFFIXES, (_read_csv, _read_jsonl, _read_parquet), strict=True))
