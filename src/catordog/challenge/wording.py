"""What the figures of a verdict rest on and come to, in words."""

from __future__ import annotations

from catordog.challenge.answers import Answers
from catordog.challenge.rules import PHOTOS

_FEW = 5
"""Wrong photos below which a bootstrap over photos says too little of those not seen."""


def judge(
    rate: float, interval: tuple[float, float] | None, *, people: float, photos: int = PHOTOS
) -> str:
    """Compares a model with people at the first try.

    Args:
        rate: the model's chance to pass, in [0, 1].
        interval: its 95 % interval, if known.
        people: theirs.
        photos: in a challenge.
    """
    low, high = interval or (rate, rate)
    if low > people:
        word = "more often than people"
    elif high < people:
        word = "less often than people"
    elif rate == people:
        word = "as often as people"
    else:
        side = "above" if rate > people else "below"
        word = f"about as often as people (the estimate is {side} theirs, the interval holds both)"
    ends = f" [{low:.1%}, {high:.1%}]" if interval else ""
    moral = (
        "what lets people in lets this model in"
        if high >= people
        else "people do better, but a program can try again without end"
    )
    source = (
        "is the Asirra paper's, as Golle quotes it"
        if photos == PHOTOS
        else f"is reckoned from the Asirra paper's for {PHOTOS} photos"
    )
    return (
        f"At the first try the model passes {rate:.1%}{ends} of challenges, people {people:.1%}: "
        f"it passes {word}. This is a demonstration, not a protection: {moral}. The people's "
        f"figure {source}, on other photos."
    )


def describe_figures(answers: Answers) -> list[str]:
    """Says what was measured, and what speaks against it."""
    total, dogs = len(answers.right), len(answers.right) - answers.cats
    part = "all labelled photos" if answers.part == "all" else f"part '{answers.part}'"
    labels = "cleaned labels" if answers.labels == "cleaned" else "labels as given"
    known = [
        answers.model,
        *([part] if answers.part else []),
        *([labels] if answers.labels else []),
    ]
    lines = [
        f"Measured: {', '.join(known)}: {total:,} photos ({answers.cats:,} cats, "
        f"{dogs:,} dogs), {answers.wrong:,} wrong."
    ]
    if answers.failed:
        lines.append(
            f"{answers.failed:,} of the wrong ones could not be answered: they count as wrong, "
            "where a guess would be right half the time."
        )
    if answers.part in ("all", "train", ""):
        lines.append(
            "If the model learned from some of these photos, its odds on others are lower: "
            "evaluate it on the test part of its split."
        )
    return lines


def describe_method(
    answers: Answers, gap: float, error: float, *, photos: int, rounds: int
) -> list[str]:
    """Says how the closed form and the draws differ.

    Args:
        answers: what was drawn from.
        gap: pass rate at the first try when drawn, less that of the closed form.
        error: Monte-Carlo standard error of the former.
        photos: in a challenge.
        rounds: of the simulation.
    """
    total, wrong = len(answers.right), answers.wrong
    lines = [
        "The closed form takes every photo for a new one and errors as independent; its interval "
        "is the accuracy's (Wilson), carried through.",
        f"Drawn: {rounds:,} rounds of challenges, each of {photos} different photos out of these "
        f"{total:,}; a photo that is wrong once is wrong each time it comes up. The interval is a "
        "bootstrap over photos, Monte-Carlo error included.",
    ]
    by = f"At the first try the draws come out {gap * 100:+.2f} points from the closed form, "
    if abs(gap) <= 2 * error:
        by += (
            f"within their Monte-Carlo error (standard error {error * 100:.2f}): drawn at random, "
            "hard photos spread over challenges, and their errors are all but independent. "
            "Showing the same photos again would not be."
        )
    else:
        by += (
            f"more than their Monte-Carlo error (standard error {error * 100:.2f}) explains: a "
            f"challenge shows {photos / total:.1%} of all these photos and none twice, so that "
            "wrong ones are spread more evenly over challenges than tosses would spread them."
        )
    lines.append(by)
    if wrong < _FEW:
        lines.append(
            f"With {wrong} wrong, the bootstrap cannot know of errors it never saw: trust the "
            "closed form's interval."
        )
    return lines
