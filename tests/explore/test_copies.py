from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from catordog.explore.copies import list_conflicts, list_duplicates, list_leaks

LEAKS = ["id", "split", "other_id", "other_split", "other_source", "kind"]


def make_table(*photos: tuple[str, str, str, str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Builds a catalog's table from `id sha256 label split` and the group of each photo.

    A group is the letter its sha256 begins with; `-` is a photo that cannot be read.
    """
    names = ["id", "sha256", "label", "split"]
    table = pd.DataFrame(list(photos), columns=names, dtype="str")
    numbers = {letter: at for at, letter in enumerate("zyxwvuabcd")}
    groups = [numbers.get(row.sha256[:1], 100 + at) for at, row in enumerate(table.itertuples())]
    return table, np.array(groups, np.int64)


def as_rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(frame.itertuples(index=False, name=None))


def test_duplicates_stand_in_groups_the_largest_first() -> None:
    table, groups = make_table(
        *(("1", "a1", "cat", "train"), ("2", "b1", "dog", ""), ("3", "b2", "dog", "val")),
        *(("4", "c1", "cat", ""), ("5", "a1", "", "test"), ("6", "b2", "dog", "")),
        *(("7", "", "cat", ""), ("8", "", "cat", "")),
    )
    found = list_duplicates(table, groups)
    assert list(found.columns) == ["group", "id", "kind", "label", "split", "sha256"]
    assert as_rows(found) == [
        (0, "2", "near", "dog", "", "b1"),
        (0, "3", "exact", "dog", "val", "b2"),
        (0, "6", "exact", "dog", "", "b2"),
        (1, "1", "exact", "cat", "train", "a1"),
        (1, "5", "exact", "", "test", "a1"),
    ]


def test_data_set_without_copies_has_none_of_anything() -> None:
    table, groups = make_table(("1", "a1", "cat", "train"), ("2", "b1", "dog", "val"))
    duplicates = list_duplicates(table, groups)
    assert (len(duplicates), duplicates["group"].dtype.kind) == (0, "i")
    assert list_conflicts(duplicates) == []
    leaks = list_leaks(table, groups)
    assert (len(leaks), list(leaks.columns)) == (0, LEAKS)


def test_copies_that_contradict_each_other_are_conflicts() -> None:
    table, groups = make_table(
        *(("1", "a1", "cat", ""), ("2", "a1", "dog", ""), ("3", "a2", "", "")),
        *(("4", "b1", "cat", ""), ("5", "b1", "", "")),  # silence contradicts nobody
        *(("6", "c1", "", ""), ("7", "c1", "", "")),
        *(("8", "d1", "both", ""), ("9", "d2", "dog", "")),
    )
    duplicates = list_duplicates(table, groups)
    conflicts = list_conflicts(duplicates)
    assert all(type(group) is int for group in conflicts)
    inside = duplicates[duplicates["group"].isin(conflicts)]
    assert inside["id"].to_list() == ["1", "2", "3", "8", "9"]


def test_copies_in_two_splits_are_leaks() -> None:
    table, groups = make_table(
        *(("1", "a1", "cat", "train"), ("2", "a1", "cat", "test"), ("3", "a2", "cat", "val")),
        *(("4", "b1", "dog", "train"), ("5", "b1", "dog", "train")),
        *(("6", "c1", "dog", "train"), ("7", "c1", "dog", "")),  # in no split: leaks nothing
        *(("8", "", "dog", "train"), ("9", "", "dog", "test")),
    )
    assert as_rows(list_leaks(table, groups)) == [
        ("1", "train", "2", "test", "", "exact"),
        ("1", "train", "3", "val", "", "near"),
        ("2", "test", "3", "val", "", "near"),
    ]


def test_copies_in_another_data_set_are_leaks_whatever_the_splits() -> None:
    table, groups = make_table(("1", "a1", "cat", ""), ("2", "b1", "dog", "train"))
    other, other_groups = make_table(
        *(("1", "c1", "cat", ""), ("2", "a2", "", "test"), ("3", "a1", "cat", "train"))
    )
    found = list_leaks(table, groups, other, other_groups, "other.zip")
    assert as_rows(found) == [
        ("1", "", "2", "test", "other.zip", "near"),
        ("1", "", "3", "train", "other.zip", "exact"),
    ]
    assert len(list_leaks(*make_table(("1", "d1", "cat", "")), other, other_groups, "o")) == 0


def test_leaks_within_come_before_those_across() -> None:
    table, groups = make_table(("1", "a1", "cat", "train"), ("2", "a1", "cat", "val"))
    found = list_leaks(table, groups, table, groups, "same")
    assert found["other_source"].to_list() == ["", "same", "same", "same", "same"]


@pytest.mark.timeout(20)
def test_pairs_of_one_group_are_few_however_large_it_is() -> None:
    count = 20_000  # "image not available", so often: two hundred million pairs
    photos = [(str(at), "a1", "cat", ("train", "val")[at % 2]) for at in range(count)]
    table, groups = make_table(*photos, ("x", "b1", "cat", "train"), ("y", "b1", "cat", "val"))
    found = list_leaks(table, groups)
    assert len(found) == 11
    assert as_rows(found)[-1] == ("x", "train", "y", "val", "", "exact")
    same = make_table(*[(str(at), "a1", "cat", "train") for at in range(count)])
    assert len(list_leaks(*same)) == 0
    assert len(list_leaks(*same, *same, "other")) == 10
