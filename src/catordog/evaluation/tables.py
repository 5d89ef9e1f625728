"""The tables of the page: every figure by each set of labels, side by side."""

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
from catordog.evaluation.corruptions import CORRUPTIONS
from catordog.evaluation.outcome import TITLES, Outcome, Reading
from catordog.evaluation.slices import Slice
from catordog.evaluation.wording import UNKNOWN, probability, share, span, value, value_span
from catordog.labels import Label
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
    return share(calibration_error(bin_by_confidence(reading.results))), ""


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
        caption = TITLES[name] if len(readings) > 1 else ""
        head = ["answer", "if p is at least", "photos", "wrong", "right", "95 % interval of wrong"]
        table = Table(caption, head)
        for row in [*threshold_table(reading.results), *reach_targets(reading.results)]:
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


def list_strangers(readings: Readings) -> list[Table]:
    """Lists the photos labelled both or neither, folder by folder, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        if not reading.strangers:
            continue
        said = [label for label in Label if any(label in one.said for one in reading.strangers)]
        columns = [f"said {label}" for label in said]
        head = ["folder", "label", "photos", *columns, "median of top p", "AUROC from pets"]
        table = Table(TITLES[name] if len(readings) > 1 else "", head)
        for one in reading.strangers:
            table.rows.append(
                Row(
                    readable_name(one.group, 40) or "no folder",
                    [
                        str(one.label),
                        number(one.photos),
                        *(share(one.said.get(label, 0.0)) for label in said),
                        value(one.median_confidence, 3),
                        value(one.auroc, 3),
                    ],
                )
            )
        tables.append(table)
    return tables


def list_robustness(readings: Readings) -> list[Table]:
    """Lists accuracy by corruption and strength, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        if not reading.robustness:
            continue
        caption = TITLES[name] if len(readings) > 1 else ""
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
        accuracy, other_accuracy = (
            share(1 - errors / found.photos) for errors in (found.errors, found.other_errors)
        )
        gap, loss = found.accuracy_gap, found.log_loss_gap
        loss_here = reading.figures.metrics.log_loss
        points = f"{gap.value:+.2f} points ({gap.low:+.2f} to {gap.high:+.2f})"
        losses = f"{loss.value:+.4f} ({loss.low:+.4f} to {loss.high:+.4f})"
        rows = [
            Row("accuracy", [accuracy, other_accuracy, points]),
            Row("wrong", [number(found.errors), number(found.other_errors), ""]),
            Row("right where the other is wrong",
                [number(found.only_this_right), number(found.only_other_right),
                 f"McNemar p {probability(found.p)}"]),
            Row("log loss, nats", [value(loss_here), value(loss_here + loss.value), losses]),
            Row("photos a second", [f"{m.photos_per_s:.0f}" for m in (outcome.model, outcome.other)]
                + [""]),
            Row("file", [file_size(m.size_bytes) for m in (outcome.model, outcome.other)] + [""]),
        ]  # fmt: skip
        caption = TITLES[name] if len(outcome.readings) > 1 else ""
        tables.append(Table(caption, ["", this, other, "other minus this (95 %)"], rows))
    return tables
