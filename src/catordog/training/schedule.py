"""The learning rate over a training."""

from __future__ import annotations

from typing import Any


def warm_cosine(rate: float, steps: int) -> Any:
    """Returns a Keras schedule that rises over the first tenth of the steps, then falls to 0.

    Args:
        rate: at its peak.
        steps: of the whole training.
    """
    import keras

    rising = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=rate,
        warmup_steps=rising,
        decay_steps=max(1, steps - steps // 10),
    )
