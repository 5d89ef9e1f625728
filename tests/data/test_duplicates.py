from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.conftest import draw_photo

from catordog.data import duplicates
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.duplicates import find_duplicate_groups, stable_keys
from catordog.data.sources.example import Source


def encode(photo: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def planted() -> dict[str, bytes]:
    """Ten drawn photos, copies of some, and what cannot be decoded, by name."""
    files = {}
    for label in ("cat", "dog"):
        for seed in range(5):
            photo = draw_photo(label, seed + 50 * (label == "dog"), side_px=300)
            files[f"{label}{seed}.jpg"] = encode(photo)
    cat, dog = (draw_photo("cat", 0, side_px=300), draw_photo("dog", 50, side_px=300))
    files["cat0-exact.jpg"] = files["cat0.jpg"]
    files["cat0-q60.jpg"] = encode(cat, 60)
    files["cat0-small.jpg"] = encode(cat.resize((210, 210)))
    files["dog0-mirrored.jpg"] = encode(ImageOps.mirror(dog))
    files["dog0-cropped.jpg"] = encode(dog.crop((15, 15, 285, 285)))
    files["cat1-exact.jpg"] = files["cat1.jpg"]
    files |= {"broken.jpg": b"no photo", "broken-exact.jpg": b"no photo", "empty.jpg": b""}
    return files


FILES = planted()
GROUPS = {
    frozenset(names)
    for names in (
        ("cat0.jpg", "cat0-exact.jpg", "cat0-q60.jpg", "cat0-small.jpg"),
        ("dog0.jpg", "dog0-mirrored.jpg", "dog0-cropped.jpg"),
        ("cat1.jpg", "cat1-exact.jpg"),
    )
}
ALONE = FILES.keys() - frozenset().union(*GROUPS)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("planted")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return load_catalog(str(folder), cache=None)


def part_of(catalog: Catalog, rows: Sequence[int]) -> Catalog:
    """A catalog of some of the photos, in another order."""
    table = catalog.table.iloc[rows].reset_index(drop=True)
    examples = [catalog.source.examples[row] for row in rows]
    thumbnails = [catalog.thumbnails[row] for row in rows]
    return Catalog(Source("", "", examples), table, catalog.tiny[rows], thumbnails)


def as_sets(catalog: Catalog, groups: np.ndarray) -> set[frozenset[str]]:
    assert groups.dtype == np.int64
    return {frozenset(ids) for _, ids in catalog.table["id"].groupby(groups)}


def test_planted_copies_are_grouped_and_nothing_else(catalog: Catalog) -> None:
    groups = find_duplicate_groups([catalog], cache=None)
    assert as_sets(catalog, groups) == GROUPS | {frozenset([name]) for name in ALONE}


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(FILES))), cut=st.integers(0, len(FILES)))
def test_groups_do_not_depend_on_order_or_on_the_data_set_a_photo_is_in(
    catalog: Catalog, order: list[int], cut: int
) -> None:
    parts = [part_of(catalog, rows) for rows in (order[:cut], order[cut:])]
    groups = find_duplicate_groups(parts, cache=None)
    whole = part_of(catalog, order)
    assert as_sets(whole, groups) == GROUPS | {frozenset([name]) for name in ALONE}
    straight = find_duplicate_groups([catalog], cache=None)
    sha256s = catalog.table["sha256"].to_list()
    keys = stable_keys(sha256s, straight)
    shuffled = stable_keys(whole.table["sha256"].to_list(), groups)
    assert shuffled == [keys[row] for row in order]


def test_group_is_named_by_the_smallest_digest_in_it(catalog: Catalog) -> None:
    groups = find_duplicate_groups([catalog], cache=None)
    keys = stable_keys(catalog.table["sha256"].to_list(), groups)
    by_name = dict(zip(catalog.table["id"], keys, strict=True))
    for names in GROUPS:
        smallest = min(hashlib.sha256(FILES[name]).hexdigest() for name in names)
        assert {by_name[name] for name in names} == {smallest}
    for name in ALONE:
        assert by_name[name] == hashlib.sha256(FILES[name]).hexdigest()


def test_hundred_exact_copies_are_one_group(catalog: Catalog) -> None:
    names = catalog.table["id"].to_list()
    rows = [names.index("cat3.jpg")] * 100 + [names.index(f"dog{n}.jpg") for n in range(5)]
    groups = find_duplicate_groups([part_of(catalog, rows)], cache=None)
    assert len(set(groups[:100])) == 1
    assert len(set(groups)) == 6


def test_chain_of_likenesses_is_one_group(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row for row, name in enumerate(catalog.table["id"]) if name in ALONE][:7]
    part = part_of(catalog, rows)
    order = np.argsort(part.table["sha256"][part.decodable].to_list())
    count = len(order)
    assert count >= 5

    def pairs(tiny: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert len(tiny) == count
        found = np.array([[0, 4], [1, 2], [2, 4], [0, 1]])
        return found, np.ones(len(found), np.float32)

    monkeypatch.setattr(duplicates, "find_near_duplicates", pairs)
    groups = find_duplicate_groups([part], cache=None)[part.decodable]
    assert len(set(groups[order[[0, 1, 2, 4]]])) == 1
    assert len(set(groups)) == count - 3


def test_photos_none_of_which_can_be_decoded_are_each_alone(catalog: Catalog) -> None:
    bad = np.flatnonzero(~catalog.decodable).tolist()
    groups = find_duplicate_groups([part_of(catalog, bad)], cache=None)
    assert sorted(groups) == [0, 1, 2]


def test_no_photos_make_no_groups(catalog: Catalog) -> None:
    assert len(find_duplicate_groups([part_of(catalog, [])], cache=None)) == 0


def test_result_is_kept_until_the_photos_change(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_duplicate_groups([catalog], cache=tmp_path)
    looked: list[int] = []

    def count(tiny: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        looked.append(len(tiny))
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)

    monkeypatch.setattr(duplicates, "find_near_duplicates", count)
    assert (find_duplicate_groups([catalog], cache=tmp_path) == first).all()
    assert (find_duplicate_groups([catalog, part_of(catalog, [])], cache=tmp_path) == first).all()
    names = catalog.table["id"]
    one_copy_less = np.flatnonzero(names != "cat1-exact.jpg").tolist()
    find_duplicate_groups([part_of(catalog, one_copy_less)], cache=tmp_path)
    assert not looked
    one_photo_less = np.flatnonzero(names != "cat2.jpg").tolist()
    find_duplicate_groups([part_of(catalog, one_photo_less)], cache=tmp_path)
    assert len(looked) == 1


def test_catalogs_are_left_as_they_are(catalog: Catalog) -> None:
    table, tiny = catalog.table.copy(deep=True), catalog.tiny.copy()
    find_duplicate_groups([catalog], cache=None)
    pd.testing.assert_frame_equal(catalog.table, table)
    assert (catalog.tiny == tiny).all()
