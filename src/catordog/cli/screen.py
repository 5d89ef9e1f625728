"""What `catordog predict` shows: answers on standard output, progress and totals on the other."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from catordog.labels import Label
from catordog.scoring.rows import Row, as_text, csv_header, csv_line, json_line
from catordog.scoring.sort import SortMode, SortPlan
from catordog.scoring.summary import Hooks, Summary

MAX_TABLE_ROWS = 40
"""More answers than these scroll off a screen: they are for a file."""

_BAR_CELLS = 8
_COLOURS = {
    Label.CAT: "cyan",
    Label.DOG: "yellow",
    Label.BOTH: "magenta",
    Label.NEITHER: "bright_black",
}
_DONE = {SortMode.COPY: "copied", SortMode.MOVE: "moved", SortMode.LINK: "linked"}


class Output(Enum):
    """What standard output gets."""

    TABLE = auto()
    CSV = auto()
    JSON_LINES = auto()
    JSON_TOTALS = auto()
    NOTHING = auto()

    @classmethod
    def choose(cls, *, out: Path | None, json: bool, dry_run: bool, is_terminal: bool) -> Output:
        """Chooses by what was asked for, and by who reads it."""
        if json:
            return cls.JSON_LINES if out is None else cls.JSON_TOTALS
        if out is not None or dry_run:
            return cls.NOTHING
        return cls.TABLE if is_terminal else cls.CSV


class Screen:
    """Shows one run; a context manager around the time it takes."""

    def __init__(self, output: Output, *, quiet: bool) -> None:
        """Shows answers as `output` says; a quiet screen shows nothing else."""
        self._output = output
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            refresh_per_second=4,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None, rate="")
        self._rows: list[Row] = []
        self._started_s = time.monotonic()
        self._has_header = False

    @property
    def hooks(self) -> Hooks:
        """What the run is to call."""
        on_row = {
            Output.TABLE: self._collect,
            Output.CSV: self._write_csv,
            Output.JSON_LINES: lambda row: self._write(json_line(row)),
        }
        return Hooks(
            on_row=on_row.get(self._output), on_progress=self._advance, on_line=self._write_line
        )

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._progress.stop()

    def _collect(self, row: Row) -> None:
        if len(self._rows) <= MAX_TABLE_ROWS:
            self._rows.append(row)

    def _write_csv(self, row: Row) -> None:
        if not self._has_header:  # not before: what ends in an error prints nothing
            self._write(csv_header())
            self._has_header = True
        self._write(csv_line(row))

    @staticmethod
    def _write(line: bytes) -> None:
        sys.stdout.buffer.write(line)

    def _write_line(self, text: str) -> None:
        self._write(f"{text}\n".encode(errors=sys.getfilesystemencodeerrors()))

    def _advance(self, done: int, total: int) -> None:
        sys.stdout.flush()  # whoever reads the answers need not wait for the last one
        rate = done / max(time.monotonic() - self._started_s, 1e-9)
        self._progress.update(self._task, completed=done, total=total, rate=f"{rate:.0f}/s")

    def finish(self, summary: Summary, *, out: Path | None, plan: SortPlan | None) -> None:
        """Shows the table and the totals."""
        is_table = self._output is Output.TABLE and summary.photos <= MAX_TABLE_ROWS
        if is_table:
            self._print_table()
        if self._output is Output.JSON_TOTALS:
            self._write(json.dumps(dataclasses.asdict(summary)).encode() + b"\n")
        if self._quiet or (is_table and plan is None and summary.photos == 1):
            return
        for line in _totals(summary, out, plan):
            self._console.print(Text(line))
        if self._output is Output.TABLE and not is_table:
            self._console.print("To keep the answers, give a table to write: --out answers.csv")

    def _print_table(self) -> None:
        console = Console(highlight=False)
        marks = "█░" if console.encoding.lower().startswith("utf") else "#."
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("path", overflow="fold", ratio=1)
        for name in ("verdict", "p_cat", "p_dog"):
            table.add_column(name, no_wrap=True)
        for row in self._rows:
            table.add_row(Text(as_text(row.path)), *_cells(row, marks))
        console.print(table)
        for row in self._rows:
            if row.error:
                console.print(Text(f"{as_text(row.path)}: {row.error}"), soft_wrap=True)


def _cells(row: Row, marks: str) -> list[Any]:
    """Returns a row's cells after its path: each probability has a bar of its own."""
    if row.label is None or row.p_cat is None or row.p_dog is None:
        return [Text("failed", "red"), "", ""]
    verdict = Text(row.label, _COLOURS[Label(row.label)])
    bars = [_bar(row.p_cat, Label.CAT, marks), _bar(row.p_dog, Label.DOG, marks)]
    return [verdict, *bars]


def _bar(p: float, label: Label, marks: str) -> Text:
    full = round(p * _BAR_CELLS)
    bar = Text(f"{p:.3f} ").append(marks[0] * full, _COLOURS[label])
    return bar.append(marks[1] * (_BAR_CELLS - full), "dim")


def _totals(summary: Summary, out: Path | None, plan: SortPlan | None) -> list[str]:
    """Returns the closing lines."""
    if summary.was_complete:
        held = "the one answer; --overwrite answers it"
        if summary.photos > 1:
            held = f"all {summary.photos} answers; --overwrite answers them"
        lines = [f"{as_text(str(out))} already holds {held} again"]
    else:
        counts = [_number(summary.cats, "cat"), _number(summary.dogs, "dog")]
        others = {"both": summary.both, "neither": summary.neither}
        counts += [f"{number} {label}" for label, number in others.items() if number]
        counts += [f"{summary.failed} failed"] if summary.failed else []
        counts += [f"{summary.damaged} damaged but answered"] if summary.damaged else []
        counts += [f"{summary.resumed} from an earlier run"] if summary.resumed else []
        speed = f"{summary.elapsed_s:.1f} s, {summary.photos_per_s:.0f} photos/s"
        lines = [f"{_number(summary.photos, 'photo')}: {', '.join(counts)} ({speed})"]
        is_written = out is not None and not (plan and plan.dry_run)
        lines += [f"wrote {as_text(str(out))}"] if is_written else []
    if summary.skipped:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(summary.skipped.items()))
        lines.append(f"skipped what is no photo: {kinds}")
    if plan is not None and summary.sorted is not None:
        done = f"{summary.sorted.placed} {'to be ' if plan.dry_run else ''}{_DONE[plan.mode]}"
        left_out = {
            "already there": summary.sorted.already,
            "unanswered": summary.sorted.unanswered,
            "missing": summary.sorted.missing,
        }
        rest = [f"{number} {what}" for what, number in left_out.items() if number]
        lines.append(f"sorted into {as_text(str(plan.folder))}: {', '.join([done, *rest])}")
    return lines


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
