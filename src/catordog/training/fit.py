"""Trains the top of a network on its trunk's activations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catordog.labels import CLASSES
from catordog.metrics import measure
from catordog.training.activations import Activations
from catordog.training.calibrate import to_probabilities

if TYPE_CHECKING:
    import keras

_PREDICT_BATCH = 256


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How to train one top.

    Attributes:
        epochs: times each photo is seen, each time plain or mirrored at random.
        batch_size: photos per step.
        learning_rate: at its peak; it rises over the first tenth of the steps, then falls to 0
            along a cosine.
        weight_decay: per unit of learning rate (AdamW).
        mixup: each photo is blended with another, and its label too, in a proportion drawn from
            Beta(mixup, mixup) (Zhang et al. 2018, arXiv:1710.09412); 0 for no blending.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    mixup: float = 0.0


HEAD = FitConfig(epochs=5, batch_size=64, learning_rate=2e-3, weight_decay=1e-4)
"""For a linear head on frozen features, from nothing."""

FINE_TUNE = FitConfig(epochs=3, batch_size=64, learning_rate=1.2e-4, weight_decay=1e-4, mixup=0.3)
"""For upper blocks that know ImageNet: small steps and blended photos, or they forget it and learn
the training photos by heart (see EXPERIMENTS.md)."""


def fit(
    top: keras.Model,
    activations: Activations,
    classes: np.ndarray,
    train: np.ndarray,
    val: np.ndarray,
    config: FitConfig,
    *,
    seed: int,
    on_epoch: Callable[[dict[str, float]], None],
) -> None:
    """Trains a model in place.

    Args:
        top: activations to logits (N, 2).
        activations: of all photos.
        classes: int (N,), each photo's class.
        train: indices of the photos to train on.
        val: indices of the photos to report on; they change nothing.
        config: how.
        seed: of the order of photos and the mirroring.
        on_epoch: given each epoch's figures: epoch, loss, val_accuracy, val_log_loss.
    """
    import keras

    batches = _batches(activations, classes, train, config, seed)
    steps = len(batches) * config.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=config.learning_rate,
        warmup_steps=max(1, steps // 10),
        decay_steps=max(1, steps - steps // 10),
    )

    class Report(keras.callbacks.Callback):  # type: ignore[misc]  # untyped base
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            figures = measure(to_probabilities(predict_logits(top, activations, val)), classes[val])
            on_epoch(
                {
                    "epoch": epoch + 1,
                    "loss": float((logs or {})["loss"]),
                    "val_accuracy": figures.accuracy,
                    "val_log_loss": figures.log_loss,
                }
            )

    top.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # compiling takes longer than five epochs of a small top
    )
    top.fit(batches, epochs=config.epochs, verbose=0, shuffle=False, callbacks=[Report()])


def predict_logits(top: keras.Model, activations: Activations, indices: np.ndarray) -> np.ndarray:
    """Returns float32 (N, 2) logits of some photos, plain view, in the order of `indices`."""
    starts = range(0, len(indices), _PREDICT_BATCH)
    parts = [indices[start : start + _PREDICT_BATCH] for start in starts]
    return np.concatenate([top.predict_on_batch(activations.batch(part)) for part in parts])


def _batches(
    activations: Activations, classes: np.ndarray, train: np.ndarray, config: FitConfig, seed: int
) -> Any:
    import keras

    one_hot = np.eye(len(CLASSES), dtype=np.float32)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # untyped base
        """Every photo once an epoch, in random order, each batch plain or mirrored."""

        def __init__(self) -> None:
            super().__init__()
            self._random = np.random.default_rng(seed)
            self.on_epoch_end()

        def on_epoch_end(self) -> None:
            self._order = self._random.permutation(train)
            self._views = self._random.integers(len(activations.views), size=len(self))

        def __len__(self) -> int:
            return max(1, len(train) // config.batch_size)

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            # Sorted, because the activations are on disk.
            batch = np.sort(self._order[index * config.batch_size :][: config.batch_size])
            inputs, targets = activations.batch(batch, self._views[index]), one_hot[classes[batch]]
            if config.mixup:
                share = self._random.beta(config.mixup, config.mixup, len(batch))
                other = self._random.permutation(len(batch))
                inputs, targets = (blend(a, a[other], share) for a in (inputs, targets))
            return inputs, targets

    return Batches()


def blend(arrays: np.ndarray, others: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Mixes arrays row by row.

    Args:
        arrays: float32 (N, ...).
        others: of the same shape.
        share: (N,), in [0, 1]: how much of the row's other goes in; above a half, the two swap
            roles, so that a row stays mostly itself.
    """
    weight = np.minimum(share, 1 - share).astype(np.float32)
    weight = weight.reshape(-1, *[1] * (arrays.ndim - 1))
    mixed: np.ndarray = (1 - weight) * arrays + weight * others
    return mixed
