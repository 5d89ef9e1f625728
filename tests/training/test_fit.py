from __future__ import annotations

import numpy as np
import pytest

from catordog.training.activations import Activations
from catordog.training.calibrate import LABEL_ERROR_RATE, find_temperature, to_probabilities
from catordog.training.fit import FitConfig, blend, fit, predict_logits


def test_blend_keeps_each_row_mostly_itself() -> None:
    rows, others = np.zeros((3, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)
    mixed = blend(rows, others, np.array([0.0, 0.25, 0.9]))
    np.testing.assert_allclose(mixed[:, 0, 0], [0, 0.25, 0.1], atol=1e-6)
    assert mixed.dtype == np.float32


def test_probabilities_stay_away_from_certainty() -> None:
    probabilities = to_probabilities(np.array([[1000.0, -1000.0], [0.0, 0.0]]))
    floor = LABEL_ERROR_RATE / 2
    np.testing.assert_allclose(probabilities, [[1 - floor, floor], [0.5, 0.5]])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_temperature_of_a_known_network_is_found(temperature: float) -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 2, 20_000)
    classes = (random.uniform(size=honest.size) < 1 / (1 + np.exp(-honest))).astype(int)
    logits = np.stack([np.zeros_like(honest), honest * temperature], axis=1)
    assert find_temperature(logits, classes) == pytest.approx(temperature, rel=0.08)


def test_fit_learns_and_reports_each_epoch(keras) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    classes = random.integers(0, 2, 400)
    features = (random.normal(0, 1, (400, 8)) + 3 * classes[:, None]).astype(np.float16)
    activations = Activations(views=(features, features), errors={})
    top = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2)])
    reports: list[dict[str, float]] = []
    fit(
        top,
        activations,
        classes,
        train=np.arange(300),
        val=np.arange(300, 400),
        config=FitConfig(4, 16, 0.05, 1e-4, mixup=0.3),
        seed=0,
        on_epoch=reports.append,
    )
    assert [report["epoch"] for report in reports] == [1, 2, 3, 4]
    assert reports[-1]["val_accuracy"] > 0.95
    logits = predict_logits(top, activations, np.array([5, 3]))
    np.testing.assert_allclose(
        logits, top.predict_on_batch(features[[5, 3]].astype(np.float32)), atol=1e-5
    )
