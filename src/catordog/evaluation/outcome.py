"""What an evaluation found: everything that the file of figures and the report show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from catordog.challenge.rules import RULES
from catordog.challenge.verdict import Verdict as Odds
from catordog.data.catalog import Catalog
from catordog.evaluation import calibration
from catordog.evaluation.answering import Results
from catordog.evaluation.choosing import CLEANED, RAW
from catordog.evaluation.comparison import Comparison
from catordog.evaluation.figures import Figures
from catordog.evaluation.questions import Question
from catordog.evaluation.robustness import Robustness
from catordog.evaluation.slices import Slice
from catordog.evaluation.stranger_sets import StrangerSet
from catordog.evaluation.strangers import Strangers
from catordog.evaluation.verdicts import Verdicts
from catordog.metrics import Metrics

TITLES = {RAW: "labels as given", CLEANED: "cleaned labels"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A model measured by one set of labels.

    Attributes:
        results: labels and answers of all labelled photos.
        pets: the same of cats and dogs alone.
        figures: how well Kaggle's question, cat or dog?, is answered.
        verdicts: how well cat, dog, both or neither is.
        questions: how well each animal's own question is.
        slices: mistakes at Kaggle's question by kinds of photos.
        strangers: photos labelled both or neither.
        odds: of passing Asirra's challenge; None with fewer photos than it shows.
        robustness: accuracy on spoiled photos; empty if that was not asked for.
        comparison: with another model, if one was named.
    """

    results: Results
    pets: Results
    figures: Figures
    verdicts: Verdicts
    questions: list[Question]
    slices: list[Slice]
    strangers: list[Strangers]
    odds: Odds | None = None
    robustness: list[Robustness] = field(default_factory=list)
    comparison: Comparison | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        bins = calibration.bin_by_confidence(self.pets)
        fields = {
            **self.figures.as_json(),
            "calibration_error": calibration.calibration_error(bins),
            "bins": [asdict(one) for one in bins],
            "thresholds": [asdict(row) for row in calibration.threshold_table(self.pets)],
            "targets": [asdict(row) for row in calibration.reach_targets(self.pets)],
            "slices": [asdict(row) for row in self.slices],
            "verdicts": self.verdicts.as_json(),
            "questions": {one.label: one.as_json() for one in self.questions},
            "strangers": [row.as_json() for row in self.strangers],
            "challenge": _odds_as_json(self.odds),
            "corruptions": [asdict(row) for row in self.robustness],
        }
        if self.comparison is not None:
            fields["comparison"] = self.comparison.as_json()
        as_plain: dict[str, Any] = plain(fields)
        return as_plain


def _odds_as_json(odds: Odds | None) -> list[dict[str, Any]]:
    """Returns the model's chances to pass under each rule, by formula and drawn."""
    if odds is None:
        return []
    return [
        {
            "method": contender.method,
            **asdict(rule),
            "pass_rate": float(contender.rates[at]),
            "pass_rate_low": float(contender.low[at]),
            "pass_rate_high": float(contender.high[at]),
        }
        for contender in odds.contenders
        if contender.low is not None and contender.high is not None
        for at, rule in enumerate(RULES)
    ]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which model it was, and how fast.

    Attributes:
        name: what it calls itself.
        sha256: of its file.
        size_bytes: of its file.
        photos_per_s: in this run, on this machine, from bytes to answer.
    """

    name: str
    sha256: str
    size_bytes: int
    photos_per_s: float


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What cleaned labels change about the photos of cats and dogs.

    Attributes:
        left_out: photos that have no right answer: dropped, listed, or decided both or neither.
        left_out_wrong: of these, how many count as mistakes by the labels as given.
        relabelled: photos whose label became the other one.
    """

    left_out: int
    left_out_wrong: int
    relabelled: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an evaluation found.

    Attributes:
        data: path of the data set, as named.
        data_sha256: names its photos and labels of cats and dogs by content.
        part: which part of a split was measured; `all` without one.
        catalog: of the data set.
        model: that was measured.
        other: that it was compared with, if any.
        readings: `raw`, by the data set's labels; and, where something cleans them, `cleaned`.
        failed: how many photos of cats and dogs could not be answered.
        second_look: whether models looked twice: auto, off or always.
        sets: of strangers, from beside the data set.
        regressions: what the model is worse at than the other by more than was allowed.
    """

    data: str
    data_sha256: str
    part: str
    catalog: Catalog
    model: ModelFacts
    other: ModelFacts | None
    readings: Mapping[str, Reading]
    failed: int
    second_look: str = "auto"
    sets: Sequence[StrangerSet] = ()
    regressions: Sequence[str] = ()

    @property
    def metrics(self) -> dict[str, Metrics]:
        """Accuracy and log loss at Kaggle's question by each set of labels."""
        return {name: reading.figures.metrics for name, reading in self.readings.items()}

    @property
    def last(self) -> Reading:
        """By the cleaned labels, if there are any; else by those given."""
        return list(self.readings.values())[-1]

    @property
    def cleaning(self) -> Cleaning | None:
        """What cleaning changed; None if there was none."""
        if CLEANED not in self.readings:
            return None
        raw, cleaned = self.readings[RAW].pets, self.readings[CLEANED].pets
        kept = dict(zip(cleaned.ids, cleaned.labels, strict=True))
        rows = list(zip(raw.ids, raw.labels, raw.is_right.tolist(), strict=True))
        gone = [is_right for name, _, is_right in rows if name not in kept]
        changed = sum(name in kept and kept[name] != label for name, label, _ in rows)
        return Cleaning(len(gone), len(gone) - sum(gone), changed)

    def as_json(self) -> dict[str, Any]:
        """Returns what `metrics.json` holds; docs/evaluation.md says what each key means."""
        return {
            "model": self.model.name,
            "model_sha256": self.model.sha256,
            "model_size_bytes": self.model.size_bytes,
            "second_look": self.second_look,
            "photos_per_s": round(self.model.photos_per_s, 1),
            "data": self.data,
            "data_sha256": self.data_sha256,
            "stranger_sets": [
                {"path": one.path, "photos": len(one.photos), "sha256": one.sha256}
                for one in self.sets
            ],
            "part": self.part,
            "failed": self.failed,
            "compared_with": asdict(self.other) if self.other else None,
            "regressions": list(self.regressions),
            "cleaning": asdict(self.cleaning) if self.cleaning else None,
            **{name: reading.as_json() for name, reading in self.readings.items()},
        }


def plain(value: Any) -> Any:
    """Turns a value into what JSON has: a number that is none becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
