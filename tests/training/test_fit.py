from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catordog.training.fit import Checkpoint, FitConfig, blend, fit, predict_logits
from catordog.training.head import fit_head
from catordog.training.passes import Pass


def two_groups(views: int = 320) -> Pass:
    """Activations in which each question's answer is one number's sign."""
    random = np.random.default_rng(0)
    targets = random.integers(0, 2, (views, 2)).astype(np.float32)
    noise = random.normal(0, 0.3, (views, 8))
    noise[:, :2] += 2 * targets - 1
    return Pass({"cut": noise.astype(np.float16)}, targets, {})


def build_top(keras):  # type: ignore[no-untyped-def]
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    features = keras.layers.Dense(8, activation="relu")(inputs)
    return keras.Model(inputs, [keras.layers.Dense(2)(features), features])


CONFIG = FitConfig(3, batch_size=16, learning_rate=0.02, keep_known=0.0, ema=0.9)


def test_blend_keeps_each_row_mostly_itself() -> None:
    rows, others = np.zeros((3, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)
    mixed = blend(rows, others, np.array([0.0, 0.25, 0.9]))
    np.testing.assert_allclose(mixed[:, 0, 0], [0, 0.25, 0.1], atol=1e-6)
    assert mixed.dtype == np.float32


def test_fit_answers_both_questions(keras) -> None:  # type: ignore[no-untyped-def]
    views, top, losses = two_groups(), build_top(keras), []
    fit(top, lambda epoch: views, CONFIG, cut="cut", seed=0, on_epoch=lambda e, x: losses.append(x))
    logits = predict_logits(top, views.arrays["cut"])
    assert ((logits > 0) == (views.targets > 0.5)).mean() > 0.95
    assert losses[-1] < losses[0]


def test_each_epoch_reads_its_own_pass(keras) -> None:  # type: ignore[no-untyped-def]
    read: list[int] = []

    def read_pass(epoch: int) -> Pass:
        read.append(epoch)
        return two_groups()

    fit(build_top(keras), read_pass, CONFIG, cut="cut", seed=0, on_epoch=lambda e, x: None)
    assert set(read) == {0, 1, 2}


def test_interrupted_fit_ends_where_it_would_have(keras, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    class PulledPlugError(Exception):
        pass

    def pull(epoch: int, loss: float) -> None:
        if epoch == 2:
            raise PulledPlugError

    views, whole, halved = two_groups(), build_top(keras), build_top(keras)
    fit(whole, lambda epoch: views, CONFIG, cut="cut", seed=0, on_epoch=lambda e, x: None)
    checkpoint, epochs = Checkpoint(tmp_path / "fit.npz"), []
    arguments = {"cut": "cut", "seed": 0, "checkpoint": checkpoint}
    with pytest.raises(PulledPlugError):
        fit(halved, lambda epoch: views, CONFIG, on_epoch=pull, **arguments)
    fresh = build_top(keras)
    fit(fresh, lambda e: views, CONFIG, on_epoch=lambda e, x: epochs.append(e), **arguments)
    assert epochs == [3]
    for expected, found in zip(whole.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_teacher_is_followed_where_it_contradicts_the_label(keras) -> None:  # type: ignore[no-untyped-def]
    views = two_groups()
    contrary = Pass(views.arrays, views.targets, {}, teacher=1 - views.targets)
    top = build_top(keras)
    fit(top, lambda epoch: contrary, CONFIG, cut="cut", seed=0, on_epoch=lambda e, x: None)
    logits = predict_logits(top, views.arrays["cut"])
    assert ((logits < 0) == (views.targets > 0.5)).mean() > 0.9


def test_known_answers_are_kept_the_more_they_weigh(keras) -> None:  # type: ignore[no-untyped-def]
    views = two_groups()
    head = (np.random.default_rng(1).normal(0, 1, (8, 5)).astype(np.float32), np.zeros(5, "f4"))
    start = build_top(keras).predict_on_batch(views.arrays["cut"].astype(np.float32))[1] @ head[0]
    known = Pass({**views.arrays, "known": start.astype(np.float16)}, views.targets, {})
    drift = []
    for weight in (0.001, 10.0):
        top = build_top(keras)
        config = FitConfig(3, batch_size=16, learning_rate=0.02, keep_known=weight, ema=0)
        fit(
            top,
            lambda epoch: known,
            config,
            cut="cut",
            seed=0,
            known_head=head,
            on_epoch=lambda e, x: None,
        )
        end = top.predict_on_batch(views.arrays["cut"].astype(np.float32))[1] @ head[0]
        drift.append(float(np.abs(end - start).mean()))
    assert drift[1] < drift[0] / 2


def test_head_learns_from_features_as_they_are(keras) -> None:  # type: ignore[no-untyped-def]
    views, epochs = two_groups(3200), []
    features = views.arrays["cut"].astype(np.float32) * 5 + 40
    kernel, bias = fit_head(
        features,
        views.targets,
        epochs=20,
        seed=0,
        on_epoch=lambda epoch, loss, kernel, bias: epochs.append(epoch),
    )
    assert ((features @ kernel + bias > 0) == (views.targets > 0.5)).mean() > 0.95
    assert epochs == list(range(1, 21))
