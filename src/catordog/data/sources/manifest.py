"""Lists of photos with their labels, as CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from catordog.data.parquet_rows import is_parquet, open_parquet, read_columns
from catordog.data.photos import Photo
from catordog.data.sources.example import Example, Source
from catordog.data.sources.names import LABEL_WORDS, SPLIT_WORDS, label_of_word, split_of_word
from catordog.data.zips import archives_above
from catordog.errors import DatasetError
from catordog.labels import Label

MANIFEST = "manifest"

_REQUIRED = ("path", "label")
_OPTIONAL = ("split", "breed", "id")


def read_manifest(path: str) -> Source:
    """Reads a list of photos.

    Args:
        path: CSV (in UTF-8, with commas, semicolons or tabs) or Parquet with columns `path` and
            `label`, and perhaps `split`, `breed` and `id`. A path is relative to the list's folder
            or absolute, and may lead into a zip: `train.zip/train/cat.0.jpg`. A label is cat, dog,
            both, neither or empty. Without `id` the path is the id.

    Returns:
        The photos in the list's order. One that is missing is listed, and fails when it is read.

    Raises:
        DatasetError: the list is damaged, lacks a column or has no row, or a row has no path, an
            unknown label or split, or the id of another row.
        MissingExtraError: it is Parquet, and pyarrow is not installed.
    """
    rows = _parquet_rows(path) if is_parquet(path) else _csv_rows(path)
    paths = _Paths(Path(path).parent)
    examples: dict[str, Example] = {}
    places: dict[str, str] = {}
    for place, row in rows:
        example = _read_row(path, place, row, paths)
        if example.id in examples:
            raise _bad_row(
                path, place, "each id once", f"'{example.id}' a second time ({places[example.id]})"
            )
        examples[example.id] = example
        places[example.id] = place
    if not examples:
        raise DatasetError(
            f"Cannot read '{path}': expected a row for each photo, received none. Write one line "
            "per photo below the header: path,label"
        )
    return Source(path, MANIFEST, list(examples.values()))


def is_manifest(path: str) -> bool:
    """Tells whether a Parquet file is a list of photos, by its columns.

    Raises:
        DatasetError: it is damaged.
        MissingExtraError: pyarrow is not installed.
    """
    with open_parquet(path) as file:
        return set(_REQUIRED) <= set(file.schema_arrow.names)


class _Paths:
    """Turns a manifest's paths into places, asking the disk once per archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_file: dict[str, bool] = {}

    def locate(self, written: str) -> Photo:
        relative = written.replace("\\", "/")
        path = str(self._folder / relative)
        return Photo(path, self._archive(path), relative)

    def _archive(self, path: str) -> str | None:
        """The zip, the zip inside a zip, or the Parquet file that a path leads into."""
        above, _, last = path.rpartition("/")
        if last.isdecimal() and is_parquet(above) and self._exists(above):
            return above
        zips = archives_above(path)
        inside = any(self._exists(archive) for archive in zips)
        return zips[-1] if inside else None

    def _exists(self, path: str) -> bool:
        if path not in self._is_file:
            self._is_file[path] = Path(path).is_file()
        return self._is_file[path]


def _read_row(path: str, place: str, row: Mapping[str, str], paths: _Paths) -> Example:
    written, label_word, split_word = row["path"], row["label"], row.get("split", "")
    if not written:
        raise _bad_row(path, place, "a path", "an empty one")
    label: Label | None = label_of_word(label_word)
    if label_word and label is None:
        raise _bad_row(path, place, f"a label ({_either(LABEL_WORDS)})", f"'{label_word[:80]}'")
    split = split_of_word(split_word)
    if split_word and not split:
        raise _bad_row(path, place, f"a split ({_either(SPLIT_WORDS)})", f"'{split_word[:80]}'")
    photo = paths.locate(written)
    return Example(row.get("id") or photo.relative, photo, label, split, row.get("breed", ""))


def _either(words: Iterable[str]) -> str:
    return f"{', '.join(words)} or empty"


def _bad_row(path: str, place: str, expected: str, received: str) -> DatasetError:
    return DatasetError(
        f"Cannot read '{path}', {place}: expected {expected}, received {received}. Mend the list."
    )


def _csv_rows(path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields where each row is and what it says, by column."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            delimiter = max(",;\t", key=header.count)
            names = _check_columns(path, next(csv.reader([header], delimiter=delimiter), []))
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for values in reader:
                place = f"line {reader.line_num + 1}"
                if len(values) > len(names):
                    raise _bad_row(path, place, f"{len(names)} columns", f"{len(values)}")
                if any(values):
                    padded = [*values, *[""] * (len(names) - len(values))]
                    yield place, {n: v.strip() for n, v in zip(names, padded, strict=True)}
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise DatasetError(
            f"Cannot read '{path}': expected a list in CSV, in UTF-8, received one that cannot be "
            f"read ({exc}). Save it again as CSV UTF-8."
        ) from exc


def _parquet_rows(path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    with open_parquet(path) as file:
        present = _check_columns(path, list(file.schema_arrow.names))
    wanted = [name for name in (*_REQUIRED, *_OPTIONAL) if name in present]
    columns = read_columns(path, wanted)
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        texts = ("" if value is None else str(value).strip() for value in values)
        yield f"row {number}", dict(zip(columns, texts, strict=True))


def _check_columns(path: str, names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    if set(_REQUIRED) <= set(names) and len(set(names)) == len(names):
        return names
    found = ", ".join(names)[:80] or "none"
    raise DatasetError(
        f"Cannot read '{path}': expected columns path and label (and perhaps "
        f"{', '.join(_OPTIONAL)}), each once, received {found}. Name them in the first line."
    )
