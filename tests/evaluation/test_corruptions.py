from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog.data.photos import Photo
from catordog.evaluation.corruptions import CORRUPTIONS, SETTINGS, SMALL_SIDES_PX, STRENGTHS
from catordog.evaluation.robustness import (
    answer_corrupted,
    measure_robustness,
    sample_ids,
)
from catordog.inference.classifier import Classifier
from catordog.labels import Label
from catordog.progress import SilentScreen
from catordog.records import Prediction
from tests.conftest import draw_photo


def photo_pixels() -> np.ndarray:
    with Image.open(Path(__file__).parents[2] / "samples" / "chelsea.jpg") as image:
        return np.asarray(image.convert("RGB").resize((240, 180)))


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("strength", range(STRENGTHS))
def test_spoiled_photo_is_one_of_its_own(name: str, strength: int) -> None:
    pixels = photo_pixels()
    before = pixels.copy()
    spoiled = CORRUPTIONS[name](pixels, strength, 7)
    assert spoiled.dtype == np.uint8
    if name == "small":
        assert min(spoiled.shape[:2]) == SMALL_SIDES_PX[strength]
    else:
        assert spoiled.shape == pixels.shape
    assert not np.shares_memory(spoiled, pixels)
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(spoiled, CORRUPTIONS[name](pixels, strength, 7))


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - {"rotation"}))
def test_more_strength_spoils_more(name: str) -> None:
    pixels = photo_pixels()
    differences = []
    for strength in range(STRENGTHS):
        spoiled = Image.fromarray(CORRUPTIONS[name](pixels, strength, 0)).resize((240, 180))
        gap = np.asarray(spoiled).astype(float) - pixels
        differences.append(float(np.abs(gap).mean()))
    assert differences[0] > 0
    assert differences == sorted(differences)
    assert len(set(differences)) == STRENGTHS


def test_last_rotation_turns_upside_down() -> None:
    pixels = photo_pixels()
    np.testing.assert_array_equal(CORRUPTIONS["rotation"](pixels, 4, 0), pixels[::-1, ::-1])


def test_noise_depends_on_its_seed_alone() -> None:
    pixels = photo_pixels()
    first, second = (CORRUPTIONS["noise"](pixels, 2, seed) for seed in (1, 2))
    assert (first != second).mean() > 0.5


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(2, 2, 3), (2, 300, 3)])
def test_tiny_photo_and_long_strip_can_be_spoiled(name: str, shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 90, np.uint8)
    for strength in range(STRENGTHS):
        assert CORRUPTIONS[name](pixels, strength, 0).ndim == 3


def test_every_strength_is_in_words() -> None:
    assert set(SETTINGS) == set(CORRUPTIONS)
    assert all(len(words) == STRENGTHS for words in SETTINGS.values())


def test_photos_are_answered_in_every_way(tmp_path: Path, samples: Path) -> None:
    paths = {
        "cat": samples / "chelsea.jpg",
        "bad": tmp_path / "bad.jpg",
        "drawn": tmp_path / "d.jpg",
    }
    paths["bad"].write_bytes(b"nothing")
    draw_photo("dog", 1).save(paths["drawn"])
    photos = {name: Photo(str(path), None, path.name) for name, path in paths.items()}
    classifier = Classifier.load("fast")
    said = answer_corrupted(classifier, photos, SilentScreen(), seed=0)
    assert {name: len(answers) for name, answers in said.items()} == {"cat": 31, "drawn": 31}
    assert said["cat"][0].label is classifier.predict(paths["cat"]).label
    assert said == answer_corrupted(classifier, photos, SilentScreen(), seed=0)
    rows = measure_robustness(said, {"cat": Label.CAT})
    assert [(row.corruption, row.strength) for row in rows[:3]] == [
        ("", 0),
        ("blur", 1),
        ("blur", 2),
    ]
    assert (len(rows), rows[0].photos, rows[0].accuracy) == (31, 1, 1.0)
    assert measure_robustness(said, {}) == []


def test_photo_called_neither_is_lost_but_right_if_its_likelier_class_is() -> None:
    ways = 31
    lost = Prediction(Label.NEITHER, p_cat=0.3, p_dog=0.2, width=9, height=9)
    wrong = Prediction(Label.DOG, p_cat=0.3, p_dog=0.9, width=9, height=9)
    rows = measure_robustness(
        {"a": [lost] * ways, "b": [wrong] * ways}, {"a": Label.CAT, "b": Label.CAT}
    )
    assert {(row.photos, row.errors, row.lost) for row in rows} == {(2, 1, 1)}


def test_sample_is_seeded_and_in_order() -> None:
    names = [f"{place:03}" for place in range(100)]
    drawn = sample_ids(names, 10, seed=1)
    assert drawn == sorted(drawn) == sample_ids(names, 10, seed=1)
    assert (len(drawn), sample_ids(names, 100, seed=1)) == (10, names)
    assert drawn != sample_ids(names, 10, seed=2)
