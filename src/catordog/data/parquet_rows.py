"""Reads photos out of Parquet files, as Hugging Face publishes data sets."""

from __future__ import annotations

import bisect
import itertools
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catordog.errors import DatasetError, ImageReadError, MissingExtraError
from catordog.images.picture import DecodeLimits

IMAGE_COLUMN = "image"
CACHE_BYTES = 512 * 1024**2
"""How much of row groups is kept: a photo can only be had with the some hundred others of its
group, so reading in random order would else read the file once a photo."""


def is_parquet(path: str) -> bool:
    """Tells by its suffix whether a file is Parquet.

    Example:
        >>> is_parquet("data/train-00000-of-00002.parquet"), is_parquet("train.zip")
        (True, False)
    """
    return path.lower().endswith(".parquet")


def open_parquet(path: str) -> Any:
    """Opens a Parquet file, as a `pyarrow.parquet.ParquetFile`.

    Raises:
        DatasetError: it is missing, damaged, or no Parquet file.
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as exc:
        raise MissingExtraError("Parquet files", extra="parquet") from exc
    try:
        return pq.ParquetFile(path)
    except (OSError, ValueError) as exc:  # pyarrow's own errors are of these kinds
        raise DatasetError(
            f"Cannot read '{path}': expected a whole Parquet file, received one that cannot be "
            f"read ({_first_line(exc)}). Download it again."
        ) from exc


def read_columns(path: str, names: list[str]) -> dict[str, list[Any]]:
    """Reads some whole columns of a Parquet file, none of which should be the photos.

    Raises:
        DatasetError: the file is damaged.
        MissingExtraError: pyarrow is not installed.
    """
    with open_parquet(path) as file:
        try:
            columns: dict[str, list[Any]] = file.read(columns=names).to_pydict()
        except (OSError, ValueError) as exc:
            raise DatasetError(
                f"Cannot read '{path}': expected whole columns {', '.join(names)}, received "
                f"damaged ones ({_first_line(exc)}). Download it again."
            ) from exc
    return columns


@dataclass(frozen=True, slots=True)
class _File:
    """An open file, the row after each of its row groups, and its size and time of change."""

    file: Any
    ends: list[int]
    size: int
    mtime_ns: int
    is_struct: bool


class ParquetRows:
    """Photos in Parquet files, which are opened once and read from any thread."""

    def __init__(self, limits: DecodeLimits, cache_bytes: int = CACHE_BYTES) -> None:
        """Reads photos of at most `limits.max_bytes` bytes, and keeps `cache_bytes` of groups."""
        self._limits = limits
        self._cache_bytes = cache_bytes
        self._files: dict[str, _File] = {}
        self._groups: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes every file."""
        with self._lock:
            self._groups.clear()
            for opened in self._files.values():
                opened.file.close()
            self._files.clear()

    def read(self, path: str, row: str) -> bytes:
        """Reads the photo in one row.

        Args:
            path: the Parquet file.
            row: its number from 0, in digits.

        Raises:
            ImageReadError: the file is missing or damaged, or has no such row, or no photo there.
            ImageTooLargeError: it is over the limit.
            MissingExtraError: pyarrow is not installed.
        """
        with self._lock:
            opened = self._open(path)
            number = _row_number(path, row, opened)
            group = bisect.bisect_right(opened.ends, number)
            column = self._load(path, opened, group)
        value = column[number - opened.ends[group]].as_py()  # from the group's end, below zero
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes):
            raise ImageReadError(
                f"Cannot read '{path}/{row}': expected a photo's bytes in column "
                f"'{IMAGE_COLUMN}', received {type(data).__name__}. Publish the data set with its "
                "photos embedded."
            )
        self._limits.check_bytes(len(data), name=f"'{path}/{row}'")
        return data

    def stamp(self, path: str, row: str) -> tuple[int, int]:
        """Returns the file's size in bytes and its time of change in nanoseconds since 1970.

        Raises:
            ImageReadError: the file is missing or damaged, or has no such row.
            MissingExtraError: pyarrow is not installed.
        """
        with self._lock:
            opened = self._open(path)
            _row_number(path, row, opened)
        return opened.size, opened.mtime_ns

    def _open(self, path: str) -> _File:
        if path not in self._files:
            try:
                status = Path(path).stat()
                file = open_parquet(path)
            except (OSError, ValueError, DatasetError) as exc:
                raise ImageReadError(
                    str(exc)
                    if isinstance(exc, DatasetError)
                    else f"Cannot read '{path}': expected a Parquet file, received: {exc}. Check "
                    "the path and its permissions."
                ) from exc
            counts = (file.metadata.row_group(i).num_rows for i in range(file.num_row_groups))
            self._files[path] = _File(
                file,
                list(itertools.accumulate(counts)),
                status.st_size,
                status.st_mtime_ns,
                f"{IMAGE_COLUMN}.bytes" in {column.path for column in file.schema},
            )
        return self._files[path]

    def _load(self, path: str, opened: _File, group: int) -> Any:
        key = (path, group)
        if key not in self._groups:
            name = f"{IMAGE_COLUMN}.bytes" if opened.is_struct else IMAGE_COLUMN
            try:
                table = opened.file.read_row_group(group, columns=[name], use_threads=False)
                self._groups[key] = table.column(IMAGE_COLUMN)
            except (OSError, ValueError, KeyError) as exc:
                raise ImageReadError(
                    f"Cannot read '{path}': expected a whole row group {group}, received a damaged "
                    f"one ({_first_line(exc)}). Download the file again."
                ) from exc
            self._forget()
        self._groups.move_to_end(key)
        return self._groups[key]

    def _forget(self) -> None:
        while len(self._groups) > 1:
            if sum(column.nbytes for column in self._groups.values()) <= self._cache_bytes:
                break
            self._groups.popitem(last=False)


def _row_number(path: str, row: str, opened: _File) -> int:
    count = opened.ends[-1] if opened.ends else 0
    if row.isdecimal() and int(row) < count:
        return int(row)
    raise ImageReadError(
        f"Cannot read '{path}/{row}': expected a row from 0 to {count - 1}, received '{row}'. "
        "List the data set again."
    )


def _first_line(exc: Exception) -> str:
    return str(exc).partition(os.linesep)[0][:80]
