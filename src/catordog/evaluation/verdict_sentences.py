"""What verdicts, strangers, cleaning and Asirra's challenge come to, in words."""

from __future__ import annotations

import math

from catordog.evaluation.outcome import Outcome, Reading
from catordog.evaluation.questions import Question
from catordog.evaluation.strangers import Strangers
from catordog.evaluation.tables import Readings, by_labels
from catordog.evaluation.wording import share, span
from catordog.labels import Label
from catordog.pages.wording import count_of, number
from catordog.plots.drawing import readable_name


def say_verdicts(readings: Readings) -> str:
    """Says how many photos got their verdict, and how many pets were lost."""
    return by_labels(readings, [_say_verdicts(reading) for reading in readings.values()])


def _say_verdicts(reading: Reading) -> str:
    found = reading.verdicts
    lost, both = found.pets_lost, found.pets_called_both
    return (
        f"The verdict, one of cat, dog, both and neither, is right on "
        f"{share(found.right.value)} of {count_of(found.right.of, 'photo')}. "
        f"Of cats and dogs, {share(lost.value)} are lost "
        f"(called neither; 95 % interval {span(*lost.interval)}) and {share(both.value)} are "
        "called both."
    )


def say_strangers(readings: Readings) -> str:
    """Says how many photos of neither and of both are told, and which are hardest."""
    found = list(readings.values())[-1].strangers
    texts = [
        _say_label([one for one in found if one.label is label and one.photos])
        for label in (Label.NEITHER, Label.BOTH)
    ]
    return " ".join(text for text in texts if text)


def _say_label(rows: list[Strangers]) -> str:
    if not rows:
        return ""
    whole, label = rows[-1], rows[0].label  # all together, or the only group
    text = (
        f"Of {count_of(whole.photos, 'photo')} labelled {label}, {share(whole.right.value)} are "
        f"called {label} (95 % interval {span(*whole.right.interval)})"
    )
    if math.isfinite(whole.auroc.value):
        text += f"; AUROC {whole.auroc.value:.3f}"
    groups = [one for one in rows if not one.is_total]
    if len(groups) < 2:
        return f"{text}."
    hardest = min(groups, key=lambda one: (one.right.value, one.group))
    where = readable_name(hardest.group, 40) or "no folder"
    return f"{text}. Hardest: {where}, {share(hardest.right.value)} of {number(hardest.photos)}."


def say_cleaning(outcome: Outcome) -> str:
    """Says what changes without photos that have no right answer."""
    cleaning = outcome.cleaning
    if cleaning is None:
        return ""
    raw, cleaned = outcome.metrics.values()
    gone = cleaning.left_out_wrong
    if not cleaning.left_out and not cleaning.relabelled:
        return "Cleaning changes none of these cats and dogs."
    changed = (
        f" and changes {count_of(cleaning.relabelled, 'label')}" if cleaning.relabelled else ""
    )
    return (
        f"Cleaning leaves out {count_of(cleaning.left_out, 'photo')} that "
        f"{'has' if cleaning.left_out == 1 else 'have'} no right answer "
        f"({number(gone) if gone else 'none'} of {count_of(raw.errors, 'mistake')} "
        f"{'is' if gone == 1 else 'are'} among them){changed}: "
        f"right on {share(cleaned.accuracy)} instead of {share(raw.accuracy)}, log loss "
        f"{cleaned.log_loss:.4f} instead of {raw.log_loss:.4f}."
    )


def say_question(one: Question) -> str:
    """Says whether an animal's own probability comes true."""
    return (
        f"{count_of(one.photos, 'photo')}, {number(one.contain)} with a {one.label}. The expected "
        f"calibration error is {share(one.calibration_error)} over "
        f"{count_of(len(one.bins), 'bin')} of equal number."
    )


def say_pass_rate(reading: Reading) -> str:
    """Says how often the model passes Asirra's challenge, in one short sentence."""
    if reading.odds is None:
        return ""
    people, model = (
        next(c for c in reading.odds.contenders if c.name == name)
        for name in ("people", "this model")
    )
    ends = ""
    if model.low is not None and model.high is not None:
        ends = f" (95 % interval {span(float(model.low[0]), float(model.high[0]))})"
    return (
        f"Asirra's challenge of {reading.odds.photos} photos: this model passes "
        f"{share(float(model.rates[0]))} at the first try{ends}, people "
        f"{share(float(people.rates[0]))}."
    )


def say_odds(readings: Readings) -> str:
    """Says how often the model passes Asirra's challenge, beside people."""
    texts = [reading.odds.sentences[-1] for reading in readings.values() if reading.odds]
    return by_labels(readings, texts) if len(texts) == len(readings) else ""
