"""`catordog evaluate`: a model's answers to labelled photos, measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catordog.data.catalog_cache import CACHE
from catordog.data.labelled import LabelledPhoto, data_sha256, load_labelled_photos, read_parts
from catordog.data.photos import PhotoReader
from catordog.data.split import Part
from catordog.data.written_tables import write_csv
from catordog.errors import DatasetError, OutputError
from catordog.inference.classifier import Classifier
from catordog.labels import CLASSES
from catordog.metrics import Metrics, measure
from catordog.progress import Screen
from catordog.records import Answer, Prediction
from catordog.whole_files import write_whole

_COLUMNS = ("id", "label", "answer", "p_cat", "p_dog", "error")


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What to measure.

    Attributes:
        data: path of a labelled data set.
        out: folder for `metrics.json` and `answers.csv`; made if need be.
        model: a shipped model's name, or the path of a model file.
        split: from `catordog split` or a run folder; None measures on every labelled photo.
        part: which part of the split.
        decisions: from `catordog review`; the labels as they were are measured too.
        cache: folder for what is found out about photos.
    """

    data: str
    out: Path
    model: str
    split: Path | None = None
    part: Part = Part.TEST
    decisions: Path | None = None
    cache: Path | None = CACHE


def evaluate(config: EvaluationConfig, screen: Screen) -> dict[str, Metrics]:
    """Answers labelled photos, compares, and writes what came out.

    Returns:
        Figures under `raw`, by the data set's labels; and, where there are decisions, under
        `decided`, by those. Photos that cannot be answered are counted as `failed` in the file.

    Raises:
        DatasetError: the data has no labels or a class no photo, or the split is of other photos.
        BundleError: there is no such model.
        OutputError: the folder cannot be written to.
    """
    classifier = Classifier.load(config.model)
    readings = {"raw": _choose(config, screen, None)}
    if config.decisions is not None:
        readings["decided"] = _choose(config, screen, config.decisions)
    photos = {photo.example.id: photo for chosen in readings.values() for photo in chosen}
    answers = _answer(classifier, list(photos.values()), screen)
    metrics = {name: _measure(chosen, answers) for name, chosen in readings.items()}
    _write(config, classifier, readings, answers, metrics)
    return metrics


def _choose(
    config: EvaluationConfig, screen: Screen, decisions: Path | None
) -> list[LabelledPhoto]:
    photos = load_labelled_photos(config.data, screen, decisions=decisions, cache=config.cache)
    if config.split is None:
        return photos
    parts = read_parts(photos, config.split, decisions)
    return [photo for photo, part in zip(photos, parts, strict=True) if part is config.part]


def _answer(
    classifier: Classifier, photos: Sequence[LabelledPhoto], screen: Screen
) -> dict[str, Answer]:
    advance = screen.stage("answering photos", len(photos))
    answers: dict[str, Answer] = {}
    with PhotoReader() as reader:
        sources = (reader.open(photo.example.photo) for photo in photos)
        for photo, answer in zip(photos, classifier.predict_many(sources), strict=True):
            answers[photo.example.id] = answer
            advance(1)
    return answers


def _measure(photos: Sequence[LabelledPhoto], answers: dict[str, Answer]) -> Metrics:
    answered = [
        (answer, CLASSES.index(photo.label))
        for photo in photos
        if isinstance(answer := answers[photo.example.id], Prediction)
    ]
    if not answered:
        raise DatasetError(
            f"Cannot measure the model: expected photos it can answer, received {len(photos)} "
            "of which none can be decoded. Name other photos, or another part of the split."
        )
    probabilities = np.array([[answer.p_cat, answer.p_dog] for answer, _ in answered])
    return measure(probabilities, np.array([index for _, index in answered]))


def _write(
    config: EvaluationConfig,
    classifier: Classifier,
    readings: dict[str, list[LabelledPhoto]],
    answers: dict[str, Answer],
    metrics: dict[str, Metrics],
) -> None:
    labels = {photo.example.id: photo.label for photo in list(readings.values())[-1]}
    lines = (_line(name, labels.get(name, ""), answer) for name, answer in answers.items())
    write_csv(config.out / "answers.csv", _COLUMNS, lines)
    summary: dict[str, Any] = {
        "model": classifier.name,
        "model_sha256": classifier.bundle.sha256,
        "data": config.data,
        "data_sha256": data_sha256(readings["raw"]),
        "part": str(config.part) if config.split is not None else "all",
        "failed": sum(not isinstance(answer, Prediction) for answer in answers.values()),
        **{name: asdict(figures) for name, figures in metrics.items()},
    }
    try:
        with write_whole(config.out / "metrics.json", text=True) as file:
            file.write(json.dumps(summary, indent=2) + "\n")
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{config.out}': expected a folder that can be written to, received: "
            f"{exc.strerror}. Name another with --out."
        ) from exc


def _line(name: str, label: str, answer: Answer) -> tuple[object, ...]:
    if isinstance(answer, Prediction):
        p_cat, p_dog = round(answer.p_cat, 6), round(answer.p_dog, 6)
        return name, label, answer.label, p_cat, p_dog, answer.warning
    return name, label, "", "", "", answer.error
