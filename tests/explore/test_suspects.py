from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from catordog.data.catalog import COLUMNS as TABLE_COLUMNS
from catordog.data.catalog import Catalog
from catordog.data.photos import Photo
from catordog.data.sources.example import Example, Source
from catordog.explore.suspects import COLUMNS, find_suspects
from catordog.labels import Label
from tests.explore.colour_model import ColourModel

LABELS = ["cat", "dog"] * 30
SWAPPED, OUTLYING, BOTH = 16, 31, 44
NO_PHOTO = {"width": None, "sha256": ""}


def make_catalog(labels: list[str], *, seed: int = 0) -> Catalog:
    """Invents a catalog of photos that show by turns a cat and a dog, whatever the labels say."""
    random, count = np.random.default_rng(seed), len(labels)
    shows_dog = np.arange(count) % 2
    features = random.normal(5, 1, size=(count, 1280))
    features[:, :40] += np.where(shows_dog, 1.0, -1.0)[:, None]
    rows = [
        {"id": f"{at}.jpg", "label": label, "width": 64, "sha256": f"{at:064x}"}
        for at, label in enumerate(labels)
    ]
    table = pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows]) for name in TABLE_COLUMNS}
    ).astype(TABLE_COLUMNS)
    examples = [
        Example(row["id"], Photo(row["id"], None, row["id"]), Label(row["label"] or "cat"))  # type: ignore[arg-type]
        for row in rows
    ]
    p_cat = np.where(shows_dog, 0.005, 0.995)
    return Catalog(
        source=Source("photos", "class folders", examples),
        table=table,
        tiny=np.zeros((count, 32, 32, 3), np.uint8),
        thumbnails=[b""] * count,
        features=features.astype(np.float32),
        probabilities=np.stack([p_cat, 1 - p_cat], axis=1).astype(np.float32),
    )


def features_of(catalog: Catalog) -> np.ndarray:
    assert catalog.features is not None
    return catalog.features


def probabilities_of(catalog: Catalog) -> np.ndarray:
    assert catalog.probabilities is not None
    return catalog.probabilities


def forget(catalog: Catalog, at: int) -> None:
    """Makes one photo of a catalog undecodable."""
    catalog.table.loc[at, "width"] = pd.NA
    features_of(catalog)[at] = np.nan
    probabilities_of(catalog)[at] = np.nan


def find(catalog: Catalog, *, seed: int = 0, cache: Path | None = None) -> pd.DataFrame:
    model = ColourModel()
    found = find_suspects(catalog, model, seed=seed, cache=cache)  # type: ignore[arg-type]
    assert tuple(found.columns) == COLUMNS
    return found


def make_outlying(catalog: Catalog, at: int = OUTLYING) -> None:
    features_of(catalog)[at, 900:] = 0


def test_swapped_label_is_first_and_says_why() -> None:
    labels = LABELS.copy()
    labels[SWAPPED] = "dog"
    catalog = make_catalog(labels)
    make_outlying(catalog)
    found = find(catalog)
    assert found["id"].to_list() == [f"{SWAPPED}.jpg", f"{OUTLYING}.jpg"]
    assert found["kind"].to_list() == ["label", "neither"]
    assert found["suspicion"].to_list() == pytest.approx([1, 1 - 1 / 60])
    first = found.iloc[0]
    assert 0.5 < first["p_cat"] < 0.9  # not the 0.995 of the model, which may have seen it
    assert first["p_cat"] + first["p_dog"] == pytest.approx(1)
    assert first["verdict"] == "cat"
    said = f"labelled dog, but judged by the other photos a cat (p_cat {first['p_cat']:.3f})"
    assert first["reason"] == said
    assert found["reason"][1] == "unlike all other photos: neither, a drawing, or a rare view?"


def test_surest_contradiction_comes_first() -> None:
    labels = LABELS.copy()
    for at in (4, 9, 21, 40):
        labels[at] = "cat" if labels[at] == "dog" else "dog"
    found = find(make_catalog(labels))
    wrong = found[found["kind"] == "label"]
    assert set(wrong["id"]) == {"4.jpg", "9.jpg", "21.jpg", "40.jpg"}
    fits = [getattr(row, f"p_{row.label}") for row in wrong.itertuples()]
    assert fits == sorted(fits)
    assert max(fits) < 0.5
    assert found["suspicion"].is_monotonic_decreasing


def test_one_of_a_hundred_is_an_outlier() -> None:
    catalog = make_catalog(["cat", "dog"] * 75)
    make_outlying(catalog, 100)
    features_of(catalog)[20, 1100:] = 0
    found = find(catalog)
    assert found["id"].to_list() == ["100.jpg", "20.jpg"]
    assert found["kind"].to_list() == ["neither", "neither"]


@pytest.mark.parametrize("count", [1, 2, 10])
def test_among_a_handful_nothing_is_an_outlier(count: int) -> None:
    assert len(find(make_catalog(LABELS[:count]))) == 0


def test_catalog_without_labels_still_has_outliers() -> None:
    catalog = make_catalog([""] * 60)
    make_outlying(catalog)
    found = find(catalog)
    assert found["id"].to_list() == [f"{OUTLYING}.jpg"]
    assert found["p_dog"].to_list() == pytest.approx([0.995])  # the model's own word
    assert found["label"].to_list() == [""]
    assert found["verdict"].to_list() == ["dog"]


@pytest.mark.parametrize(("p", "verdict"), [((0.03, 0.05), "neither"), ((0.97, 0.9), "both")])
def test_verdict_on_a_photo_without_label_is_the_models_own(
    p: tuple[float, float], verdict: str
) -> None:
    catalog = make_catalog([""] * 60)
    make_outlying(catalog)
    probabilities_of(catalog)[OUTLYING] = p
    found = find(catalog)
    assert found["verdict"].to_list() == [verdict]
    assert [found["p_cat"][0], found["p_dog"][0]] == pytest.approx(p)


@pytest.mark.parametrize("label", ["cat", "dog"])
def test_one_class_alone_contradicts_nothing(label: str) -> None:
    found = find(make_catalog([label] * 60))
    assert found["kind"].to_list() == ["neither"]


def test_labels_both_and_neither_are_not_weighed() -> None:
    labels = LABELS.copy()
    labels[SWAPPED] = "dog"
    labels[2] = labels[3] = "both"
    labels[6] = labels[7] = "neither"
    found = find(make_catalog(labels))
    assert found["id"][0] == f"{SWAPPED}.jpg"
    assert "label" not in found["kind"][1:].to_list()


def test_unreadable_photos_are_passed_over() -> None:
    labels = LABELS.copy()
    labels[SWAPPED] = "dog"
    catalog = make_catalog(labels)
    make_outlying(catalog)
    before = find(catalog)
    for at in (0, 1, 17, 59):
        forget(catalog, at)
    found = find(catalog)
    assert found["id"].to_list() == before["id"].to_list()
    assert found["suspicion"].to_list() == pytest.approx([1, 1 - 1 / 56])


def test_photo_decoded_but_not_read_by_the_model_is_passed_over() -> None:
    catalog = make_catalog(LABELS)
    forget(catalog, 5)
    catalog.table.loc[5, "width"] = 64
    assert "5.jpg" not in find(catalog)["id"].to_list()


def test_photo_with_a_cat_and_a_dog_half_is_both(tmp_path: Path) -> None:
    labels = LABELS.copy()
    labels[SWAPPED] = "dog"
    catalog = make_catalog(labels)
    make_outlying(catalog)
    halves = [np.full((80, 80, 3), colour, np.uint8) for colour in ((230, 90, 60), (60, 90, 230))]
    Image.fromarray(np.concatenate(halves, axis=1)).save(tmp_path / "both.png")
    Image.fromarray(halves[0]).save(tmp_path / "cat.png")
    for at, name in ((BOTH, "both.png"), (BOTH + 1, "cat.png"), (BOTH + 2, "gone.png")):
        photo = Photo(str(tmp_path / name), None, name)
        catalog.source.examples[at] = Example(f"{at}.jpg", photo, Label.CAT)
        probabilities_of(catalog)[at] = 0.97, 0.03
    found = find(catalog)
    assert found["kind"].to_list() == ["label", "neither", "both"]
    assert found["id"][2] == f"{BOTH}.jpg"
    assert found["reason"][2] == "one half of the photo reads cat, another dog: both?"


def test_same_seed_gives_the_same_list_with_and_without_cache(tmp_path: Path) -> None:
    labels = LABELS.copy()
    for at in (4, 9, 21, 40):
        labels[at] = "cat" if labels[at] == "dog" else "dog"
    catalog = make_catalog(labels)
    kept = find(catalog, cache=tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 3
    for again in (find(catalog, cache=tmp_path), find(catalog)):
        pd.testing.assert_frame_equal(again, kept)
    assert sorted(tmp_path.iterdir()) == files
    other = find(catalog, seed=7)
    assert set(other["id"]) == set(kept["id"])
    assert not other["p_cat"].equals(kept["p_cat"])


def test_catalog_is_not_changed() -> None:
    catalog = make_catalog(LABELS)
    before = catalog.table.copy(), features_of(catalog).copy(), probabilities_of(catalog).copy()
    find(catalog)
    pd.testing.assert_frame_equal(catalog.table, before[0])
    assert np.array_equal(features_of(catalog), before[1])
    assert np.array_equal(probabilities_of(catalog), before[2])


def test_catalog_without_features_is_refused() -> None:
    catalog = make_catalog(LABELS)
    object.__setattr__(catalog, "features", None)
    with pytest.raises(ValueError, match="load it with a model"):
        find(catalog)
