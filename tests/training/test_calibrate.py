from __future__ import annotations

import numpy as np
import pytest

from catordog.inference.verdict import LABEL_ERROR_RATE, to_probabilities
from catordog.training.calibrate import NEVER, choose_thresholds, find_scale, to_logits


def test_logits_and_probabilities_undo_each_other() -> None:
    logits = np.array([-5.0, 0.0, 3.0])
    np.testing.assert_allclose(to_logits(to_probabilities(logits)), logits, atol=1e-6)
    assert np.isfinite(to_logits(np.array([LABEL_ERROR_RATE / 2, 1.0]))).all()


@pytest.mark.parametrize(("scale", "offset"), [(0.5, 0.0), (1.0, 1.0), (2.0, -0.5)])
def test_scale_of_a_known_network_is_found(scale: float, offset: float) -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 3, 20_000)
    is_so = random.uniform(size=honest.size) < 1 / (1 + np.exp(-honest))
    found = find_scale((honest - offset) / scale, is_so)
    assert found == (pytest.approx(scale, rel=0.06), pytest.approx(offset, abs=0.08))


def test_scale_stays_finite_without_an_error() -> None:
    scale, offset = find_scale(np.array([4.0] * 50 + [-4.0] * 50), np.arange(100) < 50)
    assert 1 < scale < 3
    assert abs(offset) < 0.1


def test_thresholds_lose_few_pets() -> None:
    random = np.random.default_rng(0)
    pets = np.clip(random.normal(0.95, 0.05, 2000), 0.01, 0.99)
    other = np.clip(random.normal(0.03, 0.03, 2000), 0.01, 0.99)
    nothing = np.full((500, 2), 0.1)
    probabilities = np.concatenate([np.stack([pets, other], 1), nothing])
    targets = np.concatenate([np.tile([1.0, 0.0], (2000, 1)), np.zeros((500, 2))])
    thresholds = choose_thresholds(probabilities, targets)
    assert (pets < thresholds.pet).mean() <= 0.0075
    assert thresholds.pet > 0.5
    assert (other >= thresholds.both).mean() <= 0.0075


def test_without_strangers_one_of_the_two_is_always_named() -> None:
    thresholds = choose_thresholds(np.full((4, 2), 0.5), np.eye(2)[[0, 1, 0, 1]])
    assert thresholds == NEVER
    extreme = to_probabilities(np.array([[-9.0, -8.0], [8.0, 9.0]]))
    assert [str(thresholds.decide(*row)) for row in extreme.tolist()] == ["dog", "dog"]
