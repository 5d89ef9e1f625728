"""Writes down what a training run was made of and how it went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import metadata as installed
from pathlib import Path
from typing import Any

from catordog.data.split_file import write_split
from catordog.data.written_tables import write_csv
from catordog.plots.drawing import render_png
from catordog.plots.training_curves import plot_history
from catordog.training.photos import TrainingPhotos

_PACKAGES = ("keras", "numpy", "onnx", "onnxruntime", "pillow", "simplejpeg")


def write_records(
    folder: Path,
    *,
    settings: Mapping[str, Any],
    photos: TrainingPhotos,
    errors: Mapping[int, str],
    history: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, Any],
) -> None:
    """Writes split, photos left out, history with its curves, settings and figures.

    `split.csv`, `left_out.csv`, `history.csv`, `history.png`, `config.json`, `metrics.json`.

    Args:
        folder: exists.
        settings: the run's settings as they were used.
        photos: every photo becomes a row of `split.csv`, left out or not; `--split` takes it.
        errors: why a photo was left out, by its index.
        history: figures of each epoch.
        metrics: figures of the written model.
    """
    lines = [
        (item.example.id, item.label, photos.parts[index], item.key, item.sha256)
        for index, item in enumerate(photos.items)
    ]
    write_split(folder / "split.csv", lines)
    left_out = ((photos.items[index].example.id, text) for index, text in errors.items())
    write_csv(folder / "left_out.csv", ("id", "error"), sorted(left_out))
    write_csv(folder / "history.csv", list(history[0]), (row.values() for row in history))
    (folder / "history.png").write_bytes(render_png(plot_history(history)))
    packages = {name: installed.version(name) for name in _PACKAGES}
    texts = {name: str(value) for name, value in settings.items()}
    _write_json(folder / "config.json", texts | {"packages": packages})
    _write_json(folder / "metrics.json", dict(metrics))


def write_tensorboard(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Writes the history for `tensorboard --logdir RUN`: one line a figure, a step an epoch."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder / "tensorboard"))
    with writer.as_default():
        for step, row in enumerate(history, start=1):
            for name, value in row.items():
                if isinstance(value, float):
                    tf.summary.scalar(f"{row['stage']}/{name}", value, step=step)
    writer.close()


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
