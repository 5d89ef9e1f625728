"""ROC and precision-recall: what a threshold on a probability would give, at every threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a curve, each float64 (M,), in the order of a falling threshold.

    Attributes:
        across: false alarms among the others (ROC), or recall.
        up: found among the wanted (ROC), or precision.
    """

    across: Floats
    up: Floats


def trace_roc(p_wanted: Floats, is_wanted: Bools) -> Curve | None:
    """Traces the ROC curve; None unless there are photos of both kinds.

    Args:
        p_wanted: (N,), the probability of the class that is looked for.
        is_wanted: (N,), which photos are of that class.
    """
    found, alarms = _cumulate(p_wanted, is_wanted)
    if not found.size or not found[-1] or not alarms[-1]:
        return None
    across, up = alarms / alarms[-1], found / found[-1]
    return Curve(np.concatenate([[0.0], across]), np.concatenate([[0.0], up]))


def trace_precision_recall(p_wanted: Floats, is_wanted: Bools) -> Curve | None:
    """Traces precision against recall; None if no photo is of the class that is looked for.

    Arguments as `trace_roc` has them.
    """
    found, alarms = _cumulate(p_wanted, is_wanted)
    if not found.size or not found[-1]:
        return None
    return Curve(found / found[-1], found / (found + alarms))


def average_precision(curve: Curve) -> float:
    """Returns the area under a precision-recall curve, by steps, without interpolation."""
    return float(np.diff(curve.across, prepend=0.0) @ curve.up)


def _cumulate(p_wanted: Floats, is_wanted: Bools) -> tuple[Floats, Floats]:
    """Counts those found and the false alarms at each threshold that occurs, the highest first."""
    order = np.argsort(-p_wanted, kind="stable")
    ranked = p_wanted[order]
    last_of_tie = np.append(np.diff(ranked) != 0, True)[: len(ranked)]
    found = np.cumsum(is_wanted[order], dtype=np.float64)[last_of_tie]
    alarms = np.cumsum(~is_wanted[order], dtype=np.float64)[last_of_tie]
    return found, alarms
