"""What `catordog evaluate` wrote, read again: which photos a model answered rightly."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.errors import DatasetError
from catordog.labels import CLASSES, Label

_COLUMNS = ("id", "label", "answer")
_AGAIN = "Write both anew with: catordog evaluate DATA --out FOLDER"


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to labelled photos.

    Attributes:
        model: its name.
        part: of the data: train, val, test, or all.
        labels: `raw`, as the data has them, or `decided`, with a person's decisions.
        right: bool (N,), one a photo. A photo that could not be answered is not right: it shows
            in a challenge all the same, and no answer is none. A guess would be right half the
            time; counted as wrong, the model's odds are never overstated.
        cats: how many of the photos show a cat.
        failed: how many could not be answered.
    """

    model: str
    part: str
    labels: str
    right: npt.NDArray[np.bool_]
    cats: int
    failed: int

    @property
    def wrong(self) -> int:
        """How many photos are not right, those without an answer included."""
        return int((~self.right).sum())


def read_answers(metrics: Path) -> Answers:
    """Reads `metrics.json` and the `answers.csv` beside it.

    Where a person's decisions were measured too, the labels are those decided.

    Raises:
        DatasetError: one of them is missing, of another kind, or of another run than the other.
    """
    summary = _read_summary(metrics)
    table = metrics.with_name("answers.csv")
    rows = _read_rows(table)
    labels = "decided" if "decided" in summary else "raw"
    answered = [(label, answer) for label, answer in rows if answer]
    counted = (len(answered), sum(label != answer for label, answer in answered))
    expected = (summary[labels]["photos"], summary[labels]["errors"])
    if counted != expected:
        raise DatasetError(
            f"Cannot use '{table}': expected the answers that '{metrics.name}' beside it counts, "
            f"{expected[0]} photos with {expected[1]} wrong, received {counted[0]} with "
            f"{counted[1]}. {_AGAIN}"
        )
    return Answers(
        model=str(summary.get("model", "")),
        part=str(summary.get("part", "")),
        labels=labels,
        right=np.array([label == answer for label, answer in rows], np.bool_),
        cats=sum(label == Label.CAT for label, _ in rows),
        failed=len(rows) - len(answered),
    )


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(summary, dict):
            raise ValueError("no object")
        for name in {"raw", *summary} & {"raw", "decided"}:
            figures = summary.get(name)
            if not isinstance(figures, dict) or not {"photos", "errors"} <= figures.keys():
                raise ValueError(f"no 'photos' and 'errors' under '{name}'")
    except (OSError, ValueError) as exc:
        raise DatasetError(
            f"Cannot read figures '{path}': expected metrics.json as catordog evaluate writes it, "
            f"received one that fails: {exc}. {_AGAIN}"
        ) from exc
    return summary


def _read_rows(path: Path) -> list[tuple[str, str]]:
    """Returns label and answer of each photo that is labelled a cat or a dog."""
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            absent = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if absent:
                raise ValueError(f"no column '{absent[0]}'")
            # A photo that a person dropped has no label.
            return [(row["label"], row["answer"]) for row in reader if row["label"] in CLASSES]
    except (OSError, ValueError, csv.Error) as exc:
        raise DatasetError(
            f"Cannot read answers '{path}': expected the table that catordog evaluate writes "
            f"beside metrics.json, received one that fails: {exc}. {_AGAIN}, or give the accuracy "
            "alone with --accuracy."
        ) from exc
