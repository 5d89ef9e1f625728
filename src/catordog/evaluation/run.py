"""`catordog evaluate`: a model's answers to labelled photos, measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from catordog.cache_folder import CACHE
from catordog.challenge.answers import Answers as ChallengeAnswers
from catordog.challenge.rules import PHOTOS
from catordog.challenge.verdict import Verdict as Odds
from catordog.challenge.verdict import verdict_of_answers
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.labelled import LabelledPhoto, data_sha256
from catordog.data.split import Part
from catordog.data.written_tables import write_csv
from catordog.errors import ConfigError
from catordog.evaluation import robustness
from catordog.evaluation.answering import Answers, Results, answer_photos, line_up
from catordog.evaluation.choosing import RAW, Chosen, choose_photos, pets_of
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
from catordog.evaluation.questions import measure_questions
from catordog.evaluation.slices import measure_slices, slice_photos
from catordog.evaluation.stranger_sets import load_stranger_sets
from catordog.evaluation.strangers import measure_strangers
from catordog.evaluation.verdicts import measure_verdicts
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
        decisions: from `catordog review`; cleaned labels are measured too.
        no_right_answer: a list of photos that cleaned labels leave out.
        strangers: folders or archives of photos that show no single pet.
        second_look: when to look at parts of a photo as well: auto, off or always.
        cache: folder for what is found out about photos.
        compare: another model to answer the same photos.
        fail_if_worse: percentage points by which the other may be better, see
            `Comparison.regressions`; None allows any.
        corruptions: how many photos to spoil in 30 ways; 0 for none.
        kaggle: file for the answers to Kaggle's test photos.
        kaggle_clip: P(dog) in it is kept within [clip, 1 - clip].
        seed: of the bootstrap, the sample of photos to spoil, the noise, and the challenges.
    """

    data: str
    out: Path
    model: str
    split: Path | None = None
    part: Part = Part.TEST
    decisions: Path | None = None
    no_right_answer: Path | None = None
    strangers: Sequence[str] = ()
    second_look: str = "auto"
    cache: Path | None = CACHE
    compare: str | None = None
    fail_if_worse: float | None = None
    corruptions: int = 0
    kaggle: Path | None = None
    kaggle_clip: float = CLIP
    seed: int = 0


def evaluate(config: EvaluationConfig, screen: Screen) -> Outcome:
    """Answers labelled photos, compares, and writes what came out.

    Returns:
        What was found; `metrics.json`, `answers.csv` and `report.html` say the same.

    Raises:
        ConfigError: options contradict each other.
        DatasetError: the data has no labels or a class no photo, or a split or list is of other
            photos.
        BundleError: there is no such model.
        OutputError: the folder cannot be written to.
    """
    _check(config)
    classifier = Classifier.load(config.model, second_look=config.second_look)
    other = None
    if config.compare is not None:
        other = Classifier.load(config.compare, second_look=config.second_look)
    catalog = load_catalog(config.data, cache=config.cache, screen=screen)
    tests = {} if config.kaggle is None else list_test_photos(catalog.source)
    taken = [example.id for example in catalog.source.examples]
    sets = load_stranger_sets(config.strangers, taken, screen, cache=config.cache)
    chosen = choose_photos(
        *(catalog, sets, screen),
        split=config.split,
        part=config.part,
        decisions=config.decisions,
        no_right_answer=config.no_right_answer,
    )
    photos = {p.example.id: p.example.photo for some in chosen.readings.values() for p in some}
    answers = answer_photos(classifier, photos, screen, stage="answering photos")
    others = None
    if other is not None:
        others = answer_photos(other, photos, screen, stage="answering with the other model")
    readings = {
        name: _measure(config, catalog, name, chosen, answers, others) for name in chosen.readings
    }
    if config.corruptions:
        readings = _spoil(config, classifier, readings, chosen, screen)
    outcome = Outcome(
        data=config.data,
        data_sha256=data_sha256(pets_of(chosen.readings[RAW])),
        part=_part(config),
        catalog=catalog,
        model=_facts(classifier, answers),
        other=_facts(other, others) if other is not None and others is not None else None,
        readings=readings,
        failed=_count_failed(chosen, answers),
        second_look=config.second_look,
        sets=sets,
        regressions=_find_regressions(config, readings),
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


def _part(config: EvaluationConfig) -> str:
    return "all" if config.split is None else str(config.part)


def _count_failed(chosen: Chosen, answers: Answers) -> int:
    pets = {photo.example.id for some in chosen.readings.values() for photo in pets_of(some)}
    return sum(not isinstance(answers.of[name], Prediction) for name in pets)


def _measure(
    config: EvaluationConfig,
    catalog: Catalog,
    name: str,
    chosen: Chosen,
    answers: Answers,
    others: Answers | None,
) -> Reading:
    photos = chosen.readings[name]
    results, pets = line_up(photos, answers), line_up(pets_of(photos), answers)
    strangers = [photo for photo in photos if photo.label not in CLASSES]
    figures = measure_results(pets, seed=config.seed)
    compared = None
    if others is not None:
        compared = compare_results(results, line_up(photos, others), seed=config.seed)
    return Reading(
        results,
        pets,
        figures,
        measure_verdicts(results),
        measure_questions(results, seed=config.seed),
        measure_slices(pets, slice_photos(catalog, pets.ids)),
        measure_strangers(strangers, answers, pets, chosen.groups, seed=config.seed),
        odds=_challenge(config, name, pets_of(photos), pets),
        comparison=compared,
    )


def _challenge(
    config: EvaluationConfig, name: str, photos: Sequence[LabelledPhoto], pets: Results
) -> Odds | None:
    """Tells how often the model would pass Asirra's challenge of such photos."""
    if len(photos) < PHOTOS:
        return None
    right = np.concatenate([pets.is_right, np.zeros(len(pets.failed), np.bool_)])
    cats = sum(photo.label is Label.CAT for photo in photos)
    failed = len(pets.failed)
    answers = ChallengeAnswers(config.model, _part(config), name, right, cats, failed)
    return verdict_of_answers(answers, seed=config.seed)


def _spoil(
    config: EvaluationConfig,
    classifier: Classifier,
    readings: dict[str, Reading],
    chosen: Chosen,
    screen: Screen,
) -> dict[str, Reading]:
    """Adds what becomes of the answers when photos are spoiled: one sample for all labels."""
    measured = (p for some in chosen.readings.values() for p in pets_of(some))
    pets = {photo.example.id: photo.example.photo for photo in measured}
    ids = robustness.sample_ids(list(pets), config.corruptions, seed=config.seed)
    sample = {name: pets[name] for name in ids}
    said = robustness.answer_corrupted(classifier, sample, screen, seed=config.seed)
    spoiled = {}
    for name, reading in readings.items():
        labels = dict(zip(reading.pets.ids, reading.pets.labels, strict=True))
        spoiled[name] = replace(reading, robustness=robustness.measure_robustness(said, labels))
    return spoiled


def _facts(classifier: Classifier, answers: Answers) -> ModelFacts:
    bundle = classifier.bundle
    return ModelFacts(classifier.name, bundle.sha256, bundle.size_bytes, answers.photos_per_s)


def _find_regressions(config: EvaluationConfig, readings: Mapping[str, Reading]) -> list[str]:
    """Names what the model is worse at than allowed, by the cleaned labels if there are any."""
    comparison = list(readings.values())[-1].comparison
    if comparison is None or config.fail_if_worse is None:
        return []
    return comparison.regressions(config.fail_if_worse)


def _write(config: EvaluationConfig, outcome: Outcome, chosen: Chosen, answers: Answers) -> None:
    from catordog.evaluation.report import write_report

    make_folder(config.out)
    last = list(chosen.readings.values())[-1]
    labels = {photo.example.id: photo.label for photo in last}
    lines = (_line(name, labels.get(name, ""), answer) for name, answer in answers.of.items())
    write_csv(config.out / "answers.csv", _COLUMNS, lines)
    figures = json.dumps(outcome.as_json(), indent=2, allow_nan=False) + "\n"
    write_file(config.out / "metrics.json", figures.encode(errors="surrogateescape"))
    write_report(outcome, config.out)


def _line(name: str, label: str, answer: Answer) -> tuple[object, ...]:
    if isinstance(answer, Prediction):
        # Nine digits keep a float32 apart from its neighbours: whoever reads this file finds the
        # same of two probabilities the larger one.
        p_cat, p_dog = (float(f"{p:.9g}") for p in (answer.p_cat, answer.p_dog))
        return name, label, answer.label, p_cat, p_dog, answer.warning
    return name, label, "", "", "", answer.error
