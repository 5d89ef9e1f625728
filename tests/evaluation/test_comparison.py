from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import Estimate
from catordog.evaluation.comparison import Comparison, Paired, compare_results
from catordog.evaluation.significance import fisher_p_more, holm_adjust, mcnemar_p
from catordog.labels import Label
from tests.evaluation.invented import CAT, DOG, draw_results, invent_answers, invent_results


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (3, 9), (9, 3), (5, 5), (20, 41)])
def test_mcnemar_is_the_two_sided_binomial(first: int, second: int) -> None:
    whole, fewer = first + second, min(first, second)
    tail = sum(math.comb(whole, k) for k in range(fewer + 1)) / 2**whole
    assert mcnemar_p(first, second) == pytest.approx(min(1.0, 2 * tail))


def test_mcnemar_of_many_photos_does_not_overflow() -> None:
    assert 0 < mcnemar_p(5000, 5200) < 0.06


def test_fisher_is_the_hypergeometric_tail() -> None:
    whole, wrong, photos = 50, 8, 12
    tail = sum(
        math.comb(wrong, k) * math.comb(whole - wrong, photos - k) for k in range(5, wrong + 1)
    ) / math.comb(whole, photos)
    assert fisher_p_more(5, photos, wrong - 5, whole - photos) == pytest.approx(tail)
    assert fisher_p_more(0, 5, 0, 5) == 1.0
    assert fisher_p_more(2, 5, 0, 0) == pytest.approx(1.0)


def test_holm_keeps_order_and_place() -> None:
    assert holm_adjust([0.5, 0.001, 0.02]) == pytest.approx([0.5, 0.003, 0.04])
    assert holm_adjust([]) == []


def test_models_are_compared_photo_by_photo() -> None:
    labels = [CAT, CAT, DOG, DOG]
    this = invent_results(labels, [0.1, 0.9, 0.9, 0.2])  # the second and the fourth are wrong
    other = invent_results(labels, [0.1, 0.2, 0.9, 0.4])  # the fourth is wrong
    found = compare_results(this, other)
    for test in (found.chosen, found.verdicts):
        assert (test.photos, test.errors, test.other_errors) == (4, 2, 1)
        assert (test.only_this_right, test.only_other_right, test.p) == (0, 1, 1.0)
        assert test.gap.value == pytest.approx(25.0)
    assert found.neither is None
    truth = [0, 0, 1, 1]
    gap = log_loss(truth, other.probabilities[:, 1]) - log_loss(truth, this.probabilities[:, 1])
    assert found.log_loss_gap.value == pytest.approx(gap)


def test_photos_that_only_one_model_answered_are_left_out() -> None:
    this, other = draw_results(20), draw_results(15)  # the same names, as far as labels agree
    common = set(this.ids) & set(other.ids)
    assert compare_results(this, other).chosen.photos == len(common)


def test_a_model_is_not_worse_than_itself() -> None:
    results = draw_results(60)
    found = compare_results(results, results)
    assert (found.chosen.p, found.chosen.gap.value, found.log_loss_gap.high) == (1.0, 0.0, 0.0)
    assert found.regressions(0) == []


def compared(only_this: int, only_other: int, photos: int = 1000) -> Comparison:
    """Compares two models that differ on so many photos, all of them cats."""
    said = np.full((2, photos), 0.1)
    said[0, :only_other] = 0.9
    said[1, only_other : only_other + only_this] = 0.9
    this, other = (invent_results([CAT] * photos, row.tolist()) for row in said)
    return compare_results(this, other)


def test_worse_needs_both_the_points_and_more_than_chance() -> None:
    clear = compared(only_this=2, only_other=22)  # 2 points, p under 0.001
    assert clear.chosen.gap.value == pytest.approx(2.0)
    assert "cat or dog" in clear.regressions(0)
    assert "cat or dog" in clear.regressions(1.9)
    assert clear.regressions(2.1) == []
    chance = compared(only_this=1, only_other=5)  # p 0.22
    assert chance.chosen.gap.value == pytest.approx(0.4)
    assert chance.regressions(0) == []
    better = compared(only_this=22, only_other=2)
    assert better.chosen.is_significant
    assert better.regressions(0) == []


def photos_of_neither(verdict: Label, count: int = 30) -> Results:
    """Answers two pets rightly, and photos of neither with one verdict."""
    strangers = [
        (f"{place}.jpg", Label.NEITHER, verdict, 0.6 if verdict is CAT else 0.1, 0.1)
        for place in range(count)
    ]
    pets = [("cat.jpg", CAT, CAT, 0.9, 0.1), ("dog.jpg", DOG, DOG, 0.1, 0.9)]
    return invent_answers(*pets, *strangers)


def test_losing_the_word_neither_is_a_regression_though_accuracy_stays() -> None:
    worse, good = photos_of_neither(CAT), photos_of_neither(Label.NEITHER)
    found = compare_results(worse, good)
    assert found.chosen.gap.value == 0.0
    assert found.neither is not None
    assert (found.neither.photos, found.neither.errors, found.neither.other_errors) == (30, 30, 0)
    assert (found.verdicts.photos, found.verdicts.errors) == (32, 30)
    assert found.regressions(0) == ["verdicts", "neither"]
    assert compare_results(good, worse).regressions(0) == []
    fields = found.as_json()
    assert fields["neither"]["accuracy_gap"] == 100.0
    assert fields["verdicts"]["only_other_right"] == 30


def test_three_comparisons_must_not_find_a_regression_by_chance_three_times_as_often() -> None:
    unknown = Estimate(1.0, 0.0, 2.0)
    lucky = Paired(100, 9, 3, 0, 6, 0.03125, unknown)  # alone, it would count
    even = Paired(100, 3, 3, 0, 0, 1.0, unknown)
    assert Comparison(even, unknown, lucky, even).regressions(0) == []
    clear = Paired(100, 10, 1, 0, 9, 0.0039, unknown)
    assert Comparison(even, unknown, clear, even).regressions(0) == ["verdicts"]
