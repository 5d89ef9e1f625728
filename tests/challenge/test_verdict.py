from __future__ import annotations

import numpy as np
import pytest

from catordog.challenge.answers import Answers
from catordog.challenge.odds import grade_chances, pass_rates
from catordog.challenge.rules import RULES
from catordog.challenge.verdict import (
    PEOPLE_ACCURACY,
    PEOPLE_MEASURED,
    verdict_of_accuracy,
    verdict_of_answers,
)
from catordog.challenge.wording import judge
from catordog.errors import ConfigError, DatasetError
from catordog.metrics import wilson_interval


def answers(
    total: int, wrong: int, *, failed: int = 0, part: str = "test", labels: str = "raw"
) -> Answers:
    right = np.arange(total) >= wrong
    return Answers("fast", part, labels, right, cats=total // 2, failed=failed)


def said_of(given: Answers, photos: int = 12) -> str:
    return "\n".join(verdict_of_answers(given, photos, rounds=2_000).sentences)


def test_accuracy_stands_beside_chance_and_people() -> None:
    verdict = verdict_of_accuracy(0.995)
    assert [contender.name for contender in verdict.contenders] == [
        "coin",
        "classifier",
        "Golle 2008",
        "people",
        "this model",
    ]
    first = [float(contender.rates[0]) for contender in verdict.contenders]
    assert first == pytest.approx([1 / 4096, 1 / 459, 0.103, 0.834, 0.942], abs=1e-3)
    assert verdict.contenders[-1].low is None
    assert verdict.answers is None


def test_people_on_one_photo_follow_from_people_on_a_challenge() -> None:
    assert pytest.approx(0.985, abs=1e-4) == PEOPLE_ACCURACY
    rates = dict(zip(RULES, pass_rates(grade_chances(PEOPLE_ACCURACY, 12)), strict=True))
    assert len(PEOPLE_MEASURED) == 6
    for rule, rate in PEOPLE_MEASURED.items():
        assert rates[rule] == pytest.approx(rate, abs=1e-3)


@pytest.mark.parametrize("accuracy", [-0.1, 98.7, float("nan")])
def test_accuracy_that_is_no_share_is_refused(accuracy: float) -> None:
    with pytest.raises(ConfigError, match=r"accuracy from 0 to 1, received .*Give 0\.99 for 99 %"):
        verdict_of_accuracy(accuracy)


def test_interval_of_the_accuracy_is_carried_through() -> None:
    verdict = verdict_of_answers(answers(1_059, 14), rounds=2_000)
    closed, drawn = verdict.contenders[-2:]
    low, high = wilson_interval(1_045, 1_059)
    assert (closed.method, drawn.method) == ("independent", "drawn")
    assert closed.rates[0] == pytest.approx((1_045 / 1_059) ** 12)
    assert closed.low is not None
    assert closed.high is not None
    assert (closed.low[0], closed.high[0]) == pytest.approx((low**12, high**12))
    assert drawn.errors is not None
    assert abs(drawn.rates[0] - closed.rates[0]) < 4 * drawn.errors[0] + 1e-3


def test_fewer_photos_than_a_challenge_shows_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"at least 12 labelled photos, received 11\."):
        verdict_of_answers(answers(11, 0))


def test_words_say_what_was_measured() -> None:
    text = said_of(answers(1_059, 14))
    assert "Measured: fast, part 'test', labels as given: 1,059 photos (529 cats, 530" in text
    assert "within their Monte-Carlo error" in text
    assert "could not be answered" not in text
    assert "learned from" not in text
    assert "bootstrap cannot know" not in text


def test_words_say_what_speaks_against_the_figures() -> None:
    text = said_of(answers(1_000, 3, failed=2, part="all", labels="cleaned"))
    assert "all labelled photos, cleaned labels: 1,000 photos (500 cats, 500 dogs), 3" in text
    assert "2 of the wrong ones could not be answered: they count as wrong" in text
    assert "If the model learned from some of these photos" in text
    assert "With 3 wrong, the bootstrap cannot know" in text


def test_words_say_that_draws_from_few_photos_differ() -> None:
    text = said_of(answers(24, 2))
    assert "more than their Monte-Carlo error" in text
    assert "a challenge shows 50.0% of all these photos and none twice" in text


@pytest.mark.parametrize(
    ("rate", "interval", "expected"),
    [
        (0.942, None, "passes more often than people"),
        (0.103, None, "passes less often than people"),
        (0.834, None, "passes as often as people"),
        (0.90, (0.85, 0.94), "passes more often than people"),
        (0.70, (0.60, 0.80), "passes less often than people"),
        (0.85, (0.77, 0.91), "the estimate is above theirs, the interval holds both"),
        (0.80, (0.72, 0.86), "the estimate is below theirs, the interval holds both"),
    ],
)
def test_model_is_judged_by_its_interval(
    rate: float, interval: tuple[float, float] | None, expected: str
) -> None:
    text = judge(rate, interval, people=0.834)
    assert expected in text
    assert "a demonstration, not a protection" in text
    assert ("lets people in lets this model in" in text) == ("less" not in expected)


def test_people_on_other_challenges_are_said_to_be_reckoned() -> None:
    assert "is the Asirra paper's, as Golle" in verdict_of_accuracy(0.99).sentences[-1]
    assert "is reckoned from the Asirra" in verdict_of_accuracy(0.99, 24).sentences[-1]
