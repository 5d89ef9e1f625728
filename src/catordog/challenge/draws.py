"""The odds of passing, simulated: challenges drawn from photos that a model really answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catordog.challenge.odds import pass_rates, pool_grade_chances
from catordog.challenge.rules import RULES, Grade, Rule, Standing

_RESAMPLES = 4_000
_PHOTOS_AT_ONCE = 1_000_000  # 8 MB of their numbers, and a few such arrays
_CHALLENGES = max(rule.challenges for rule in RULES)


@dataclass(frozen=True, slots=True)
class Draws:
    """What came of a simulation; arrays are float64 (len(RULES),).

    Attributes:
        rates: share of the rounds that passed, in [0, 1].
        low: lower ends of 95 % intervals, for other photos of the kind: the percentile bootstrap
            over photos, Monte-Carlo error included.
        high: upper ends.
        errors: Monte-Carlo standard errors of the rates, for these very photos.
    """

    rates: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]


def simulate(right: npt.NDArray[np.bool_], *, photos: int, rounds: int, seed: int) -> Draws:
    """Draws challenges from answered photos and counts who would have passed.

    The photos of one challenge differ; the next challenge is drawn from all of them again. So
    what is wrong is wrong each time it comes up, and cats are as frequent as in the pool.

    Args:
        right: bool (N,), whether each photo was answered rightly; N is at least `photos`.
        photos: in a challenge.
        rounds: how often each rule is played; all rules see the same challenges.
        seed: the same one gives the same figures.
    """
    random = np.random.default_rng(seed)
    passed = np.zeros(len(RULES), np.int64)
    at_once = max(1, _PHOTOS_AT_ONCE // (photos * _CHALLENGES))
    for begin in range(0, rounds, at_once):
        number = min(at_once, rounds - begin)
        wrong = draw_wrong(right, photos, number * _CHALLENGES, random)
        grades = np.minimum(wrong, Grade.WRONG).reshape(number, _CHALLENGES)
        passed += [int(play(rule, grades).sum()) for rule in RULES]
    rates = passed / rounds
    low, high = _bootstrap(right, photos, rounds, random)
    return Draws(rates, low, high, np.sqrt(rates * (1 - rates) / rounds))


def draw_wrong(
    right: npt.NDArray[np.bool_], photos: int, challenges: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Returns how many photos of each challenge are answered wrongly, int64 (challenges,)."""
    # Floyd's sampling without replacement, all challenges at once: shuffling the pool for each
    # would cost the pool's size instead of the challenge's.
    chosen = np.empty((photos, challenges), np.int64)
    for i, last in enumerate(range(len(right) - photos, len(right))):
        candidate = random.integers(0, last, challenges, endpoint=True)
        taken = (chosen[:i] == candidate).any(axis=0)
        chosen[i] = np.where(taken, last, candidate)
    wrong: npt.NDArray[np.int64] = np.count_nonzero(~right[chosen], axis=0)
    return wrong


def play(rule: Rule, grades: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Plays one rule many times.

    Args:
        rule: what counts.
        grades: int (R, K), of each round's challenges; K is at least `rule.challenges`.

    Returns:
        bool (R,), whether the round passed.
    """
    table = np.array([[rule.step(standing, grade) for grade in Grade] for standing in Standing])
    standings = np.full(len(grades), int(rule.start))
    for column in grades.T[: rule.challenges]:
        standings = table[standings, column]
    passed: npt.NDArray[np.bool_] = standings == Standing.PASSED
    return passed


def _bootstrap(
    right: npt.NDArray[np.bool_], photos: int, rounds: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns both ends of every rule's interval.

    Of a resample only the number of wrong photos matters, and that is binomial; of a simulation
    on it only the number of rounds that pass, and that is too. Drawn directly, both are what
    thousands of resamples with all rounds on each would give, at no cost.
    """
    wrong = random.binomial(len(right), 1 - right.mean(), _RESAMPLES)
    rates = pass_rates(pool_grade_chances(len(right), wrong, photos))
    played = random.binomial(rounds, rates) / rounds
    low, high = np.percentile(played, [2.5, 97.5], axis=1)
    return low, high
