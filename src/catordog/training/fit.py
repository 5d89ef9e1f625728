"""Trains the top of a network on its trunk's activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catordog.training.passes import Pass
from catordog.training.schedule import warm_cosine

if TYPE_CHECKING:
    import keras

KNOWN_TEMPERATURE = 2.0
"""By which the ImageNet answers are softened, so that more than the first of them counts."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How to train one top.

    Attributes:
        epochs: passes over the photos, each with views of its own.
        batch_size: views per step.
        learning_rate: of the last layers at its peak; it rises over the first tenth of the steps,
            then falls to 0 along a cosine.
        block_rate: each block below learns at this share of the rate of the one above it.
        weight_decay: per unit of learning rate (AdamW).
        label_smoothing: targets stay this far from 0 and 1.
        mixup: each view is blended with another, and its targets too, in a proportion drawn from
            Beta(mixup, mixup) (Zhang et al. 2018, arXiv:1710.09412); 0 for no blending.
        keep_known: weight of staying with the published network's answers to ImageNet's question
            (Li and Hoiem 2016, arXiv:1606.09282): what foxes are is not in our photos.
        teacher_share: weight of a teacher's answers among the targets, if there is a teacher.
        ema: each step, the averaged weights keep this share of what they were; the average is
            what is used.
    """

    epochs: int
    batch_size: int = 32
    learning_rate: float = 1e-4
    block_rate: float = 0.85
    weight_decay: float = 1e-4
    label_smoothing: float = 0.005
    mixup: float = 0.2
    keep_known: float = 0.3
    teacher_share: float = 0.7
    ema: float = 0.995


SCRATCH = FitConfig(5, learning_rate=1e-3, block_rate=1.0, keep_known=0.0, ema=0.99)
"""For a network from nothing: larger steps, and nothing to keep."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a training is kept, to go on after an interruption.

    Attributes:
        path: a file; absent before the first epoch ends.
    """

    path: Path

    def save(self, epoch: int, top: keras.Model) -> None:
        """Keeps weights and the optimizer's state after an epoch."""
        variables = [np.asarray(v) for v in (*top.variables, *top.optimizer.variables)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished.npz")
        np.savez(unfinished, np.array(epoch), *variables)
        unfinished.replace(self.path)

    def load(self, top: keras.Model) -> int:
        """Returns the number of finished epochs, and brings the model to where they ended."""
        if not self.path.exists():
            return 0
        with np.load(self.path) as kept:
            epoch, *variables = (kept[name] for name in kept.files)
        for variable, value in zip(
            (*top.variables, *top.optimizer.variables), variables, strict=True
        ):
            variable.assign(value)
        return int(epoch)


def fit(
    top: keras.Model,
    read_pass: Callable[[int], Pass],
    config: FitConfig,
    *,
    cut: str,
    seed: int,
    known_head: tuple[np.ndarray, np.ndarray] | None = None,
    checkpoint: Checkpoint | None = None,
    on_epoch: Callable[[int, float], None],
) -> None:
    """Trains a model in place.

    Args:
        top: activations to [logits (N, 2), features (N, F)].
        read_pass: gives the views of an epoch, counted from 0.
        config: how.
        cut: which of a pass's arrays the top takes.
        seed: of the order of views and the blending.
        known_head: the published classifier, float32 (F, C) and (C,); None keeps nothing known.
        checkpoint: where to go on from, and to keep each epoch.
        on_epoch: told each epoch's number, from 1, and mean loss.
    """
    student = _compile(top, config, known_head, steps_per_epoch=_steps(read_pass(0), config))
    done = checkpoint.load(student) if checkpoint else 0
    for epoch in range(done, config.epochs):
        losses = [
            float(np.ravel(student.train_on_batch(inputs, targets))[0])
            for inputs, targets in _batches(
                read_pass(epoch), cut, config, known_head is not None, [seed, epoch]
            )
        ]
        if checkpoint:
            checkpoint.save(epoch + 1, student)
        on_epoch(epoch + 1, float(np.mean(losses)))
    student.optimizer.finalize_variable_values(student.trainable_variables)


def predict_logits(top: keras.Model, activations: np.ndarray, batch: int = 128) -> np.ndarray:
    """Returns float32 (N, 2) logits, in order."""
    starts = range(0, len(activations), batch)
    parts = [np.asarray(activations[start : start + batch], np.float32) for start in starts]
    return np.concatenate([np.asarray(top.predict_on_batch(part)[0]) for part in parts])


def _compile(
    top: keras.Model,
    config: FitConfig,
    known_head: tuple[np.ndarray, np.ndarray] | None,
    *,
    steps_per_epoch: int,
) -> keras.Model:
    """Returns the top as it is trained: with ImageNet's answers beside ours, if they are kept."""
    import keras

    logits, features = top.outputs
    outputs, losses, weights = [logits], [keras.losses.BinaryCrossentropy(from_logits=True)], [1.0]
    if known_head is not None:
        kernel, bias = known_head
        known = keras.layers.Dense(len(bias), trainable=False, name="known")
        outputs.append(known(features))
        known.set_weights([kernel / KNOWN_TEMPERATURE, bias / KNOWN_TEMPERATURE])
        losses.append(keras.losses.CategoricalCrossentropy(from_logits=True))
        weights.append(config.keep_known)
    student = keras.Model(top.input, outputs)
    for layer in student.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            # A hundredth of the weights, and a third of the time of a step.
            layer.trainable = False
    student.compile(
        optimizer=_optimizer(student, config, steps_per_epoch * config.epochs),
        loss=losses,
        loss_weights=weights,
        jit_compile=False,  # on a CPU, twenty times slower
    )
    student.optimizer.build(student.trainable_variables)
    return student


def _optimizer(student: keras.Model, config: FitConfig, steps: int) -> Any:
    import keras

    schedule = warm_cosine(config.learning_rate, steps)
    shares = _rate_shares(student, config.block_rate)

    class AdamW(keras.optimizers.AdamW):  # type: ignore[misc]  # untyped base
        """AdamW with a rate for each layer."""

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            share = shares[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * share)

    return AdamW(
        schedule, weight_decay=config.weight_decay, use_ema=config.ema > 0, ema_momentum=config.ema
    )


def _rate_shares(student: keras.Model, block_rate: float) -> list[float]:
    """Returns the share of the learning rate of each trainable variable, in their order."""
    names = [layer.name for layer in student.layers]
    numbers = [int(name.split(".")[1]) for name in names if name.startswith("_blocks.")]
    last = max(numbers, default=0)
    shares = []
    for layer in student.layers:
        is_block = layer.name.startswith("_blocks.")
        depth = last - int(layer.name.split(".")[1]) + 1 if is_block else 0
        shares += [block_rate**depth] * len(layer.trainable_variables)
    return shares


def _steps(views: Pass, config: FitConfig) -> int:
    return max(1, len(views.targets) // config.batch_size)


def _batches(
    views: Pass, cut: str, config: FitConfig, keeps_known: bool, seed: list[int]
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yields every view once, in random order, with its targets."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(views.targets))
    wanted = views.targets.astype(np.float32)
    wanted = wanted * (1 - 2 * config.label_smoothing) + config.label_smoothing
    if views.teacher is not None:
        wanted = config.teacher_share * views.teacher + (1 - config.teacher_share) * wanted
    for step in range(_steps(views, config)):
        rows = np.sort(order[step * config.batch_size :][: config.batch_size])
        arrays = [np.asarray(views.arrays[cut][rows], np.float32), wanted[rows]]
        if keeps_known:
            arrays.append(_soften(np.asarray(views.arrays["known"][rows], np.float32)))
        if config.mixup:
            share = random.beta(config.mixup, config.mixup, len(rows))
            other = random.permutation(len(rows))
            arrays = [blend(a, a[other], share) for a in arrays]
        yield arrays[0], arrays[1:]


def _soften(logits: np.ndarray) -> np.ndarray:
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / KNOWN_TEMPERATURE)
    softmax: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return softmax


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
