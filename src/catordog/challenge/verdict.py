"""A model's odds beside those of chance, of the attack of 2008, and of people."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from catordog.challenge.answers import Answers
from catordog.challenge.draws import simulate
from catordog.challenge.odds import grade_chances, pass_rates
from catordog.challenge.rules import PHOTOS, Rule
from catordog.challenge.wording import describe_figures, describe_method, judge
from catordog.errors import ConfigError, DatasetError
from catordog.metrics import wilson_interval

GOLLE_ACCURACY = 0.8274
"""Of Golle's classifier of 2008 on one photo."""

PEOPLE = 0.834
"""Of people on one challenge of twelve: the Asirra paper's figure, as Golle's table 6 has it."""

PEOPLE_ACCURACY = PEOPLE ** (1 / PHOTOS)
"""On one photo, 98.5 %: what the figure above comes to if errors are independent."""

PEOPLE_MEASURED = {
    Rule(tries, partial_credit, token_bucket=False): rate
    for partial_credit, rates in ((False, (PEOPLE, 0.972, 0.995)), (True, (PEOPLE, 0.996, 0.999)))
    for tries, rate in enumerate(rates, 1)
}
"""The same table's other figures."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who is challenged; arrays are float64 (len(RULES),), in the order of `RULES`.

    Attributes:
        name: as the table says it.
        method: `independent` (closed form) or `drawn` (simulation on real answers).
        accuracy: on one photo, in [0, 1].
        rates: the chance to pass under each rule.
        low: lower ends of 95 % intervals; None where the accuracy was given without one.
        high: upper ends.
        errors: Monte-Carlo standard errors; None where nothing was simulated.
    """

    name: str
    method: str
    accuracy: float
    rates: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64] | None = None
    high: npt.NDArray[np.float64] | None = None
    errors: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All contenders, and what is to be said of them.

    Attributes:
        photos: in a challenge.
        contenders: chance first, the model last.
        sentences: what the figures rest on and come to.
        answers: what the model answered; None where only its accuracy is known.
    """

    photos: int
    contenders: tuple[Contender, ...]
    sentences: tuple[str, ...]
    answers: Answers | None = None


def verdict_of_accuracy(accuracy: float, photos: int = PHOTOS) -> Verdict:
    """Returns the odds of a model that is right on a share of all photos.

    Args:
        accuracy: that share, in [0, 1].
        photos: in a challenge.

    Raises:
        ConfigError: the accuracy is no share. Give 0.99 for 99 %.
    """
    if not 0 <= accuracy <= 1:
        raise ConfigError(
            f"Cannot tell the odds: expected an accuracy from 0 to 1, received {accuracy:g}. "
            "Give 0.99 for 99 %."
        )
    model = _independent("this model", accuracy, photos)
    others = _others(photos)
    sentence = judge(float(model.rates[0]), None, people=float(others[-1].rates[0]), photos=photos)
    return Verdict(photos, (*others, model), (sentence,))


def verdict_of_answers(
    answers: Answers, photos: int = PHOTOS, *, rounds: int = 100_000, seed: int = 0
) -> Verdict:
    """Returns the odds of a model that answered labelled photos: by formula, and drawn from them.

    Args:
        answers: to labelled photos; those that failed count as wrong.
        photos: in a challenge.
        rounds: of the simulation.
        seed: of the simulation; the same one gives the same figures.

    Raises:
        DatasetError: there are fewer photos than a challenge shows.
    """
    total = len(answers.right)
    if total < photos:
        raise DatasetError(
            f"Cannot draw a challenge: expected at least {photos} labelled photos, received "
            f"{total}. Evaluate the model on more, or ask for less with --photos."
        )
    accuracy = 1 - answers.wrong / total
    interval = wilson_interval(total - answers.wrong, total)
    # Every rule passes more often the higher the accuracy, so the interval's ends carry through.
    rates = pass_rates(grade_chances([accuracy, *interval], photos))
    closed = Contender("this model", "independent", accuracy, *rates.T)
    draws = simulate(answers.right, photos=photos, rounds=rounds, seed=seed)
    drawn = Contender("this model", "drawn", accuracy, *astuple(draws))
    others = _others(photos)
    rate, low, high = map(float, rates[0])
    gap, error = float(draws.rates[0]) - rate, float(draws.errors[0])
    sentences = (
        *describe_figures(answers),
        *describe_method(answers, gap, error, photos=photos, rounds=rounds),
        judge(rate, (low, high), people=float(others[-1].rates[0]), photos=photos),
    )
    return Verdict(photos, (*others, closed, drawn), sentences, answers)


def _independent(name: str, accuracy: float, photos: int) -> Contender:
    return Contender(name, "independent", accuracy, pass_rates(grade_chances(accuracy, photos)))


def _others(photos: int) -> tuple[Contender, ...]:
    return tuple(
        _independent(name, accuracy, photos)
        for name, accuracy in (
            ("coin", 0.5),
            ("classifier", 0.6),
            ("Golle 2008", GOLLE_ACCURACY),
            ("people", PEOPLE_ACCURACY),
        )
    )
