"""Trains the linear head on frozen features, from nothing, in seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catordog.training.schedule import warm_cosine

_BATCH = 64
_RATE = 2e-3
_WEIGHT_DECAY = 1e-4
_SMALLEST_DEVIATION = 1e-3
"""Below this a feature says nothing, and dividing by its deviation would only raise noise."""


def fit_head(
    features: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    seed: int,
    on_epoch: Callable[[int, float, np.ndarray, np.ndarray], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Trains a linear layer from features to the two logits.

    Features are learned from at mean 0 and deviation 1, as linear layers learn best; the weights
    returned take them as they are.

    Args:
        features: float32 (N, F).
        targets: float32 (N, 2), each in [0, 1].
        epochs: times each row is seen.
        seed: of the order of rows.
        on_epoch: told each epoch's number, from 1, its mean loss, and the weights so far.

    Returns:
        float32 (F, 2) and (2,).
    """
    import keras

    mean = features.mean(axis=0)
    scale = 1 / np.maximum(features.std(axis=0), _SMALLEST_DEVIATION)
    inputs = (features - mean) * scale
    layer = keras.layers.Dense(targets.shape[1], kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((features.shape[1],)), layer])
    steps = max(1, len(inputs) // _BATCH) * epochs
    model.compile(
        optimizer=keras.optimizers.AdamW(warm_cosine(_RATE, steps), weight_decay=_WEIGHT_DECAY),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,  # compiling takes longer than five epochs
    )
    random = np.random.default_rng(seed)

    def weights() -> tuple[np.ndarray, np.ndarray]:
        kernel, bias = layer.get_weights()
        kernel = kernel * scale[:, None]
        return kernel, bias - mean @ kernel

    for epoch in range(epochs):
        order = random.permutation(len(inputs))
        starts = range(0, max(1, len(inputs) // _BATCH) * _BATCH, _BATCH)
        batches = [order[start : start + _BATCH] for start in starts]
        losses = [float(model.train_on_batch(inputs[rows], targets[rows])) for rows in batches]
        on_epoch(epoch + 1, float(np.mean(losses)), *weights())
    return weights()
