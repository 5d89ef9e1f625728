from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from catordog.labels import Label
from catordog.metrics import measure, share_out, wilson_interval
from catordog.records import Prediction


def test_figures_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    p_dog = random.uniform(0.01, 0.99, 500)
    classes = (random.uniform(size=500) < p_dog).astype(int)
    figures = measure(np.stack([1 - p_dog, p_dog], axis=1), classes)
    assert figures.accuracy == pytest.approx(accuracy_score(classes, p_dog > 0.5))
    assert figures.log_loss == pytest.approx(log_loss(classes, p_dog))
    assert figures.accuracy_low < figures.accuracy < figures.accuracy_high
    assert figures.log_loss_low < figures.log_loss < figures.log_loss_high


def test_what_is_left_for_other_photos_is_shared_out() -> None:
    p = np.array([[0.1, 0.4], [0.9, 0.6], [0.0, 0.0]])
    shared = share_out(p)
    np.testing.assert_allclose(shared, [[0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
    for row, (p_cat, p_dog) in enumerate(p[:2].tolist()):
        one = Prediction(Label.DOG, p_cat, p_dog, 9, 9)
        assert one.p_dog_given_pet == pytest.approx(shared[row, 1])
    figures = measure(p[:2], np.array([1, 1]))
    assert figures.errors == 1
    assert figures.log_loss == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2)


def test_a_certain_mistake_costs_much_but_not_without_limit() -> None:
    figures = measure(np.array([[1.0, 0.0]]), np.array([1]))
    assert figures.log_loss == pytest.approx(-math.log(1e-7))
    assert figures.errors == 1


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (5, 10, (0.2366, 0.7634))],
)
def test_wilson_interval_agrees_with_published_values(
    successes: int, trials: int, interval: tuple[float, float]
) -> None:
    # Brown, Cai and DasGupta 2001, Statistical Science 16, 101-133: the score interval.
    assert wilson_interval(successes, trials) == pytest.approx(interval, abs=1e-4)


@pytest.mark.parametrize("shape", [(0, 2), (3, 1), (2, 2)])
def test_wrong_shapes_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="Cannot measure"):
        measure(np.full(shape, 0.5), np.zeros(3 if shape[0] else 0, dtype=int))
