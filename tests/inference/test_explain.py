from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog import CLASSES, Classifier, Label
from catordog.errors import ConfigError, ImageDecodeError
from catordog.images.preprocess import decode_and_preprocess
from catordog.inference.explain import SHOWN_PX, Explanation
from catordog.inference.second_look import choose_windows

PETS = (("chelsea.jpg", Label.CAT), ("dog.jpg", Label.DOG), ("both.jpg", Label.CAT))
TRIES = 60


@pytest.fixture(scope="module", params=["fast", "accurate"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier.load(request.param)


@pytest.fixture(scope="module")
def fast() -> Classifier:
    return Classifier.load("fast")


def logits_greyed(
    classifier: Classifier, pixels: np.ndarray, corners: list[tuple[float, float]], side: float
) -> np.ndarray:
    """Returns the logits (N, 2) of a picture with one square after another greyed out."""
    greyed = np.repeat(pixels[None], len(corners), axis=0)
    side_px = round(side * len(pixels))
    for picture, corner in zip(greyed, corners, strict=True):
        left, top = (round(share * len(pixels)) for share in corner)
        picture[top : top + side_px, left : left + side_px] = pixels.mean(axis=(0, 1))
    return classifier.bundle.look(greyed).logits


# Not more: in photos that a pet fills, half the photo hides it wherever that half lies.
@pytest.mark.parametrize("side", [0.2, 0.3])
def test_greying_out_what_is_hot_costs_more_than_greying_out_elsewhere(
    classifier: Classifier, samples: Path, side: float
) -> None:
    spec = classifier.bundle.metadata.preprocess
    look = replace(classifier.bundle.metadata.second_look, side=side)
    random = np.random.default_rng(0)
    lost_hot, lost_elsewhere = [], []
    for name, label in PETS:
        question = CLASSES.index(label)
        pixels = decode_and_preprocess((samples / name).read_bytes(), spec).pixels
        evidence = classifier.explain(samples / name).evidence[:, :, question, None]
        (hot,) = choose_windows(evidence, look)
        elsewhere = [tuple(corner) for corner in random.uniform(0, 1 - side, (TRIES, 2))]
        corners = [(hot.left, hot.top), *elsewhere]
        # Logits: probabilities rise and fall with them, but many are as near to 1 as they can be.
        before = classifier.bundle.look(pixels[None]).logits[0, question]
        lost = before - logits_greyed(classifier, pixels, corners, side)[:, question]
        lost_hot.append(lost[0])
        lost_elsewhere.append(lost[1:].mean())
    assert np.mean(lost_hot) > np.mean(lost_elsewhere)


def test_explanation_holds_what_predict_says(fast: Classifier, samples: Path) -> None:
    for source in (samples / "dog.jpg", (samples / "dog.jpg").read_bytes()):
        explanation = fast.explain(source)
        assert explanation.prediction == fast.predict(source)
    with Image.open(samples / "dog.jpg") as image:
        explanation = fast.explain(image)
        assert explanation.prediction == fast.predict(image)
    assert explanation.evidence.shape[2] == 2
    look = fast.bundle.look(
        decode_and_preprocess(
            (samples / "dog.jpg").read_bytes(), fast.bundle.metadata.preprocess
        ).pixels[None]
    )
    assert np.array_equal(fast.explain(samples / "dog.jpg").evidence, look.evidence[0])


def test_photo_that_cannot_be_read_raises(fast: Classifier) -> None:
    with pytest.raises(ImageDecodeError):
        fast.explain(b"no photo")


def explain_corner(label: Label, *, size: tuple[int, int] = (400, 300)) -> Explanation:
    """Invents an answer that rests on the upper left corner of a plain photo."""
    evidence = np.full((7, 7, 2), -1, np.float32)
    evidence[:2, :2, CLASSES.index(Label.CAT)] = 8
    picture = np.full((size[1], size[0], 3), (90, 120, 60), np.uint8)
    prediction = replace(Classifier.load("fast").predict(picture), label=label)
    return Explanation(prediction, evidence, picture)


def test_hot_places_are_coloured_and_others_are_not() -> None:
    drawn = explain_corner(Label.CAT).overlay(Label.CAT)
    assert (drawn.dtype, drawn.shape[1:]) == (np.uint8, (400, 3))
    assert drawn.shape[0] > 300  # the legend below
    red, _, blue = drawn[20, 20].astype(int)
    assert red > 200 > blue
    cold = drawn[250, 350].astype(int)
    assert np.ptp(cold) < 40
    legend = drawn[300:]
    assert len(np.unique(legend.reshape(-1, 3), axis=0)) > 50


def test_nothing_hot_is_said_so_and_colours_nothing() -> None:
    drawn = explain_corner(Label.CAT).overlay(Label.DOG)
    assert len(np.unique(drawn[:300].reshape(-1, 3), axis=0)) == 1
    assert (drawn[300:] < 128).any()


@pytest.mark.parametrize(
    ("label", "maps"), [(Label.CAT, 1), (Label.DOG, 1), (Label.BOTH, 2), (Label.NEITHER, 2)]
)
def test_both_and_neither_are_drawn_as_two_maps(label: Label, maps: int) -> None:
    explanation = explain_corner(label)
    drawn = explanation.draw()
    assert drawn.shape[1] == 400 * maps
    if label is Label.DOG:
        assert np.array_equal(drawn, explanation.overlay(Label.DOG))
    else:
        assert np.array_equal(drawn[:, :400], explanation.overlay(Label.CAT))


@pytest.mark.parametrize("label", [Label.BOTH, Label.NEITHER])
def test_only_a_cat_or_a_dog_has_evidence(label: Label) -> None:
    with pytest.raises(ConfigError, match="expected cat or dog"):
        explain_corner(label).overlay(label)


@pytest.mark.parametrize("size", [(2, 2), (3, 900), (3000, 20), (2000, 1500)])
def test_odd_sizes_are_drawn(fast: Classifier, size: tuple[int, int]) -> None:
    drawn = fast.explain(Image.new("RGB", size, (200, 80, 30))).overlay(Label.DOG)
    assert drawn.shape[1] <= SHOWN_PX
