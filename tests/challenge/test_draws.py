from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catordog.challenge.draws import draw_wrong, play, simulate
from catordog.challenge.odds import grade_chances, pass_rates, pool_grade_chances
from catordog.challenge.rules import RULES, Grade, Rule, Standing


def answers(total: int, wrong: int) -> np.ndarray:
    """Spread over the pool, as errors are over a table of answers."""
    right = np.ones(total, np.bool_)
    right[np.linspace(0, total - 1, wrong, dtype=int)] = False
    return right


@settings(deadline=None, max_examples=25)
@given(st.floats(0.8, 1), st.integers(0, 2**32))
def test_draws_agree_with_the_closed_form_where_errors_are_independent(
    accuracy: float, seed: int
) -> None:
    right = np.random.default_rng(seed).random(50_000) < accuracy
    draws = simulate(right, photos=12, rounds=5_000, seed=seed)
    expected = pass_rates(grade_chances(right.mean(), 12))
    # Six standard errors: 25 x 12 figures must not fail by chance. 0.002: the pool is finite.
    margin = 6 * np.sqrt(expected * (1 - expected) / 5_000) + 0.002
    assert (abs(draws.rates - expected) <= margin).all()


def test_draws_from_few_photos_agree_with_the_pool_and_not_with_independent_errors() -> None:
    draws = simulate(answers(24, 2), photos=12, rounds=40_000, seed=1)
    expected = pass_rates(pool_grade_chances(24, 2, 12))
    assert expected[0] == pytest.approx(66 / 276)  # of 276 pairs, those in the other 12
    assert (abs(draws.rates - expected) <= 5 * draws.errors + 1e-3).all()
    assert float(grade_chances(22 / 24, 12)[0]) - draws.rates[0] > 0.1


def test_challenge_never_shows_a_photo_twice() -> None:
    wrong = draw_wrong(answers(12, 5), 12, 1_000, np.random.default_rng(0))
    assert wrong.dtype == np.int64
    assert wrong.tolist() == [5] * 1_000


def test_every_photo_is_drawn_equally_often() -> None:
    shares = [
        draw_wrong(np.arange(30) != photo, 12, 20_000, np.random.default_rng(photo)).mean()
        for photo in range(30)
    ]
    assert shares == pytest.approx([12 / 30] * 30, abs=5 * (0.4 * 0.6 / 20_000) ** 0.5)


@pytest.mark.parametrize("rule", RULES)
def test_play_is_step_by_step_what_the_rule_says(rule: Rule) -> None:
    every = list(product(Grade, repeat=rule.challenges))
    expected = []
    for grades in every:
        standing = rule.start
        for grade in grades:
            standing = rule.step(standing, grade)
        expected.append(standing is Standing.PASSED)
    assert play(rule, np.array(every)).tolist() == expected


def test_play_stops_where_the_rule_does() -> None:
    late = np.array([[Grade.WRONG, Grade.WRONG, Grade.RIGHT, Grade.RIGHT]])
    assert [bool(play(Rule(tries, False, False), late)[0]) for tries in (1, 2, 3)] == [
        False,
        False,
        True,
    ]


def test_same_seed_gives_the_same_figures_and_another_does_not() -> None:
    right = answers(1_000, 20)
    one, again, other = (simulate(right, photos=12, rounds=21_000, seed=seed) for seed in (3, 3, 4))
    for name in ("rates", "low", "high", "errors"):
        assert getattr(one, name).tolist() == getattr(again, name).tolist()
    assert one.rates.tolist() != other.rates.tolist()


def test_interval_holds_both_the_sample_of_photos_and_the_draws() -> None:
    right = answers(1_000, 13)
    many = simulate(right, photos=12, rounds=50_000, seed=0)
    assert (many.low < many.rates).all()
    assert (many.rates < many.high).all()
    # P = (1-e)^12, so dP/de = -12 P/(1-e); e has a standard error of sqrt(e (1-e) / N).
    error = 12 * many.rates[0] / 0.987 * (0.013 * 0.987 / 1_000) ** 0.5
    assert many.high[0] - many.low[0] == pytest.approx(2 * 1.96 * error, rel=0.1)
    few = simulate(right, photos=12, rounds=50, seed=0)
    assert few.high[0] - few.low[0] > 1.3 * (many.high[0] - many.low[0])


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    truth = float(grade_chances(0.97, 12)[0])
    held = 0
    for seed in range(200):
        draws = simulate(random.random(1_000) < 0.97, photos=12, rounds=2_000, seed=seed)
        held += draws.low[0] <= truth <= draws.high[0]
    assert 180 <= held <= 199  # 95 % of 200, give or take three standard errors


@pytest.mark.parametrize(("wrong", "rate"), [(0, 1.0), (100, 0.0)])
def test_draws_without_doubt_are_certain(wrong: int, rate: float) -> None:
    draws = simulate(answers(100, wrong), photos=12, rounds=10, seed=0)
    assert draws.rates.tolist() == draws.low.tolist() == draws.high.tolist() == [rate] * 12
    assert draws.errors.tolist() == [0.0] * 12
