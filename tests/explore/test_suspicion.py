from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catordog.explore.suspicion import (
    NEIGHBOURS,
    label_qualities,
    neighbour_distances,
    out_of_fold_probabilities,
)

SWAPPED = 17


def draw_features(count: int = 60, *, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draws features (N, 1280) of cats and dogs by turns, and their classes."""
    random = np.random.default_rng(3)
    classes = np.arange(count) % 2
    features = random.normal(size=(count, 1280))
    features[:, :40] += apart * np.where(classes, 1, -1)[:, None]
    return np.abs(features + 5).astype(np.float32), classes.astype(np.int64)


def test_swapped_label_fits_worst() -> None:
    features, classes = draw_features()
    classes[SWAPPED] = 1 - classes[SWAPPED]
    p = out_of_fold_probabilities(features, classes)
    assert p is not None
    assert (p.shape, p.dtype) == ((60, 2), np.float64)
    assert p.sum(axis=1) == pytest.approx(np.ones(60))
    quality = label_qualities(p, classes)
    assert quality.argmin() == SWAPPED
    assert np.flatnonzero(quality < 0.5).tolist() == [SWAPPED]
    assert quality == pytest.approx(p[np.arange(60), classes])


def test_copies_with_the_same_wrong_label_do_not_vouch_for_each_other() -> None:
    features, classes = draw_features(200, apart=0.6)
    classes[SWAPPED] = 1 - classes[SWAPPED]
    copies = [SWAPPED] * 6  # six copies, label and all
    features, classes = np.vstack([features, features[copies]]), np.append(classes, classes[copies])
    groups = np.append(np.arange(200), copies)
    apart = out_of_fold_probabilities(features, classes, groups)
    together = out_of_fold_probabilities(features, classes)
    assert apart is not None
    assert together is not None
    assert label_qualities(apart, classes)[SWAPPED] < 0.5
    assert label_qualities(together, classes)[SWAPPED] > 0.5


def test_no_photo_is_read_by_a_model_that_saw_it() -> None:
    features, classes = draw_features(apart=0)  # nothing to learn but by heart
    p = out_of_fold_probabilities(features, classes)
    assert p is not None
    assert (p.argmax(axis=1) == classes).mean() < 0.75


def test_same_seed_gives_the_same_reading_and_another_another() -> None:
    features, classes = draw_features()
    first, again = (out_of_fold_probabilities(features, classes) for _ in range(2))
    other = out_of_fold_probabilities(features, classes, seed=1)
    assert first is not None
    assert np.array_equal(first, again)  # type: ignore[arg-type]
    assert not np.array_equal(first, other)  # type: ignore[arg-type]


@pytest.mark.parametrize(("cats", "dogs"), [(0, 0), (9, 0), (0, 30), (30, 9), (9, 30)])
def test_too_few_of_a_class_are_not_read(cats: int, dogs: int) -> None:
    classes = np.array([0] * cats + [1] * dogs, np.int64)
    features = np.ones((len(classes), 1280), np.float32)
    assert out_of_fold_probabilities(features, classes) is None


def test_ten_of_each_class_are_enough() -> None:
    features, classes = draw_features(20)
    p = out_of_fold_probabilities(features, classes)
    assert p is not None
    assert len(p) == 20


def test_results_are_kept_and_equal_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, classes = draw_features()
    p = out_of_fold_probabilities(features, classes, cache=tmp_path)
    distances = neighbour_distances(features, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.model_selection.cross_val_predict", lambda *_: pytest.fail("again"))
        patch.setattr("numpy.partition", lambda *_: pytest.fail("again"))
        assert np.array_equal(out_of_fold_probabilities(features, classes, cache=tmp_path), p)  # type: ignore[arg-type]
        assert np.array_equal(neighbour_distances(features, cache=tmp_path), distances)
    assert np.array_equal(out_of_fold_probabilities(features, classes), p)  # type: ignore[arg-type]


def test_other_labels_or_another_seed_are_no_kept_result(tmp_path: Path) -> None:
    features, classes = draw_features(24)
    for labels, seed in ((classes, 0), (1 - classes, 0), (classes, 1), (classes, 0)):
        out_of_fold_probabilities(features, labels, seed=seed, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_outlier_is_farthest_and_direction_alone_counts() -> None:
    features, _ = draw_features()
    features[SWAPPED] = 0
    features[SWAPPED, 700:] = 9
    distances = neighbour_distances(features)
    assert (distances.shape, distances.dtype) == ((60,), np.float32)
    assert distances.argmax() == SWAPPED
    assert (distances >= 0).all()
    louder = features * np.linspace(0.5, 2, 60, dtype=np.float32)[:, None]
    assert neighbour_distances(louder) == pytest.approx(distances, abs=1e-5)


def test_distance_is_the_mean_to_the_nearest_others(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = draw_features(40)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    distances = np.sort(1 - unit.astype(np.float64) @ unit.T.astype(np.float64), axis=1)
    expected = distances[:, 1 : NEIGHBOURS + 1].mean(axis=1)  # the first is itself
    assert neighbour_distances(features) == pytest.approx(expected, abs=1e-6)
    monkeypatch.setattr("catordog.explore.suspicion._BLOCK", 7)  # the last block is a short one
    assert neighbour_distances(features) == pytest.approx(expected, abs=1e-6)


def test_few_photos_have_few_neighbours() -> None:
    features, _ = draw_features(3)
    assert neighbour_distances(features[:0]).shape == (0,)
    assert neighbour_distances(features[:1]).tolist() == [0]
    two = neighbour_distances(np.array([[1, 0], [0, 2]], np.float32))
    assert two.tolist() == [1, 1]
    assert neighbour_distances(features[[0, 0, 0]]) == pytest.approx([0, 0, 0], abs=1e-6)


def test_photo_without_any_feature_is_like_no_other() -> None:
    features, _ = draw_features(20)
    features[4] = 0
    distances = neighbour_distances(features)
    assert distances[4] == 1
    assert np.isfinite(distances).all()
