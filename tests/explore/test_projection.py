from __future__ import annotations

import numpy as np
import pytest

from catordog.explore.projection import project_features, share_on_own_side


def test_project_features_finds_the_directions_of_most_variance() -> None:
    random = np.random.default_rng(0)
    hidden = random.normal(size=(6000, 2)) * (9, 3)
    directions = np.linalg.qr(random.normal(size=(20, 20)))[0][:2]
    features = (hidden @ directions).astype(np.float32)
    features[5] = np.nan
    projection = project_features(features, seed=1)
    assert projection is not None
    assert projection.points.shape == (6000, 2)
    assert np.isnan(projection.points[5]).all()
    known = np.delete(np.arange(6000), 5)
    for axis in range(2):
        match = np.corrcoef(projection.points[known, axis], hidden[known, axis])[0, 1]
        assert abs(match) > 0.999
    assert projection.explained == pytest.approx(1, abs=1e-4)
    again = project_features(features, seed=1)
    assert again is not None
    assert np.array_equal(again.points, projection.points, equal_nan=True)


@pytest.mark.parametrize(
    "features",
    [None, np.empty((0, 8)), np.ones((2, 8)), np.full((9, 8), np.nan), np.ones((9, 8))],
    ids=["none asked for", "no photos", "two photos", "none decoded", "all the same"],
)
def test_project_features_of_nothing_to_project_is_none(features: np.ndarray | None) -> None:
    assert project_features(features) is None


def test_share_on_own_side_counts_only_the_two_classes() -> None:
    points = np.array([[0, 0], [1, 0], [9, 0], [10, 0], [0, 1], [5, 5], [np.nan, 0]])
    labels = ["cat", "cat", "dog", "dog", "dog", "", "cat"]
    assert share_on_own_side(points, labels, ("cat", "dog")) == pytest.approx(4 / 5)
