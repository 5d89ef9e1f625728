"""What an evaluation found: everything that the file of figures and the report show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from catordog.data.catalog import Catalog
from catordog.evaluation import calibration
from catordog.evaluation.answering import Results
from catordog.evaluation.comparison import Comparison
from catordog.evaluation.figures import Figures
from catordog.evaluation.robustness import Robustness
from catordog.evaluation.slices import Slice
from catordog.evaluation.strangers import Strangers
from catordog.metrics import Metrics

TITLES = {"raw": "labels as given", "decided": "labels as decided"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A model measured by one set of labels.

    Attributes:
        results: labels and answers of cats and dogs.
        figures: what they amount to.
        slices: the same by kinds of photos.
        strangers: photos labelled both or neither.
        robustness: accuracy on spoiled photos; empty if that was not asked for.
        comparison: with another model, if one was named.
    """

    results: Results
    figures: Figures
    slices: list[Slice]
    strangers: list[Strangers]
    robustness: list[Robustness] = field(default_factory=list)
    comparison: Comparison | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        fields = {
            **self.figures.as_json(),
            "calibration_error": calibration.calibration_error(
                calibration.bin_by_confidence(self.results)
            ),
            "thresholds": [asdict(row) for row in calibration.threshold_table(self.results)],
            "targets": [asdict(row) for row in calibration.reach_targets(self.results)],
            "slices": [asdict(row) for row in self.slices],
            "strangers": [asdict(row) for row in self.strangers],
            "corruptions": [asdict(row) for row in self.robustness],
        }
        if self.comparison is not None:
            compared = asdict(self.comparison)
            for name in ("accuracy_gap", "log_loss_gap"):
                del compared[name]
                compared |= getattr(self.comparison, name).as_json(name)
            fields["comparison"] = compared
        as_plain: dict[str, Any] = plain(fields)
        return as_plain


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
class Outcome:
    """What an evaluation found.

    Attributes:
        data: path of the data set, as named.
        data_sha256: names its photos and labels by content.
        part: which part of a split was measured; `all` without one.
        catalog: of the data set.
        model: that was measured.
        other: that it was compared with, if any.
        readings: `raw`, by the data set's labels; and, where there are decisions, `decided`.
        failed: how many photos could not be answered.
        is_worse: the model is worse than the other by more than was allowed.
    """

    data: str
    data_sha256: str
    part: str
    catalog: Catalog
    model: ModelFacts
    other: ModelFacts | None
    readings: Mapping[str, Reading]
    failed: int
    is_worse: bool = False

    @property
    def metrics(self) -> dict[str, Metrics]:
        """Accuracy and log loss by each set of labels."""
        return {name: reading.figures.metrics for name, reading in self.readings.items()}

    @property
    def last(self) -> Reading:
        """By the decided labels, if there are any; else by those given."""
        return list(self.readings.values())[-1]

    def as_json(self) -> dict[str, Any]:
        """Returns what `metrics.json` holds."""
        return {
            "model": self.model.name,
            "model_sha256": self.model.sha256,
            "model_size_bytes": self.model.size_bytes,
            "photos_per_s": round(self.model.photos_per_s, 1),
            "data": self.data,
            "data_sha256": self.data_sha256,
            "part": self.part,
            "failed": self.failed,
            **({"compared_with": asdict(self.other)} if self.other else {}),
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
