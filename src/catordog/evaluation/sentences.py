"""One sentence a picture, computed from what it shows; and the summary at the top."""

from __future__ import annotations

import math
from dataclasses import replace

from catordog.evaluation.calibration import (
    bin_by_confidence,
    calibration_error,
    reach_targets,
    threshold_table,
)
from catordog.evaluation.comparison import Paired
from catordog.evaluation.outcome import Outcome, Reading
from catordog.evaluation.robustness import Robustness
from catordog.evaluation.tables import Readings, by_labels
from catordog.evaluation.verdict_sentences import (
    say_cleaning,
    say_pass_rate,
    say_strangers,
    say_verdicts,
)
from catordog.evaluation.wording import PERCENT, probability, share, span, value
from catordog.labels import Label
from catordog.pages.wording import count_of, join_words, number
from catordog.plots.drawing import readable_name


def say_roc(readings: Readings) -> str:
    """Says what the area under the ROC curve means here."""
    return by_labels(readings, [_say_auc(reading) for reading in readings.values()])


def _say_auc(reading: Reading) -> str:
    auc = reading.figures.auc.value
    if math.isnan(auc):
        return "There is no curve without both cats and dogs."
    return (
        f"Of a random dog and a random cat, the dog has the higher probability of a dog in "
        f"{share(auc)} of all pairs (AUC {value(auc, 5)})."
    )


def say_precision_recall(readings: Readings, areas: list[dict[str, float]]) -> str:
    """Says the average precision of each class."""
    texts = []
    for of_class in areas:
        said = [f"{value(area, 5)} for {name}s" for name, area in of_class.items()]
        texts.append(f"The average precision is {join_words(said)}.")
    return by_labels(readings, texts)


def say_reliability(readings: Readings) -> str:
    """Says whether the stated probabilities come true."""
    return by_labels(readings, [_say_reliability(reading) for reading in readings.values()])


def _say_reliability(reading: Reading) -> str:
    results = reading.pets
    bins = bin_by_confidence(results)
    stated, right = float(results.confidence.mean()), float(results.is_right.mean())
    low, high = reading.figures.metrics.accuracy_low, reading.figures.metrics.accuracy_high
    verdict = "which fits" if low <= stated <= high else "too sure" if stated > right else "too shy"
    return (
        f"On average the model says {share(stated)} and is right on {share(right)}: "
        f"{verdict}. The "
        f"expected calibration error is {share(calibration_error(bins))} over "
        f"{count_of(len(bins), 'bin')} of equal number."
    )


def say_coverage(readings: Readings) -> str:
    """Says what leaving the least sure photos unanswered buys."""
    return by_labels(readings, [_say_coverage(reading) for reading in readings.values()])


def _say_coverage(reading: Reading) -> str:
    results = reading.pets
    row = next(r for r in reversed(threshold_table(results)) if r.coverage >= 0.95 - 1e-12)
    errors = reading.figures.metrics.errors
    if not errors:
        return "There is no mistake to avoid by answering fewer photos."
    text = (
        f"Answer the surest {100 * row.coverage:.4g}{PERCENT}, be right on "
        f"{share(1 - row.error_rate)} of them: "
        f"{number(row.errors) if row.errors else 'none'} of {count_of(errors, 'mistake')} "
        f"{'is' if row.errors == 1 else 'are'} left."
    )
    near = [row for row in reach_targets(results) if row.target == 0.999]
    if near:
        text += f" To be right on 99.9{PERCENT}, answer {100 * near[0].coverage:.4g}{PERCENT}."
    return text


def say_slices(readings: Readings) -> str:
    """Says on which kinds of photos the model is significantly worse."""
    return by_labels(readings, [_say_slices(reading) for reading in readings.values()])


def _say_slices(reading: Reading) -> str:
    worse = [
        f"{one.by}, {one.name} ({share(one.accuracy)} right)"
        for one in reading.slices
        if one.is_worse
    ]
    if worse:
        return f"Significantly worse on {join_words(worse)}."
    kinds = f"{number(len(reading.slices))} kinds of photos"
    return f"On none of {kinds} is the model significantly worse."


def say_robustness(readings: Readings) -> str:
    """Says what hurts most."""
    texts = [_say_robustness(r.robustness) for r in readings.values() if r.robustness]
    return by_labels(readings, texts) if len(texts) == len(readings) else ""


def _say_robustness(rows: list[Robustness]) -> str:
    whole = rows[0]
    middle = [row for row in rows if row.strength == 3]
    worst, best = (pick(middle, key=lambda row: row.accuracy) for pick in (min, max))
    return (
        f"{share(whole.accuracy)} of {count_of(whole.photos, 'photo')} right as they are. At "
        f"middle strength {worst.corruption} ({worst.setting}) leaves {share(worst.accuracy)}, "
        f"{best.corruption} ({best.setting}) {share(best.accuracy)}."
    )


def say_comparison(outcome: Outcome) -> str:
    """Says which model is better at what, and whether that could be chance."""
    readings = outcome.readings
    if outcome.other is None:
        return ""
    other = readable_name(outcome.other.name, 40)
    texts = [
        " ".join(
            _say_paired(other, title, test) for title, test in reading.comparison.tests.items()
        )
        for reading in readings.values()
        if reading.comparison is not None
    ]
    return by_labels(readings, texts)


def _say_paired(other: str, title: str, test: Paired) -> str:
    gap = test.gap.value
    better = "better" if gap > 0 else "worse"
    chance = "more than chance" if test.is_significant else "which chance explains"
    if gap == 0:
        return f"{other} is as often right as this model ({title})."
    return (
        f"{other} is {abs(gap):.2f} points {better} than this model ({title}), {chance} "
        f"(McNemar p {probability(test.p)})."
    )


def summarize(outcome: Outcome) -> list[str]:
    """Says in a few sentences how good the model is and where it fails.

    Where there are two sets of labels, accuracy is said by both, the rest by the cleaned ones.
    """
    readings = outcome.readings
    said = [by_labels(readings, [_say_accuracy(reading) for reading in readings.values()])]
    last = dict(list(readings.items())[-1:])
    if len(readings) > 1:
        said.append(f"{say_cleaning(outcome)} What follows is by cleaned labels.")
    said += [say_verdicts(last), say_strangers(last)]
    said += [say_reliability(last), say_coverage(last), say_slices(last)]
    said += [say_pass_rate(outcome.last), say_robustness(last)]
    said += [say_comparison(replace(outcome, readings=last))]
    if outcome.failed:
        said.append(
            f"{count_of(outcome.failed, 'photo')} could not be answered and "
            f"{'is' if outcome.failed == 1 else 'are'} in none of these figures."
        )
    return [sentence for sentence in said if sentence]


def _say_accuracy(reading: Reading) -> str:
    found = reading.figures.metrics
    mistakes = [
        f"{count_of(count, str(label))} taken for {_several(chosen, count)}"
        for (label, chosen), count in reading.figures.confusion.items()
        if label != chosen and count
    ]
    tail = f": {join_words(mistakes)}" if mistakes else ""
    return (
        f"Right on {share(found.accuracy)} of {number(found.photos)} cats and dogs "
        f"(95 % interval {span(found.accuracy_low, found.accuracy_high)}){tail}."
    )


def _several(label: Label, count: int) -> str:
    return f"a {label}" if count == 1 else f"{label}s"
