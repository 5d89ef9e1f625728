from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catordog.data.labelled import LabelledPhoto
from catordog.data.photos import Photo
from catordog.data.sources.example import Example
from catordog.evaluation.answering import Answers
from catordog.evaluation.strangers import (
    Strangers,
    estimate_shares_below,
    measure_strangers,
    name_group,
)
from catordog.labels import Label
from catordog.metrics import wilson_interval
from catordog.records import Answer, Failure, Prediction
from tests.evaluation.invented import CAT, DOG, invent_results

NEITHER, BOTH = Label.NEITHER, Label.BOTH
PETS = invent_results([CAT, DOG], [0.2, 0.9])  # surest 0.8 and 0.9


def stranger(name: str, label: Label) -> LabelledPhoto:
    return LabelledPhoto(Example(name, Photo(name, None, name), label), label, name, name, "")


def predicted(p_cat: float, p_dog: float, label: Label) -> Prediction:
    return Prediction(label=label, p_cat=p_cat, p_dog=p_dog, width=9, height=9)


def measure(photos: list[LabelledPhoto], answers: dict[str, Answer]) -> list[Strangers]:
    groups = {photo.example.id: name_group(photo.example.id, photo.label) for photo in photos}
    return measure_strangers(photos, Answers(answers, 1.0), PETS, groups)


def test_strangers_are_measured_folder_by_folder_and_together() -> None:
    answers: dict[str, Answer] = {
        "cups/a.jpg": predicted(0.7, 0.1, CAT),
        "cups/b.jpg": predicted(0.2, 0.3, NEITHER),
        "cups/c.jpg": Failure("damaged", "ImageDecodeError"),
        "loose.jpg": predicted(0.99, 0.2, CAT),
        "pairs/a.jpg": predicted(0.95, 0.9, BOTH),
    }
    photos = [stranger(name, BOTH if "pairs" in name else NEITHER) for name in answers]
    cups, loose, together, pairs = measure(photos, answers)
    assert (cups.group, cups.label, cups.photos, cups.failed) == ("cups", NEITHER, 2, 1)
    assert dict(cups.said) == {CAT: 1, DOG: 0, BOTH: 0, NEITHER: 1}
    assert (cups.right.count, cups.right.of) == (1, 2)
    assert cups.right.interval == wilson_interval(1, 2)
    assert cups.median_p_pet == pytest.approx(0.5)
    assert (cups.auroc.value, loose.group, loose.auroc.value) == (1.0, "", 0.0)
    assert (together.is_total, together.photos, together.failed) == (True, 3, 1)
    assert together.auroc.value == pytest.approx(2 / 3)
    # The smaller probability tells both from one pet, whose smaller ones are 0.2 and 0.1.
    assert (pairs.label, pairs.is_total, pairs.auroc.value) == (BOTH, False, 1.0)
    assert pairs.as_json()["right_share"] == 1.0


def test_both_is_not_told_by_the_larger_probability() -> None:
    (found,) = measure([stranger("a.jpg", BOTH)], {"a.jpg": predicted(0.99, 0.05, CAT)})
    assert found.auroc.value == 0.0


def test_strangers_that_cannot_be_answered_have_no_figures() -> None:
    answers: dict[str, Answer] = {"a/b.jpg": Failure("damaged", "ImageDecodeError")}
    (found,) = measure([stranger("a/b.jpg", NEITHER)], answers)
    assert found.group == "a"
    assert (found.photos, found.failed, found.right.of) == (0, 1, 0)
    assert math.isnan(found.auroc.value)
    assert math.isnan(found.median_p_pet)
    assert math.isnan(found.right.value)


def test_folder_that_only_repeats_the_label_is_parted_further() -> None:
    names = ("neither/fox/a.jpg", "neither/house/b.jpg", "neither/c.jpg", "x/fox/d.jpg")
    answers: dict[str, Answer] = {name: predicted(0.7, 0.3, CAT) for name in names}
    found = measure([stranger(name, NEITHER) for name in names], answers)
    assert [one.group for one in found] == ["neither", "neither/fox", "neither/house", "x", ""]


@pytest.mark.parametrize(
    ("name", "within", "group"),
    [
        ("odd/fox/a.jpg", "odd", "odd/fox"),
        ("odd/neither/fox/b/a.jpg", "odd", "odd/neither/fox"),
        ("odd/a.jpg", "odd", "odd"),
        ("odd/fox/a.jpg", "", "odd"),
        ("a.jpg", "", ""),
    ],
)
def test_group_is_the_first_folder_that_says_something(name: str, within: str, group: str) -> None:
    assert name_group(name, NEITHER, within=within) == group


def test_auroc_and_its_interval_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    pets, small, large = (
        np.round(random.normal(m, 1, n), 1) for m, n in ((1, 300), (0, 40), (0, 200))
    )
    found = estimate_shares_below(pets, [small, large, np.zeros(0)], resamples=800)
    for group, one in zip((small, large), found, strict=False):
        truth = np.repeat([1, 0], [len(pets), len(group)])
        assert one.value == pytest.approx(roc_auc_score(truth, np.concatenate([pets, group])))
        drawn = [
            roc_auc_score(
                truth, np.concatenate([random.choice(pets, 300), random.choice(group, len(group))])
            )
            for _ in range(400)
        ]
        assert (one.low, one.high) == pytest.approx(np.percentile(drawn, (2.5, 97.5)), abs=0.015)
    assert found[0].high - found[0].low > found[1].high - found[1].low
    assert math.isnan(found[2].value)
    assert math.isnan(estimate_shares_below(np.zeros(0), [small])[0].value)
