"""Groups the photos of a data set that show the same picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog
from catordog.data.kept_results import keep
from catordog.data.near_duplicates import find_near_duplicates


def find_duplicate_groups(catalogs: Sequence[Catalog], *, cache: Path | None = CACHE) -> np.ndarray:
    """Groups photos that are copies of one another, exact or near, within and across data sets.

    The groups follow from the photos alone: neither order nor names play a part.

    Args:
        catalogs: the data sets, as one after the other.
        cache: folder for the result; None keeps nothing.

    Returns:
        int64 (N,), for all photos of all catalogs in their order: photos of one group share a
        number, and a photo that is like no other has a number of its own. A photo that cannot be
        decoded is like no other.
    """
    sha256s = np.concatenate([catalog.table["sha256"].to_numpy(str) for catalog in catalogs])
    decodable = np.concatenate([catalog.decodable for catalog in catalogs])
    tiny = np.concatenate([catalog.tiny for catalog in catalogs])
    contents, first, content_of = np.unique(
        sha256s[decodable], return_index=True, return_inverse=True
    )
    pictures = tiny[decodable][first]
    found = keep(cache, "near-duplicates", [contents, pictures], lambda: _find(pictures))
    roots = _join(len(contents), found["pairs"])
    groups = len(contents) + np.arange(len(sha256s))
    groups[decodable] = roots[content_of]
    return np.unique(groups, return_inverse=True)[1]


def stable_keys(sha256s: Sequence[str], groups: np.ndarray) -> list[str]:
    """Names each photo's group by its content: the smallest digest in it.

    Returns:
        Hex digests, one a photo; photos of one group share one, and no two groups of photos that
        can be decoded do. Empty for a photo that cannot be read.
    """
    smallest: dict[int, str] = {}
    for digest, group in zip(sha256s, groups.tolist(), strict=True):
        smallest[group] = min(digest, smallest.get(group, digest))
    return [smallest[group] for group in groups.tolist()]


def _find(pictures: np.ndarray) -> dict[str, np.ndarray]:
    pairs, similarity = find_near_duplicates(pictures)
    return {"pairs": pairs, "similarity": similarity}


def _join(count: int, pairs: np.ndarray) -> np.ndarray:
    """Returns int64 (N,): the smallest index each index is joined to, through any chain."""
    root = np.arange(count)

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for left, right in pairs.tolist():
        low, high = sorted((find(left), find(right)))
        root[high] = low
    return np.array([find(index) for index in range(count)], np.int64)
