"""Data sets as Hugging Face publishes them: Parquet files with photos in a column."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from catordog.data.file_kinds import natural_key
from catordog.data.parquet_rows import IMAGE_COLUMN, is_parquet, open_parquet, read_columns
from catordog.data.photos import Photo
from catordog.data.sources.example import Example, Source
from catordog.data.sources.names import label_of_word, split_of_folders, split_of_word
from catordog.data.sources.tree import Tree
from catordog.errors import DatasetError
from catordog.labels import CLASSES, Label

PARQUET = "Hugging Face parquet"

_LABEL_COLUMNS = ("labels", "label")
_SHARD = re.compile(r"(.+?)-\d+-of-\d+(?:-[0-9a-f]+)?")


def read_shards(tree: Tree) -> Source | None:
    """Reads the Parquet files of a tree that have photos in them; None if there are none.

    Ids number the photos of a split across its files: `train/0`, `train/1`, ... Labels are 0 for
    cat and 1 for dog, or as the file names its classes.

    Raises:
        DatasetError: a file is damaged, lies in a zip, or holds a label that is no class.
        MissingExtraError: pyarrow is not installed.
    """
    shards = [other for other in tree.others if is_parquet(other.relative)]
    shards.sort(key=lambda shard: [natural_key(part) for part in shard.relative.split("/")])
    next_numbers: Counter[str] = Counter()
    examples: list[Example] = []
    used = 0
    for shard in shards:
        if shard.archive is not None:
            raise DatasetError(
                f"Cannot read '{shard.path}': expected a Parquet file in a folder, received one in "
                "a zip. Unpack the zip and name the folder."
            )
        labels = _read_labels(shard.path)
        if labels is None:
            continue
        used += 1
        split = _split(shard.relative)
        for row, label in enumerate(labels):
            number = f"{next_numbers[split]}"
            example_id = f"{split}/{number}" if split else number
            photo = Photo(f"{shard.path}/{row}", shard.path, example_id)
            examples.append(Example(example_id, photo, label, split))
            next_numbers[split] += 1
    skipped = tree.skipped - Counter({".parquet": used})
    return Source(tree.path, PARQUET, examples, skipped) if examples else None


def _split(relative: str) -> str:
    """Reads the split off a file's name, train-00000-of-00002.parquet, else off its folders."""
    *folders, name = relative.split("/")
    stem = name[: -len(".parquet")]
    match = _SHARD.fullmatch(stem)
    return split_of_word(match[1] if match else stem) or split_of_folders(tuple(folders))


def _read_labels(path: str) -> list[Label | None] | None:
    """Reads each row's label, None for unlabelled rows; None if the file holds no photos."""
    with open_parquet(path) as file:
        schema = file.schema_arrow
        row_count = file.metadata.num_rows
    if IMAGE_COLUMN not in schema.names:
        return None
    column = next((name for name in _LABEL_COLUMNS if name in schema.names), None)
    if column is None:
        return [None] * row_count
    read = _label_reader(path, column, _class_names(schema, column))
    return [read(value) for value in read_columns(path, [column])[column]]


def _class_names(schema: Any, column: str) -> list[str]:
    """What the numbers stand for: as Hugging Face's metadata say, else cat and dog."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return [str(name) for name in features[column]["names"]]
    except (KeyError, TypeError, ValueError):
        return [str(label) for label in CLASSES]


def _label_reader(path: str, column: str, names: list[str]) -> Callable[[Any], Label | None]:
    by_value: dict[Any, Label | None] = {None: None, -1: None, "": None}
    by_value.update((number, label_of_word(name)) for number, name in enumerate(names))

    def read(value: Any) -> Label | None:
        if isinstance(value, str) and value:
            label = label_of_word(value)
        else:
            label = by_value.get(value) if isinstance(value, Hashable) else None
        if label is None and value not in (None, -1, ""):
            meaning = ", ".join(f"{number} {name}" for number, name in enumerate(names))
            raise DatasetError(
                f"Cannot read '{path}': expected labels of cats and dogs in column '{column}' "
                f"({meaning[:80]}), received {value!r}. Name another data set."
            )
        return label

    return read
