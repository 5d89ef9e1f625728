from __future__ import annotations

import random

import pytest

from catordog.challenge.buckets import Policy, judge
from catordog.challenge.odds import grade_chances, pass_rate
from catordog.challenge.rules import Grade, Rule, Standing
from catordog.errors import ConfigError


def plays(policy: Policy, tokens: list[int], grades: list[Grade]) -> list[bool]:
    standing, passed = Standing.DEFAULT, []
    for one in grades:
        judged = judge(policy, standing, tokens, one)
        standing, tokens = judged.standing, list(judged.tokens)
        passed.append(judged.passed)
    return passed


def test_default_is_what_golle_recommends() -> None:
    assert (Policy().refill, Policy().partial_credit) == (1, False)


def test_full_buckets_let_the_first_right_answer_pass() -> None:
    assert plays(Policy(), [3, 9], [Grade.WRONG, Grade.NEARLY, Grade.RIGHT]) == [False, False, True]


@pytest.mark.parametrize("tokens", [[0, 9], [9, 0], [0, 0]])
def test_empty_bucket_takes_two_right_answers_in_a_row(tokens: list[int]) -> None:
    assert plays(Policy(), tokens, [Grade.RIGHT, Grade.RIGHT]) == [False, True]
    right_wrong_right = [Grade.RIGHT, Grade.WRONG, Grade.RIGHT, Grade.RIGHT]
    assert plays(Policy(), tokens, right_wrong_right) == [False, False, False, True]


def test_refill_is_the_number_of_tries_for_the_second() -> None:
    grades = [Grade.RIGHT, Grade.WRONG, Grade.WRONG, Grade.RIGHT]
    assert plays(Policy(refill=3), [0, 0], grades) == [False, False, False, True]
    assert plays(Policy(refill=2), [0, 0], grades) == [False, False, False, False]


def test_bucket_runs_empty_by_wrong_answers_alone() -> None:
    wrong = [Grade.WRONG] * 2
    assert plays(Policy(session_tokens=2), [2, 9], [*wrong, Grade.RIGHT]) == [False, False, False]
    assert plays(Policy(session_tokens=2), [2, 9], [*wrong[1:], Grade.RIGHT]) == [False, True]
    assert plays(Policy(refill=0), [0, 0], [*wrong, Grade.RIGHT])[-1]


def test_partial_credit_passes_two_near_ones_in_a_row_only_where_it_is_on() -> None:
    near = [Grade.NEARLY, Grade.NEARLY]
    assert plays(Policy(refill=0, partial_credit=True), [1, 1], near) == [False, True]
    assert plays(Policy(refill=0), [1, 1], near) == [False, False]
    apart = [Grade.NEARLY, Grade.WRONG, Grade.NEARLY]
    assert not any(plays(Policy(refill=0, partial_credit=True), [1, 1], apart))


@pytest.mark.parametrize("partial_credit", [False, True])
@pytest.mark.parametrize("refill", [1, 3])
def test_from_empty_buckets_the_odds_are_those_of_golle(refill: int, partial_credit: bool) -> None:
    rule = Rule(tries=refill, partial_credit=partial_credit, token_bucket=True)
    chances = grade_chances(0.8274, 12)
    expected = float(pass_rate(rule, chances))
    policy, chance, rounds = Policy(partial_credit, refill), random.Random(0), 20_000
    passed = 0
    for _ in range(rounds):
        grades = chance.choices(list(Grade), chances.tolist(), k=rule.challenges)
        standing, tokens = Standing.DEFAULT, (0, 5)
        for index, one in enumerate(grades):
            judged = judge(policy, standing, tokens, one)
            standing, tokens = judged.standing, judged.tokens
            if judged.passed:
                passed += 1
                break
            if index == 0 and min(tokens) == 0:
                break  # the attempt ends with a wrong first answer
    error = (expected * (1 - expected) / rounds) ** 0.5
    assert passed / rounds == pytest.approx(expected, abs=4 * error)


def test_impossible_rules_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected a refill of 0 or more"):
        Policy(refill=-1)
    with pytest.raises(ConfigError, match="buckets of 1 token"):
        Policy(session_tokens=0)
