from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catordog.challenge.odds import grade_chances, pass_rate, pass_rates, pool_grade_chances
from catordog.challenge.rules import RULES, Rule

SHARES = st.floats(0, 1)
ROUNDING = 1e-12


def percent(accuracy: float, rule: Rule) -> float:
    return 100 * float(pass_rate(rule, grade_chances(accuracy, 12)))


@pytest.mark.parametrize(
    ("accuracy", "partial_credit", "expected"),
    [
        (0.8274, False, (10.3, 19.5, 27.8)),
        (0.8274, True, (10.3, 26.2, 38.0)),
        (0.985, False, (83.4, 97.2, 99.5)),
        (0.985, True, (83.4, 99.6, 99.9)),
    ],
)
def test_golle_table_6(accuracy: float, partial_credit: bool, expected: tuple[float, ...]) -> None:
    rates = [percent(accuracy, Rule(tries, partial_credit, False)) for tries in (1, 2, 3)]
    assert rates == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("partial_credit", "expected"), [(False, (2.9, 2.0, 1.1)), (True, (19.0, 15.3, 13.0))]
)
def test_golle_table_7(partial_credit: bool, expected: tuple[float, ...]) -> None:
    rates = [percent(0.8274, Rule(refill, partial_credit, True)) for refill in (3, 2, 1)]
    assert rates == pytest.approx(expected, abs=0.1)


def test_first_try_of_a_coin_and_of_the_60_percent_classifier() -> None:
    coin, feared = grade_chances([0.5, 0.6], 12)[0]
    assert coin == 1 / 4096
    assert round(1 / feared) == 459


def formula(rule: Rule, right: float, nearly: float) -> float:
    """Written down from the rules' words, apart from the standings that the code follows."""
    if rule.partial_credit and rule.token_bucket:
        solved = right + nearly
        rest = formula(Rule(rule.tries - 1, True, False), right, nearly)
        return solved * (solved + (1 - solved) * rest)
    if rule.partial_credit:
        if rule.tries < 2:
            return right * rule.tries
        one, two = (formula(Rule(rule.tries - k, True, False), right, nearly) for k in (1, 2))
        wrong = 1 - right - nearly
        return right + nearly * (right + nearly + wrong * two) + wrong * one
    within = 1 - (1 - right) ** rule.tries
    return right * within if rule.token_bucket else within


@given(SHARES, st.integers(2, 30))
def test_odds_follow_golles_formulas(accuracy: float, photos: int) -> None:
    right = accuracy**photos
    nearly = photos * accuracy ** (photos - 1) * (1 - accuracy)
    rates = pass_rates(grade_chances(accuracy, photos))
    assert rates == pytest.approx([formula(rule, right, nearly) for rule in RULES], abs=1e-9)


@given(SHARES, st.integers(1, 30))
def test_odds_are_chances(accuracy: float, photos: int) -> None:
    chances = grade_chances(accuracy, photos)
    assert (chances >= 0).all()
    assert chances.sum() == pytest.approx(1)
    rates = pass_rates(chances)
    assert rates.shape == (len(RULES),)
    assert rates.dtype == np.float64
    assert ((rates >= 0) & (rates <= 1)).all()


@given(SHARES, SHARES, st.integers(2, 30))
def test_odds_rise_with_accuracy(one: float, other: float, photos: int) -> None:
    low, high = pass_rates(grade_chances(sorted((one, other)), photos)).T
    assert (low <= high + ROUNDING).all()


@given(SHARES, st.integers(2, 30))
def test_partial_credit_and_more_tries_never_harm_nor_does_a_bucket_help(
    accuracy: float, photos: int
) -> None:
    exact, credit = pass_rates(grade_chances(accuracy, photos)).reshape(2, 6)
    assert (credit >= exact - ROUNDING).all()
    for one, two, three, bucket_3, bucket_2, bucket_1 in (exact, credit):
        assert one <= two + ROUNDING <= three + 2 * ROUNDING
        assert bucket_1 <= bucket_2 + ROUNDING <= bucket_3 + 2 * ROUNDING
    assert (exact[3:] <= exact[2::-1] + ROUNDING).all()


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_odds_at_the_ends_are_certain(accuracy: float) -> None:
    assert pass_rates(grade_chances(accuracy, 12)).tolist() == [accuracy] * len(RULES)


@given(st.integers(1, 60), st.data())
def test_odds_of_a_pool_are_counts_of_its_challenges(pool: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, pool))
    photos = data.draw(st.integers(1, pool))
    ways = [comb(wrong, k) * comb(pool - wrong, photos - k) for k in (0, 1)]
    right, nearly, worse = pool_grade_chances(pool, wrong, photos)
    all_ways = comb(pool, photos)
    assert [right, nearly] == pytest.approx([way / all_ways for way in ways], abs=1e-12)
    assert worse == pytest.approx(1 - sum(ways) / all_ways, abs=1e-12)


def test_odds_of_a_large_pool_are_those_of_independent_errors() -> None:
    pool, wrong = 10_000_000, np.array([0, 132_000, 1_726_000])
    assert pass_rates(pool_grade_chances(pool, wrong, 12)) == pytest.approx(
        pass_rates(grade_chances(1 - wrong / pool, 12)), abs=1e-5
    )
