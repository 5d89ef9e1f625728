"""Writes down what a training run was made of and how it went."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from importlib import metadata as installed
from pathlib import Path
from typing import Any

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
    """Writes `split.csv`, `history.csv`, `config.json` and `metrics.json`.

    Args:
        folder: exists.
        settings: the run's settings as they were used.
        photos: every photo becomes a row of `split.csv`, left out or not.
        errors: why a photo was left out, by its index.
        history: figures of each epoch.
        metrics: figures of the written model.
    """
    rows = [
        {
            "path": item.photo.path,
            "label": item.label,
            "part": photos.parts[index],
            "sha256": photos.sha256s[index],
            "error": errors.get(index, ""),
        }
        for index, item in enumerate(photos.items)
    ]
    rows.sort(key=lambda row: row["path"])
    _write_csv(folder / "split.csv", rows)
    _write_csv(folder / "history.csv", history)
    packages = {name: installed.version(name) for name in _PACKAGES}
    texts = {name: str(value) for name, value in settings.items()}
    _write_json(folder / "config.json", texts | {"packages": packages})
    _write_json(folder / "metrics.json", dict(metrics))


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
