from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catordog import Classifier, Failure, Prediction
from catordog.errors import ConfigError
from catordog.images.preprocess import (
    PreprocessSpec,
    Window,
    decode_and_preprocess_windows,
    preprocess,
)
from catordog.inference.bundle import Bundle, Look
from catordog.inference.second_look import SecondLookSpec, choose_windows, combine, is_unsure
from catordog.inference.verdict import to_probabilities

SPEC = SecondLookSpec(sure_pet=0.98, sure_absent=0.02, side=0.5, weights=(0.25, 0.5, -1.0))


@pytest.mark.parametrize(
    ("p", "unsure"),
    [
        ((0.99, 0.01), False),
        ((0.02, 0.98), False),
        ((0.97, 0.01), True),
        ((0.01, 0.01), True),
        ((0.99, 0.03), True),
        ((0.99, 0.99), True),
    ],
)
def test_unsure_is_without_a_sure_pet_or_with_a_second_one(
    p: tuple[float, float], unsure: bool
) -> None:
    assert is_unsure(np.array([p, (0.99, 0.01)]), SPEC).tolist() == [unsure, False]


def plant(*spots: tuple[int, int, int], shape: tuple[int, int] = (9, 9)) -> np.ndarray:
    evidence = np.full((*shape, 2), -1.0, np.float32)
    for row, column, question in spots:
        evidence[row, column, question] = 20
    return evidence


def test_each_animal_gets_the_window_with_its_evidence() -> None:
    cat, dog = choose_windows(plant((0, 0, 0), (8, 8, 1)), SPEC)
    assert cat == Window(0, 0, 0.5, 0.5)
    assert dog == Window(0.5, 0.5, 0.5, 0.5)


def test_one_window_is_enough_for_two_animals_in_one_place() -> None:
    assert len(choose_windows(plant((4, 4, 0), (4, 4, 1)), SPEC)) == 1


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.floats(0.05, 1), st.integers(1, 12), st.integers(1, 12))
def test_windows_stay_inside_and_hold_the_most(
    seed: int, side: float, height: int, width: int
) -> None:
    evidence = np.random.default_rng(seed).normal(size=(height, width, 2))
    spec = SecondLookSpec(0.98, 0.02, side, (1, 1, 0))
    for window in choose_windows(evidence, spec):
        assert (window.width, window.height) == (side, side)
        assert 0 <= window.left <= 1 - side
        assert 0 <= window.top <= 1 - side


def test_looks_are_weighed_and_the_best_window_counts() -> None:
    combined = combine(np.array([4.0, -8.0]), np.array([[2.0, 1.0], [-6.0, 3.0]]), SPEC)
    assert combined.tolist() == [0.25 * 4 + 0.5 * 2 - 1, 0.25 * -8 + 0.5 * 3 - 1]


class CountingBundle(Bundle):
    """Counts the pictures that the network was shown."""

    seen = 0

    def look(self, pixels: np.ndarray) -> Look:
        self.seen += len(pixels)
        return super().look(pixels)


@pytest.fixture
def bundle() -> CountingBundle:
    from catordog.inference.bundle import find_model

    return CountingBundle(find_model("fast"))


def with_spec(bundle: CountingBundle, **changes: object) -> CountingBundle:
    from dataclasses import replace

    spec = replace(bundle.metadata.second_look, **changes)  # type: ignore[arg-type]
    bundle.metadata = replace(bundle.metadata, second_look=spec)
    return bundle


@pytest.fixture
def photos(samples: Path) -> list[Path]:
    return sorted(samples.glob("*.jpg"))


def test_nothing_unsure_is_looked_at_once(bundle: CountingBundle, photos: list[Path]) -> None:
    classifier = Classifier(with_spec(bundle, sure_pet=0.0, sure_absent=1.0))
    auto = list(classifier.predict_many(photos, workers=1))
    assert bundle.seen == len(photos)
    off = list(Classifier(bundle, second_look="off").predict_many(photos, workers=1))
    assert auto == off


def test_only_what_is_unsure_is_looked_at_twice(bundle: CountingBundle, photos: list[Path]) -> None:
    off = list(Classifier(bundle, second_look="off").predict_many(photos, workers=1))
    lower = sorted(min(each.p_cat, each.p_dog) for each in off)  # type: ignore[union-attr]
    limit = (lower[-2] + lower[-1]) / 2
    seen = bundle.seen
    classifier = Classifier(with_spec(bundle, sure_pet=0.0, sure_absent=limit))
    auto = list(classifier.predict_many(photos, workers=1))
    assert seen + len(photos) < bundle.seen <= seen + len(photos) + 2
    assert sum(one != other for one, other in zip(auto, off, strict=True)) == 1


def test_second_look_is_what_the_parts_of_the_photo_say(
    bundle: CountingBundle, samples: Path
) -> None:
    with_spec(bundle, weights=(0.3, 0.6, 0.1))
    metadata = bundle.metadata
    with Image.open(samples / "both.jpg") as image:
        pixels = np.asarray(image)
    look = bundle.look(preprocess(pixels, metadata.preprocess)[None])
    windows = []
    for window in choose_windows(look.evidence[0], metadata.second_look):
        height, width = pixels.shape[:2]
        box = [
            *(window.left * width, window.top * height),
            *((window.left + window.width) * width, (window.top + window.height) * height),
        ]
        size = (metadata.preprocess.size_px,) * 2
        part = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, box=box)
        windows.append(bundle.look(np.asarray(part)[None]).logits[0])
    logits = 0.3 * look.logits[0] + 0.6 * np.max(windows, axis=0) + 0.1
    prediction = Classifier(bundle, second_look="always").predict(pixels)
    expected = to_probabilities(logits)
    assert [prediction.p_cat, prediction.p_dog] == pytest.approx(expected.tolist(), abs=1e-5)


def test_batch_equals_single_when_all_are_looked_at_twice(
    bundle: CountingBundle, photos: list[Path]
) -> None:
    classifier = Classifier(bundle, second_look="always")
    singles = [classifier.predict(photo) for photo in photos]
    mixed = [*photos[:2], "gone.jpg", *photos[2:], b"no photo"]
    for workers, batch_size in ((1, 1), (2, 4), (1, 100)):
        answers = list(classifier.predict_many(mixed, workers=workers, batch_size=batch_size))
        assert [isinstance(answer, Failure) for answer in answers] == [
            photo in ("gone.jpg", b"no photo") for photo in mixed
        ]
        answered = [answer for answer in answers if isinstance(answer, Prediction)]
        for one, other in zip(singles, answered, strict=True):
            assert (other.label, other.width) == (one.label, one.width)
            assert other.p_cat == pytest.approx(one.p_cat, abs=1e-4)


class ReadableOnce:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read_bytes(self) -> bytes:
        if not self.data:
            raise OSError("gone")
        data, self.data = self.data, b""
        return data


def test_photo_that_is_gone_at_the_second_look_keeps_its_first_answer(
    bundle: CountingBundle, samples: Path
) -> None:
    data = (samples / "both.jpg").read_bytes()
    off = Classifier(bundle, second_look="off").predict(data)
    always = Classifier(bundle, second_look="always")
    gone, there = always.predict_many([ReadableOnce(data), data], workers=1)
    assert isinstance(gone, Prediction)
    assert isinstance(there, Prediction)
    assert gone.p_dog == pytest.approx(off.p_dog, abs=1e-5)
    assert there != gone


def test_window_of_a_large_photo_keeps_its_detail() -> None:
    fine = np.zeros((1200, 1200, 3), np.uint8)
    fine[::2, :, :] = 255  # lines one pixel apart: grey in a photo that was scaled down
    buffer = io.BytesIO()
    Image.fromarray(fine).save(buffer, "JPEG", quality=95)
    window = Window(0.25, 0.5, 0.1, 0.1)
    (part,) = decode_and_preprocess_windows(buffer.getvalue(), PreprocessSpec(120), [window])
    assert part.shape == (120, 120, 3)
    assert part[:, 60, 0].std() > 100
    (whole,) = decode_and_preprocess_windows(buffer.getvalue(), PreprocessSpec(120), [Window()])
    assert whole[:, 60, 0].std() < 10


def test_window_takes_the_part_it_names() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[50:, 100:] = 200
    spec = PreprocessSpec(10)
    assert preprocess(pixels, spec, Window(0.6, 0.6, 0.4, 0.4)).mean() == 200
    assert preprocess(pixels, spec, Window(0.0, 0.0, 0.4, 0.4)).mean() == 0
    assert np.array_equal(preprocess(pixels, spec), preprocess(pixels, spec, Window()))


def test_other_settings_are_refused(bundle: CountingBundle) -> None:
    with pytest.raises(ConfigError, match="expected one of auto, off, always"):
        Classifier(bundle, second_look="sometimes")
