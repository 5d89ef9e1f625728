"""The tables of the page about "cat or dog?": every figure by each set of labels, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from catordog.evaluation.bootstrap import Estimate
from catordog.evaluation.calibration import (
    bin_by_confidence,
    calibration_error,
    reach_targets,
    threshold_table,
)
from catordog.evaluation.comparison import Paired
from catordog.evaluation.corruptions import CORRUPTIONS
from catordog.evaluation.outcome import TITLES, Outcome, Reading
from catordog.evaluation.slices import Slice
from catordog.evaluation.wording import UNKNOWN, probability, share, span, value, value_span
from catordog.pages.wording import file_size, number
from catordog.plots.drawing import readable_name

Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        name: what it is about.
        cells: one text a column.
        is_marked: it deserves a look.
    """

    name: str
    cells: list[str]
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page.

    Attributes:
        caption: what it is; may be empty.
        head: of each column; the first is that of the rows' names.
        rows: what it holds.
    """

    caption: str
    head: list[str]
    rows: list[Row] = field(default_factory=list)


def caption_of(readings: Readings, name: str) -> str:
    """Names the labels, where there are two sets of them."""
    return TITLES[name] if len(readings) > 1 else ""


def by_labels(readings: Readings, texts: list[str]) -> str:
    """Joins one text for each set of labels, each said to be by its labels if there are two."""
    if len(texts) == 1:
        return texts[0]
    named = zip(readings, texts, strict=True)
    return " ".join(f"By {TITLES[name]}: {text[:1].lower()}{text[1:]}" for name, text in named)


def list_figures(readings: Readings) -> Table:
    """Lists accuracy, log loss, AUC, calibration, and precision, recall and F1 of each class."""
    head = ["figure"]
    for name in readings:
        head += [TITLES[name] if len(readings) > 1 else "value", "95 % interval"]
    table = Table("", head)
    for name, told in _FIGURES.items():
        cells = [text for reading in readings.values() for text in told(reading)]
        table.rows.append(Row(name, cells))
    for label in next(iter(readings.values())).figures.classes:
        for what in ("precision", "recall", "f1"):
            cells = []
            for reading in readings.values():
                found: Estimate = getattr(reading.figures.classes[label], what)
                cells += [share(found.value), span(found.low, found.high)]
            table.rows.append(Row(f"{what.replace('f1', 'F1')} of {label}s", cells))
    return table


def _tell_accuracy(reading: Reading) -> tuple[str, str]:
    found = reading.figures.metrics
    return share(found.accuracy), span(found.accuracy_low, found.accuracy_high)


def _tell_bootstrap(reading: Reading) -> tuple[str, str]:
    found = reading.figures.accuracy
    return share(found.value), span(found.low, found.high)


def _tell_log_loss(reading: Reading) -> tuple[str, str]:
    found = reading.figures.log_loss
    return value(found.value), value_span(found.low, found.high)


def _tell_auc(reading: Reading) -> tuple[str, str]:
    found = reading.figures.auc
    return value(found.value, 5), value_span(found.low, found.high, 5)


def _tell_calibration(reading: Reading) -> tuple[str, str]:
    return share(calibration_error(bin_by_confidence(reading.pets))), ""


def _tell_count(reading: Reading) -> tuple[str, str]:
    found = reading.figures.metrics
    return f"{number(found.errors)} of {number(found.photos)}", ""


_FIGURES: Mapping[str, Callable[[Reading], tuple[str, str]]] = {
    "accuracy (interval: Wilson)": _tell_accuracy,
    "accuracy (interval: bootstrap)": _tell_bootstrap,
    "wrong": _tell_count,
    "log loss, nats": _tell_log_loss,
    "AUC": _tell_auc,
    "calibration error": _tell_calibration,
}


def list_thresholds(readings: Readings) -> list[Table]:
    """Lists error against coverage, and what it takes to reach a target, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        caption = caption_of(readings, name)
        head = ["answer", "if p is at least", "photos", "wrong", "right", "95 % interval of wrong"]
        table = Table(caption, head)
        for row in [*threshold_table(reading.pets), *reach_targets(reading.pets)]:
            goal = "" if row.target is None else f"to be right {100 * row.target:g} %: "
            cells = [
                f"{row.confidence:.4f}", number(row.answered), number(row.errors),
                share(1 - row.error_rate), span(row.error_rate_low, row.error_rate_high),
            ]  # fmt: skip
            table.rows.append(Row(f"{goal}{100 * row.coverage:.4g} %", cells))
        tables.append(table)
    return tables


def list_slices(readings: Readings) -> Table:
    """Lists the kinds of photos, those on which the model is significantly worse marked."""
    head = ["kind of photo"]
    for name in readings:
        by = f", {TITLES[name]}" if len(readings) > 1 else ""
        head += [f"photos{by}", "wrong", "right", "95 % interval", "p"]
    found: dict[tuple[str, str], dict[str, Slice]] = {}
    for name, reading in readings.items():
        for one in reading.slices:
            found.setdefault((one.by, one.name), {})[name] = one
    table = Table("", head)
    for (by, kind), of_labels in found.items():
        cells = [text for name in readings for text in _tell_slice(of_labels.get(name))]
        is_worse = any(one.is_worse for one in of_labels.values())
        table.rows.append(Row(f"{by}: {kind}", cells, is_worse))
    return table


def _tell_slice(one: Slice | None) -> list[str]:
    if one is None:
        return ["0", *[UNKNOWN] * 4]
    right = [share(one.accuracy), span(one.accuracy_low, one.accuracy_high)]
    p = f"{probability(one.p)}{', worse' if one.is_worse else ''}"
    return [number(one.photos), number(one.errors), *right, p]


def list_robustness(readings: Readings) -> list[Table]:
    """Lists accuracy by corruption and strength, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        if not reading.robustness:
            continue
        caption = caption_of(readings, name)
        table = Table(caption, ["corruption", *(f"strength {level}" for level in range(1, 6))])
        for way in CORRUPTIONS:
            rows = [row for row in reading.robustness if row.corruption == way]
            table.rows.append(Row(way, [f"{share(r.accuracy)} ({r.setting})" for r in rows]))
        tables.append(table)
    return tables


def list_comparison(outcome: Outcome) -> list[Table]:
    """Lists both models side by side, for each set of labels."""
    if outcome.other is None:
        return []
    this, other = readable_name(outcome.model.name, 40), readable_name(outcome.other.name, 40)
    if this == other:
        this, other = f"{this} (this)", f"{other} (other)"
    tables = []
    for name, reading in outcome.readings.items():
        found = reading.comparison
        if found is None:
            continue
        rows = [row for title, test in found.tests.items() for row in _tell_paired(title, test)]
        loss, loss_here = found.log_loss_gap, reading.figures.metrics.log_loss
        losses = f"{loss.value:+.4f} ({loss.low:+.4f} to {loss.high:+.4f})"
        sides = (outcome.model, outcome.other)
        rows += [
            Row("log loss, nats", [value(loss_here), value(loss_here + loss.value), losses]),
            Row("photos a second", [*(f"{side.photos_per_s:.0f}" for side in sides), ""]),
            Row("file", [*(file_size(side.size_bytes) for side in sides), ""]),
        ]
        caption = caption_of(outcome.readings, name)
        tables.append(Table(caption, ["", this, other, "other minus this (95 %)"], rows))
    return tables


def _tell_paired(title: str, test: Paired) -> list[Row]:
    right, other_right = (
        f"{share(1 - wrong / test.photos)}" for wrong in (test.errors, test.other_errors)
    )
    gap = f"{test.gap.value:+.2f} points ({test.gap.low:+.2f} to {test.gap.high:+.2f})"
    return [
        Row(f"{title}: right of {number(test.photos)}", [right, other_right, gap]),
        Row(
            f"{title}: right where the other is wrong",
            [
                number(test.only_this_right),
                number(test.only_other_right),
                f"McNemar p {probability(test.p)}",
            ],
        ),
    ]
