"""Copies within a data set, labels that contradict each other, and leaks between splits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from typing import Any

import numpy as np
import pandas as pd

_LEAK_COLUMNS = ("id", "split", "other_id", "other_split", "other_source", "kind")
_MOST_PAIRS = 10
"""Of one group: a photo copied a hundred times has 4,950 pairs, and a few tell as much."""


def list_duplicates(table: pd.DataFrame, groups: np.ndarray) -> pd.DataFrame:
    """Lists the photos that have a copy.

    Args:
        table: a catalog's.
        groups: int (N,), from `find_duplicate_groups`.

    Returns:
        Columns `group` (0 is the largest), `id`, `kind`, `label`, `split`, `sha256`; the rows of
        a group stand together. `kind` is `exact` if the same bytes occur twice in the group.
    """
    rows = table[["id", "label", "split", "sha256"]].assign(group=groups)
    size = rows.groupby("group")["id"].transform("size")
    rows = rows[size > 1].assign(size=size[size > 1])
    copied = rows.duplicated("sha256", keep=False)
    rows["kind"] = np.where(copied, "exact", "near")
    rows = rows.sort_values(["size", "group"], ascending=[False, True], kind="stable")
    rows["group"] = pd.factorize(rows["group"])[0]
    order = ["group", "id", "kind", "label", "split", "sha256"]
    return rows[order].reset_index(drop=True)


def list_conflicts(duplicates: pd.DataFrame) -> list[int]:
    """Returns the numbers of the groups whose photos have more than one label."""
    labelled = duplicates[duplicates["label"] != ""]
    labels = labelled.groupby("group")["label"].nunique()
    return [int(group) for group in labels.index[labels > 1]]


def list_leaks(
    table: pd.DataFrame,
    groups: np.ndarray,
    other: pd.DataFrame | None = None,
    other_groups: np.ndarray | None = None,
    other_source: str = "",
) -> pd.DataFrame:
    """Lists pairs of copies that lie in different splits, or in another data set.

    Args:
        table: a catalog's.
        groups: int (N,), of its photos.
        other: the catalog of another data set; None for none.
        other_groups: int (M,), of its photos, in the same numbers.
        other_source: how to call it.

    Returns:
        Columns `id`, `split`, `other_id`, `other_split`, `other_source` (empty within the data
        set), `kind` (`exact` or `near`); at most ten pairs of one group.
    """
    rows = _members(table, groups)
    pairs: list[tuple[str, ...]] = []
    with_split = rows[rows["split"] != ""]
    splits = with_split.groupby("group")["split"].transform("nunique")
    for _, members in with_split[splits > 1].groupby("group"):
        own = combinations(_rows(members), 2)
        apart = ((a, b) for a, b in own if a.split != b.split)
        pairs += [_pair(a, b, "") for a, b in islice(apart, _MOST_PAIRS)]
    if other is not None and other_groups is not None:
        others = _members(other, other_groups)
        shared = np.intersect1d(rows["group"], others["group"])
        inside = dict(list(others[others["group"].isin(shared)].groupby("group")))
        for group, members in rows[rows["group"].isin(shared)].groupby("group"):
            crossed = ((a, b) for a in _rows(members) for b in _rows(inside[group]))
            pairs += [_pair(a, b, other_source) for a, b in islice(crossed, _MOST_PAIRS)]
    return pd.DataFrame(pairs, columns=_LEAK_COLUMNS, dtype=object)


def _members(table: pd.DataFrame, groups: np.ndarray) -> pd.DataFrame:
    return table[["id", "split", "sha256"]].assign(group=groups)


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return table.itertuples(index=False)


def _pair(one: Any, other: Any, source: str) -> tuple[str, ...]:
    kind = "exact" if one.sha256 == other.sha256 else "near"
    return (one.id, one.split, other.id, other.split, source, kind)
