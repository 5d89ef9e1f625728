"""Data sets as people have them: any copy of Dogs vs. Cats, and folders of their own photos.

`open_source` looks inside, recognises the layout, and gives the same examples however the data set
is packed. `tree` lists what is inside, `layouts` reads names, `oxford`, `parquet_shards` and
`manifest` read what says more than names.
"""

from __future__ import annotations

from pathlib import Path

from catordog.data.file_kinds import suffix_of
from catordog.data.parquet_rows import is_parquet
from catordog.data.sources import layouts, manifest, oxford, parquet_shards
from catordog.data.sources.example import Example, Source
from catordog.data.sources.tree import Tree, scan
from catordog.errors import DatasetError

__all__ = ["LAYOUTS", "Example", "Source", "open_source"]

LAYOUTS = (
    *(layouts.KAGGLE_2013, layouts.KAGGLE_REDUX, layouts.PET_IMAGES, layouts.FILTERED),
    *(layouts.CLASS_FOLDERS, layouts.NAMED, parquet_shards.PARQUET, oxford.OXFORD),
    *(manifest.MANIFEST, layouts.UNLABELLED),
)
"""Every layout that is known, in words."""


def open_source(path: str) -> Source:
    """Lists the photos of a data set with their labels and splits; reads it in place.

    Names below what was named count, those above do not: `/home/cats/photos` labels nothing. But
    Kaggle's `train.zip`, `train/` or `test1/` may be named on its own.

    Args:
        path: a folder; a zip, also with zips inside, or a folder or zip inside a zip; a Parquet
            file with photos in it; or a list of photos (CSV, or Parquet with a column `path`).

    Returns:
        The same ids, labels and splits in the same order, however the data set is packed.

    Raises:
        ConfigError: there is nothing by that name.
        DatasetError: no photo is inside; a zip or list is damaged, or not safe to read; or two
            photos have one name.
        MissingExtraError: it is Parquet, and pyarrow is not installed.
    """
    if Path(path).is_file() and (
        suffix_of(path) in (".csv", ".tsv") or (is_parquet(path) and manifest.is_manifest(path))
    ):
        return manifest.read_manifest(path)
    tree = scan(path)
    source = oxford.read_oxford(tree)
    if source is None and tree.photos:
        source = layouts.read_names(tree)
    return source or parquet_shards.read_shards(tree) or _refuse(tree)


def _refuse(tree: Tree) -> Source:
    """Says what was found instead of photos."""
    counts = (
        ", ".join(f"{count} {suffix}" for suffix, count in tree.skipped.most_common(5)) or "nothing"
    )
    names = ", ".join(f"'{other.relative}'" for other in tree.others[:3])
    received = f"{counts or 'nothing'}{f' (first: {names})' if names else ''}"
    raise DatasetError(
        f"Cannot find photos in '{tree.path}': expected one of the known layouts "
        f"({'; '.join(LAYOUTS)}), received {received}. Name the folder, zip, list or "
        "Parquet file that holds the photos."
    )
