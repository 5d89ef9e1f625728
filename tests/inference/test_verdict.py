from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catordog import Label, Prediction
from catordog.inference.verdict import LABEL_ERROR_RATE, Thresholds, to_probabilities

THRESHOLDS = Thresholds(pet=0.6, both=0.3)


@pytest.mark.parametrize(
    ("p_cat", "p_dog", "label"),
    [
        (0.9, 0.1, Label.CAT),
        (0.1, 0.9, Label.DOG),
        (0.9, 0.29, Label.CAT),
        (0.9, 0.3, Label.BOTH),
        (0.3, 0.6, Label.BOTH),
        (0.59, 0.59, Label.NEITHER),
        (0.01, 0.02, Label.NEITHER),
        (0.6, 0.01, Label.CAT),
        (0.01, 0.6, Label.DOG),
    ],
)
def test_verdict_follows_the_thresholds(p_cat: float, p_dog: float, label: Label) -> None:
    assert THRESHOLDS.decide(p_cat, p_dog) is label


@given(st.floats(0, 1), st.floats(0, 1))
def test_swapping_the_animals_swaps_the_verdict(p_cat: float, p_dog: float) -> None:
    verdict, swapped = THRESHOLDS.decide(p_cat, p_dog), THRESHOLDS.decide(p_dog, p_cat)
    if p_cat != p_dog:
        other = {Label.CAT: Label.DOG, Label.DOG: Label.CAT}
        assert swapped is other.get(verdict, verdict)


@pytest.mark.parametrize(
    "wrong", [{"pet": 0.0}, {"pet": 1.0}, {"both": -1}, {"both": float("nan")}]
)
def test_thresholds_are_probabilities(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Thresholds(**{"pet": 0.5, "both": 0.5} | wrong)


def test_no_logit_is_ever_quite_sure() -> None:
    logits = np.array([-np.inf, -800, -2, 0, 2, 800, np.inf])
    p = to_probabilities(logits)
    assert p[[0, 1, -2, -1]] == pytest.approx([0.001, 0.001, 0.999, 0.999])
    assert p[2] == pytest.approx(0.998 / (1 + np.exp(2)) + LABEL_ERROR_RATE / 2)
    assert p + p[::-1] == pytest.approx(np.ones(7))


def test_dog_rather_than_cat_is_a_share_of_the_two() -> None:
    assert Prediction(Label.NEITHER, 0.01, 0.03, 1, 1).p_dog_given_pet == pytest.approx(0.75)
    assert Prediction(Label.BOTH, 0.9, 0.9, 1, 1).p_dog_given_pet == pytest.approx(0.5)
