"""`catordog evaluate`: a model's answers to labelled photos, measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.labelled import LabelledPhoto, data_sha256, load_labelled_photos, read_parts
from catordog.data.split import Part
from catordog.data.written_tables import write_csv
from catordog.errors import ConfigError
from catordog.evaluation import robustness
from catordog.evaluation.answering import Answers, answer_photos, line_up
from catordog.evaluation.comparison import compare_results
from catordog.evaluation.figures import measure_results
from catordog.evaluation.kaggle import (
    CLIP,
    check_clip,
    list_test_photos,
    number_answers,
    write_kaggle,
)
from catordog.evaluation.outcome import ModelFacts, Outcome, Reading
from catordog.evaluation.slices import measure_slices, slice_photos
from catordog.evaluation.strangers import measure_strangers
from catordog.inference.classifier import Classifier
from catordog.labels import CLASSES, Label
from catordog.pages.html import make_folder, write_file
from catordog.progress import Screen
from catordog.records import Answer, Prediction

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
        compare: another model to answer the same photos.
        fail_if_worse: points of accuracy by which the other may be better, see
            `Comparison.is_worse_by`; None allows any.
        corruptions: how many photos to spoil in 30 ways; 0 for none.
        kaggle: file for the answers to Kaggle's test photos.
        kaggle_clip: P(dog) in it is kept within [clip, 1 - clip].
        seed: of the bootstrap, the sample of photos to spoil, and the noise.
    """

    data: str
    out: Path
    model: str
    split: Path | None = None
    part: Part = Part.TEST
    decisions: Path | None = None
    cache: Path | None = CACHE
    compare: str | None = None
    fail_if_worse: float | None = None
    corruptions: int = 0
    kaggle: Path | None = None
    kaggle_clip: float = CLIP
    seed: int = 0


Chosen = Mapping[str, list[LabelledPhoto]]


def evaluate(config: EvaluationConfig, screen: Screen) -> Outcome:
    """Answers labelled photos, compares, and writes what came out.

    Returns:
        What was found; `metrics.json`, `answers.csv` and `report.html` say the same.

    Raises:
        ConfigError: options contradict each other.
        DatasetError: the data has no labels or a class no photo, or the split is of other photos.
        BundleError: there is no such model.
        OutputError: the folder cannot be written to.
    """
    _check(config)
    classifier = Classifier.load(config.model)
    other = None if config.compare is None else Classifier.load(config.compare)
    catalog = load_catalog(config.data, cache=config.cache, screen=screen)
    tests = {} if config.kaggle is None else list_test_photos(catalog.source)
    chosen = {"raw": _choose(config, catalog, screen, None)}
    if config.decisions is not None:
        decided = _choose(config, catalog, screen, config.decisions)
        chosen["decided"] = _leave_out_other_parts(decided, chosen["raw"])
    photos = {p.example.id: p.example.photo for some in chosen.values() for p in some}
    answers = answer_photos(classifier, photos, screen, stage="answering photos")
    others = None
    if other is not None:
        others = answer_photos(other, photos, screen, stage="answering with the other model")
    readings = {
        name: _measure(config, catalog, some, answers, others) for name, some in chosen.items()
    }
    if config.corruptions:
        readings = _spoil(config, classifier, readings, chosen, screen)
    outcome = Outcome(
        data=config.data,
        data_sha256=data_sha256(_pets(chosen["raw"])),
        part=str(config.part) if config.split is not None else "all",
        catalog=catalog,
        model=_facts(classifier, answers),
        other=_facts(other, others) if other is not None and others is not None else None,
        readings=readings,
        failed=_count_failed(chosen, answers),
        is_worse=_is_worse(config, readings),
    )
    _write(config, outcome, chosen, answers)
    if config.kaggle is not None:
        numbered = {str(number): photo for number, photo in tests.items()}
        said = answer_photos(classifier, numbered, screen, stage="answering Kaggle's photos")
        write_kaggle(config.kaggle, number_answers(said), clip=config.kaggle_clip)
    return outcome


def _check(config: EvaluationConfig) -> None:
    check_clip(config.kaggle_clip)
    if config.fail_if_worse is not None and config.compare is None:
        raise ConfigError(
            "Cannot tell whether the model is worse: expected another model to compare with, "
            "received none. Name one with --compare."
        )


def _choose(
    config: EvaluationConfig, catalog: Catalog, screen: Screen, decisions: Path | None
) -> list[LabelledPhoto]:
    """Lists the cats and dogs of the part, and every photo labelled both or neither.

    The latter are in no split, as no model is trained on them.
    """
    photos = load_labelled_photos(
        catalog, screen, decisions=decisions, labels=tuple(Label), compares=False
    )
    if config.split is None:
        return photos
    pets = _pets(photos)
    parts = read_parts(pets, config.split, decisions)
    kept = {p.example.id for p, part in zip(pets, parts, strict=True) if part is config.part}
    return [p for p in photos if p.label not in CLASSES or p.example.id in kept]


def _leave_out_other_parts(
    decided: list[LabelledPhoto], raw: list[LabelledPhoto]
) -> list[LabelledPhoto]:
    """Leaves out cats and dogs of other parts that were decided to be neither or both.

    The model may have been trained on them.
    """
    measured = {photo.example.id for photo in raw}
    return [
        p
        for p in decided
        if p.label in CLASSES or p.example.label not in CLASSES or p.example.id in measured
    ]


def _pets(photos: list[LabelledPhoto]) -> list[LabelledPhoto]:
    return [photo for photo in photos if photo.label in CLASSES]


def _count_failed(chosen: Chosen, answers: Answers) -> int:
    pets = {photo.example.id for some in chosen.values() for photo in _pets(some)}
    return sum(not isinstance(answers.of[name], Prediction) for name in pets)


def _measure(
    config: EvaluationConfig,
    catalog: Catalog,
    photos: list[LabelledPhoto],
    answers: Answers,
    others: Answers | None,
) -> Reading:
    pets = _pets(photos)
    results = line_up(pets, answers)
    figures = measure_results(results, seed=config.seed)
    strangers = [photo for photo in photos if photo.label not in CLASSES]
    compared = None
    if others is not None:
        compared = compare_results(results, line_up(pets, others), seed=config.seed)
    return Reading(
        results,
        figures,
        measure_slices(results, slice_photos(catalog, results.ids)),
        measure_strangers(strangers, answers, results),
        comparison=compared,
    )


def _spoil(
    config: EvaluationConfig,
    classifier: Classifier,
    readings: dict[str, Reading],
    chosen: Chosen,
    screen: Screen,
) -> dict[str, Reading]:
    """Adds what becomes of the answers when photos are spoiled: one sample for all labels."""
    pets = {p.example.id: p.example.photo for some in chosen.values() for p in _pets(some)}
    ids = robustness.sample_ids(list(pets), config.corruptions, seed=config.seed)
    sample = {name: pets[name] for name in ids}
    said = robustness.answer_corrupted(classifier, sample, screen, seed=config.seed)
    spoiled = {}
    for name, reading in readings.items():
        labels = dict(zip(reading.results.ids, reading.results.labels, strict=True))
        measured = robustness.measure_robustness(said, labels)
        spoiled[name] = replace(reading, robustness=measured)
    return spoiled


def _facts(classifier: Classifier, answers: Answers) -> ModelFacts:
    bundle = classifier.bundle
    return ModelFacts(classifier.name, bundle.sha256, bundle.size_bytes, answers.photos_per_s)


def _is_worse(config: EvaluationConfig, readings: Mapping[str, Reading]) -> bool:
    """Is the model worse than allowed, by the decided labels if there are any?"""
    comparison = list(readings.values())[-1].comparison
    if comparison is None or config.fail_if_worse is None:
        return False
    return comparison.is_worse_by(config.fail_if_worse)


def _write(config: EvaluationConfig, outcome: Outcome, chosen: Chosen, answers: Answers) -> None:
    from catordog.evaluation.report import write_report

    make_folder(config.out)
    labels = {photo.example.id: photo.label for photo in list(chosen.values())[-1]}
    lines = (_line(name, labels.get(name, ""), answer) for name, answer in answers.of.items())
    write_csv(config.out / "answers.csv", _COLUMNS, lines)
    figures = json.dumps(outcome.as_json(), indent=2, allow_nan=False) + "\n"
    write_file(config.out / "metrics.json", figures.encode(errors="surrogateescape"))
    write_report(outcome, config.out)


def _line(name: str, label: str, answer: Answer) -> tuple[object, ...]:
    if isinstance(answer, Prediction):
        p_cat, p_dog = round(answer.p_cat, 6), round(answer.p_dog, 6)
        return name, label, answer.label, p_cat, p_dog, answer.warning
    return name, label, "", "", "", answer.error
