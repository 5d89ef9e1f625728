from __future__ import annotations

import math

import pytest
from sklearn.metrics import log_loss, roc_auc_score

from catordog.evaluation.answering import Results
from catordog.evaluation.figures import measure_results
from catordog.evaluation.questions import contains, measure_questions
from catordog.evaluation.shares import Share
from catordog.evaluation.verdicts import measure_verdicts
from catordog.labels import Label
from catordog.metrics import wilson_interval
from tests.evaluation.invented import CAT, DOG, draw_results, invent_answers

BOTH, NEITHER = Label.BOTH, Label.NEITHER


@pytest.fixture
def results() -> Results:
    return invent_answers(
        ("a", CAT, CAT, 0.9, 0.1),
        ("b", CAT, NEITHER, 0.3, 0.2),
        ("c", DOG, CAT, 0.8, 0.1),
        ("d", DOG, BOTH, 0.6, 0.9),
        ("e", BOTH, BOTH, 0.7, 0.8),
        ("f", NEITHER, NEITHER, 0.05, 0.1),
        ("g", NEITHER, DOG, 0.1, 0.95),
    )


def test_verdicts_are_counted_by_label(results: Results) -> None:
    found = measure_verdicts(results)
    assert found.right == Share(3, 7)
    assert found.by_label == {
        CAT: Share(1, 2),
        DOG: Share(0, 2),
        BOTH: Share(1, 1),
        NEITHER: Share(1, 2),
    }
    assert (found.pets_right, found.pets_lost, found.pets_called_both) == (
        *(Share(1, 4), Share(1, 4), Share(1, 4)),
    )
    assert found.confusion[DOG, BOTH] == found.confusion[NEITHER, DOG] == 1
    assert (len(found.confusion), sum(found.confusion.values())) == (16, 7)
    fields = found.as_json()
    assert (fields["photos"], fields["pets"]) == (7, 4)
    assert (fields["pets_lost_share_low"], fields["pets_lost_share_high"]) == wilson_interval(1, 4)


def test_pet_that_is_lost_is_still_right_at_cat_or_dog() -> None:
    pets = invent_answers(("b", CAT, NEITHER, 0.3, 0.2), ("d", DOG, BOTH, 0.6, 0.9))
    assert measure_results(pets).metrics.errors == 0
    assert measure_verdicts(pets).right.count == 0


def test_cat_or_dog_is_measured_given_one_of_them() -> None:
    pets = invent_answers(("a", CAT, NEITHER, 0.03, 0.01), ("b", DOG, BOTH, 0.6, 0.9))
    figures = measure_results(pets)
    expected = -(math.log(0.75) + math.log(0.6)) / 2
    assert figures.log_loss.value == pytest.approx(expected)
    assert figures.metrics.log_loss == pytest.approx(expected)
    assert pets.confidence.tolist() == pytest.approx([0.75, 0.6])


def test_share_of_nothing_is_unknown() -> None:
    assert math.isnan(Share(0, 0).value)
    assert all(math.isnan(end) for end in Share(0, 0).interval)


def test_each_question_counts_both_and_neither(results: Results) -> None:
    assert contains(results.labels, CAT).tolist() == [True, True, False, False, True, False, False]
    for place, question in enumerate(measure_questions(results, bins=2)):
        truth = contains(results.labels, question.label)
        p = results.probabilities[:, place]
        assert (question.photos, question.contain) == (7, truth.sum())
        assert question.auc.value == pytest.approx(roc_auc_score(truth, p))
        assert question.log_loss.value == pytest.approx(log_loss(truth, p))
        assert [one.photos for one in question.bins] == [4, 3]
        assert sum(one.contain for one in question.bins) == question.contain


def test_calibration_of_a_question_done_by_hand() -> None:
    photos = [("a", NEITHER, NEITHER, 0.1, 0.1), ("b", DOG, DOG, 0.3, 0.9)]
    photos += [("c", CAT, CAT, 0.8, 0.1), ("d", BOTH, CAT, 0.6, 0.3)]
    cat = measure_questions(invent_answers(*photos), bins=2)[0]
    # 0.1 and 0.3 of which none has a cat: gap 0.2; 0.6 and 0.8 of which all have: gap 0.3.
    assert cat.calibration_error == pytest.approx(0.25)
    assert cat.as_json()["bins"][0] == {
        "photos": 2,
        "contain": 0,
        "probability": pytest.approx(0.2),
    }


def test_questions_have_fifteen_bins_of_equal_mass() -> None:
    bins = measure_questions(draw_results(100))[1].bins
    assert [one.photos for one in bins] == [7] * 10 + [6] * 5
    assert [one.probability for one in bins] == sorted(one.probability for one in bins)
