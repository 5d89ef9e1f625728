from __future__ import annotations

import pytest

from catordog.challenge.rules import RULES, Grade, Rule, Standing, grade
from catordog.errors import ConfigError

R, N, W = Grade.RIGHT, Grade.NEARLY, Grade.WRONG
CATS = [True, False] * 6


@pytest.mark.parametrize(
    ("flipped", "expected"),
    [((), R), ((0,), N), ((1,), N), ((0, 1), W), (tuple(range(12)), W)],
)
def test_answer_is_graded_by_its_wrong_photos(flipped: tuple[int, ...], expected: Grade) -> None:
    picked = [cat != (index in flipped) for index, cat in enumerate(CATS)]
    assert grade(picked, CATS) is expected


def test_answer_to_other_photos_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"one for each of 12 photos, received 11\. Answer every"):
        grade(CATS[1:], CATS)


@pytest.mark.parametrize(
    ("rule", "grades", "expected"),
    [
        (Rule(3, False, False), (N, N, R), Standing.PASSED),
        (Rule(3, False, False), (N, N, N), Standing.DEFAULT),
        (Rule(3, True, False), (N, N), Standing.PASSED),
        (Rule(3, True, False), (N, R), Standing.PASSED),
        (Rule(3, True, False), (N, W, N), Standing.CREDIT),  # what was wrong took the credit
        (Rule(3, True, False), (W, N, R), Standing.PASSED),
        (Rule(3, False, True), (R, W, N, R), Standing.PASSED),
        (Rule(3, False, True), (R, W, N, N), Standing.DEFAULT),
        (Rule(3, False, True), (N, R, R, R), Standing.FAILED),
        (Rule(1, True, True), (N, N), Standing.PASSED),
        (Rule(3, True, True), (N, W, N, N), Standing.PASSED),
        (Rule(3, True, True), (W, R, R, R), Standing.FAILED),
        (Rule(2, False, False), (R, W), Standing.PASSED),  # nothing takes a pass back
    ],
)
def test_standing_after_challenges(
    rule: Rule, grades: tuple[Grade, ...], expected: Standing
) -> None:
    standing = rule.start
    for one in grades:
        standing = rule.step(standing, one)
    assert standing is expected


def test_rules_are_those_of_the_tables_in_their_order() -> None:
    exact = [(1, False), (2, False), (3, False), (3, True), (2, True), (1, True)]
    assert [(rule.tries, rule.token_bucket) for rule in RULES] == exact * 2
    assert [rule.partial_credit for rule in RULES] == [False] * 6 + [True] * 6
    assert [rule.challenges for rule in RULES[:6]] == [1, 2, 3, 4, 3, 2]
