"""What `catordog evaluate` wrote, read again: which photos a model answered rightly.

A challenge shows cats and dogs only, so the answer is the more likely of the two, whatever the
verdict: p_dog > p_cat, which is p_dog / (p_cat + p_dog) > 0.5.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.errors import DatasetError
from catordog.labels import CLASSES, Label

_COLUMNS = ("label", "p_cat", "p_dog")
_AGAIN = "Write both anew with: catordog evaluate DATA --out FOLDER"


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to labelled photos.

    Attributes:
        model: its name.
        part: of the data: train, val, test, or all.
        labels: `raw`, as the data has them, or `cleaned`, by a person's decisions and a list of
            photos that have no right answer; empty if that is not known.
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


def read_answers(path: Path) -> Answers:
    """Reads `metrics.json` and the `answers.csv` beside it, or the latter alone.

    Where cleaned labels were measured too, they are the labels.

    Args:
        path: either file. Of a table on its own, model and part are not known.

    Raises:
        DatasetError: one of them is missing, of another kind, or of another run than the other.
    """
    is_table = path.suffix.lower() == ".csv"
    table = path if is_table else path.with_name("answers.csv")
    metrics = path.with_name("metrics.json") if is_table else path
    if is_table and not metrics.exists():
        return _count(_read_rows(table), {}, "")
    summary, rows = _read_summary(metrics), _read_rows(table)
    labels = "cleaned" if "cleaned" in summary else "raw"
    answers = _count(rows, summary, labels)
    counted = (len(rows) - answers.failed, answers.wrong - answers.failed)
    expected = (summary[labels]["photos"], summary[labels]["errors"])
    if counted != expected:
        raise DatasetError(
            f"Cannot use '{table}': expected the answers that '{metrics.name}' beside it counts, "
            f"{expected[0]} photos with {expected[1]} wrong, received {counted[0]} with "
            f"{counted[1]}. {_AGAIN}"
        )
    return answers


def _count(
    rows: Sequence[tuple[str, Label | None]], summary: Mapping[str, Any], labels: str
) -> Answers:
    return Answers(
        model=str(summary.get("model", "a model")),
        part=str(summary.get("part", "")),
        labels=labels,
        right=np.array([label == chosen for label, chosen in rows], np.bool_),
        cats=sum(label == Label.CAT for label, _ in rows),
        failed=sum(chosen is None for _, chosen in rows),
    )


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(summary, dict):
            raise ValueError("no object")
        for name in {"raw", *summary} & {"raw", "cleaned"}:
            figures = summary.get(name)
            if not isinstance(figures, dict) or not {"photos", "errors"} <= figures.keys():
                raise ValueError(f"no 'photos' and 'errors' under '{name}'")
    except (OSError, ValueError) as exc:
        raise DatasetError(
            f"Cannot read figures '{path}': expected metrics.json as catordog evaluate writes it, "
            f"received one that fails: {exc}. {_AGAIN}"
        ) from exc
    return summary


def _read_rows(path: Path) -> list[tuple[str, Label | None]]:
    """Returns label and more likely class of each photo that is labelled a cat or a dog.

    The class is None where the photo could not be answered.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            absent = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if absent:
                raise ValueError(f"no column '{absent[0]}'")
            # Other photos are in no challenge; one that was left out has no label.
            return [(row["label"], _choose(row)) for row in reader if row["label"] in CLASSES]
    except (OSError, ValueError, csv.Error) as exc:
        raise DatasetError(
            f"Cannot read answers '{path}': expected the table that catordog evaluate writes "
            f"beside metrics.json, received one that fails: {exc}. {_AGAIN}, or give the accuracy "
            "alone with --accuracy."
        ) from exc


def _choose(row: Mapping[str, str]) -> Label | None:
    """Returns the more likely of cat and dog."""
    if not row["p_cat"]:
        return None
    p_cat, p_dog = float(row["p_cat"]), float(row["p_dog"])
    if not (0 <= p_cat <= 1 and 0 <= p_dog <= 1):
        raise ValueError(f"p_cat {p_cat:g} and p_dog {p_dog:g} are not both from 0 to 1")
    return CLASSES[p_dog > p_cat]
