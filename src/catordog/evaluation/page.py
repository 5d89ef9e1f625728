"""Gathers what the page shows; draws the pictures on the way."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np

from catordog.evaluation import sentences, tables, verdict_sentences, verdict_tables
from catordog.evaluation.bootstrap import RESAMPLES
from catordog.evaluation.calibration import bin_by_confidence
from catordog.evaluation.curves import (
    Curve,
    average_precision,
    trace_precision_recall,
    trace_roc,
)
from catordog.evaluation.galleries import Album, list_cells, list_hardest, list_mistakes
from catordog.evaluation.outcome import TITLES, Outcome, Reading
from catordog.evaluation.tables import caption_of
from catordog.evaluation.wording import share
from catordog.labels import CLASSES, Label
from catordog.pages.chart import Chart, draw_chart
from catordog.pages.wording import file_size, number
from catordog.plots import model_curves
from catordog.plots.drawing import Figure, readable_name


def fill_page(outcome: Outcome) -> dict[str, Any]:
    """Returns the template's variables.

    Args:
        outcome: what was found.
    """
    readings, album = outcome.readings, Album(outcome.catalog, outcome.sets)
    shown = {name: caption_of(readings, name) for name in readings}
    results = {name: reading.results for name, reading in readings.items()}
    pets = {name: reading.pets for name, reading in readings.items()}
    return {
        "model": readable_name(outcome.model.name),
        "data": readable_name(PurePath(outcome.data).name or outcome.data),
        "sources": _name_sources(outcome),
        "sha256": outcome.model.sha256,
        "second_look": outcome.second_look,
        "numbers": _numbers(outcome),
        "summary": sentences.summarize(outcome),
        "figures": tables.list_figures(readings),
        "choices": verdict_tables.list_choices(readings),
        "verdicts": verdict_tables.list_verdicts(readings),
        "verdicts_sentence": verdict_sentences.say_verdicts(readings),
        "matrices": [(shown[n], list_cells(n, results[n], album)) for n in readings],
        "strangers": {
            label: verdict_tables.list_strangers(readings, label)
            for label in (Label.NEITHER, Label.BOTH)
        },
        "strangers_sentence": verdict_sentences.say_strangers(readings),
        "hardest": list_hardest(outcome.last.results, album),
        "roc": _draw_roc(outcome),
        "precision_recall": _draw_precision_recall(outcome),
        "reliability": _draw_reliability(outcome),
        "coverage": _draw_coverage(outcome),
        "questions": verdict_tables.list_questions(readings),
        "question_charts": _draw_questions(outcome),
        "thresholds": tables.list_thresholds(readings),
        "mistakes": [(shown[n], list_mistakes(pets[n], album)) for n in readings],
        "slice_charts": _draw_slices(outcome),
        "slices": tables.list_slices(readings),
        "robustness_charts": _draw_robustness(outcome),
        "robustness": tables.list_robustness(readings),
        "odds": verdict_tables.list_odds(readings),
        "odds_sentence": verdict_sentences.say_odds(readings),
        "comparison": tables.list_comparison(outcome),
        "comparison_sentence": sentences.say_comparison(outcome),
        "speed": f"{outcome.model.photos_per_s:,.0f}",
        "size": file_size(outcome.model.size_bytes),
        "resamples": number(RESAMPLES),
        "seed": outcome.last.figures.seed,
    }


def _name_sources(outcome: Outcome) -> str:
    part = "every labelled photo" if outcome.part == "all" else f"part {outcome.part}"
    own = f"{outcome.data} · {outcome.catalog.source.layout} · {part}"
    return readable_name(" · ".join([own, *(f"strangers {one.path}" for one in outcome.sets)]))


def _numbers(outcome: Outcome) -> list[tuple[str, str]]:
    rows = []
    for name, reading in outcome.readings.items():
        by = f", {TITLES[name]}" if len(outcome.readings) > 1 else ""
        metrics = reading.figures.metrics
        rows += [
            (f"cats and dogs{by}", number(metrics.photos)),
            (f"right, cat or dog{by}", share(metrics.accuracy)),
        ]
    verdicts = outcome.last.verdicts
    rows += [
        ("right verdicts", share(verdicts.right.value)),
        ("cats and dogs lost", share(verdicts.pets_lost.value)),
    ]
    for one in outcome.last.strangers:
        is_alone = sum(other.label is one.label for other in outcome.last.strangers) == 1
        if (one.is_total or is_alone) and one.photos:
            rows.append((f"{one.label}, called so", share(one.right.value)))
    if outcome.failed:
        rows.append(("not answered", number(outcome.failed)))
    speed = f"{outcome.model.photos_per_s:,.0f}"
    return [*rows, ("photos a second, here", speed), ("file", file_size(outcome.model.size_bytes))]


def _name(outcome: Outcome, name: str) -> str:
    return TITLES[name] if len(outcome.readings) > 1 else readable_name(outcome.model.name, 30)


def _chart(figure: Figure, title: str, sentence: str) -> Chart:
    return draw_chart(figure, title, sentence)[0]


def _draw_roc(outcome: Outcome) -> Chart:
    lines = {}
    for name, reading in outcome.readings.items():
        curve = _trace(reading, Label.DOG, is_roc=True)
        if curve is not None:
            lines[_name(outcome, name)] = (curve.across, curve.up)
    figure = model_curves.plot_roc(lines)
    return _chart(figure, "ROC curve", sentences.say_roc(outcome.readings))


def _trace(reading: Reading, label: Label, *, is_roc: bool) -> Curve | None:
    column = CLASSES.index(label)
    trace = trace_roc if is_roc else trace_precision_recall
    return trace(reading.pets.given_pet[:, column], reading.pets.classes == column)


def _draw_precision_recall(outcome: Outcome) -> Chart:
    lines, areas = {}, []
    for name, reading in outcome.readings.items():
        traced = {str(label): _trace(reading, label, is_roc=False) for label in CLASSES}
        curves = {label: curve for label, curve in traced.items() if curve is not None}
        lines[_name(outcome, name)] = {label: (c.across, c.up) for label, c in curves.items()}
        areas.append({label: average_precision(curve) for label, curve in curves.items()})
    figure = model_curves.plot_precision_recall(lines)
    sentence = sentences.say_precision_recall(outcome.readings, areas)
    return _chart(figure, "Precision and recall", sentence)


def _draw_reliability(outcome: Outcome) -> Chart:
    bins = {
        _name(outcome, name): [
            (b.confidence, b.photos, b.errors) for b in bin_by_confidence(reading.pets)
        ]
        for name, reading in outcome.readings.items()
    }
    figure = model_curves.plot_reliability(bins)
    return _chart(figure, "Reliability", sentences.say_reliability(outcome.readings))


def _draw_questions(outcome: Outcome) -> list[Chart]:
    charts = []
    for place, label in enumerate(CLASSES):
        bins = {
            _name(outcome, name): [
                (b.probability, b.photos, b.contain) for b in reading.questions[place].bins
            ]
            for name, reading in outcome.readings.items()
        }
        texts = [
            verdict_sentences.say_question(reading.questions[place])
            for reading in outcome.readings.values()
        ]
        figure = model_curves.plot_stated_probability(bins)
        sentence = tables.by_labels(outcome.readings, texts)
        charts.append(_chart(figure, f"Is there a {label}?", sentence))
    return charts


def _draw_coverage(outcome: Outcome) -> Chart:
    lines = {}
    for name, reading in outcome.readings.items():
        order = np.argsort(-reading.pets.confidence, kind="stable")
        answered = np.arange(1, len(order) + 1)
        wrong = np.cumsum(~reading.pets.is_right[order])
        lines[_name(outcome, name)] = (answered / len(order), wrong / answered)
    figure = model_curves.plot_coverage(lines)
    return _chart(figure, "Coverage against error", sentences.say_coverage(outcome.readings))


def _draw_slices(outcome: Outcome) -> list[Chart]:
    charts = []
    for name, reading in outcome.readings.items():
        photos = len(reading.pets.ids)
        rows = [
            (
                f"{one.by}: {one.name.partition(' (')[0]}",
                *(1 - one.accuracy, 1 - one.accuracy_high, 1 - one.accuracy_low),
                one.is_worse,
            )
            for one in reading.slices
            if one.photos < photos
        ]
        title = f"Wrong, by {TITLES[name]}" if len(outcome.readings) > 1 else "Wrong"
        sentence = sentences.say_slices({name: reading})
        charts.append(_chart(model_curves.plot_slices(rows), title, sentence))
    return charts


def _draw_robustness(outcome: Outcome) -> list[Chart]:
    charts = []
    for name, reading in outcome.readings.items():
        if not reading.robustness:
            continue
        whole, *rest = reading.robustness
        lines: dict[str, list[tuple[float, float, float]]] = {}
        for row in rest:
            points = lines.setdefault(row.corruption, [_point(whole)])
            points.append(_point(row))
        title = f"Accuracy, {TITLES[name]}" if len(outcome.readings) > 1 else "Accuracy"
        sentence = sentences.say_robustness({name: reading})
        charts.append(_chart(model_curves.plot_robustness(lines), title, sentence))
    return charts


def _point(row: Any) -> tuple[float, float, float]:
    return row.accuracy, row.accuracy_low, row.accuracy_high
