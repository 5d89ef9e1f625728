"""Photos as they lie on a disk, and all that is known of them.

`photos` turns what a user names (files, folders, zips, patterns) into a stream of photos and reads
them. `sources` recognises data sets and reads their labels; `catalog` looks at every photo once;
`duplicates` finds copies, `split` holds photos out of training, `decisions` are a person's word on
single photos, `labelled` is what can be learned from. `load` is all of it in one object.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catordog.cache_folder import CACHE

if TYPE_CHECKING:
    from catordog.data.dataset import Dataset


def load(path: str, *, cache: Path | None = CACHE) -> Dataset:
    """Opens a data set: any copy of Dogs vs. Cats, class folders, a list, or just photos.

    Args:
        path: a folder, zip, CSV or Parquet file; read in place.
        cache: folder for what is found out about its photos; None keeps nothing.

    Returns:
        Its photos, its table and its plots.

    Raises:
        MissingExtraError: pandas is not installed: `pip install 'catordog[explore]'`.
        ConfigError: there is nothing by that name.
        DatasetError: there are no photos, or an archive is damaged.

    Example:
        >>> load("samples/labels.csv").counts
        {'cat': 1, 'dog': 2, 'both': 1, 'neither': 5}
    """
    from catordog.extras import require_extra

    require_extra("catordog.data.load", "explore")
    from catordog.data.dataset import Dataset

    return Dataset(str(path), cache=cache)
