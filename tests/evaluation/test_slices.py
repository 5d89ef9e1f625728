from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog.data.catalog import load_catalog
from catordog.data.labelled import LabelledPhoto
from catordog.data.photos import Photo
from catordog.data.sources.example import Example
from catordog.evaluation.answering import Answers
from catordog.evaluation.slices import measure_slices, slice_photos
from catordog.evaluation.strangers import measure_strangers
from catordog.labels import Label
from catordog.metrics import wilson_interval
from catordog.records import Answer, Failure, Prediction
from tests.evaluation.invented import CAT, DOG, invent_results


def test_photos_are_sorted_by_what_they_look_like(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    noise = random.integers(0, 40, (60, 60, 3), dtype=np.uint8)
    pictures = {
        "dark": noise,
        "bright": noise + 200,
        "tall": np.tile(noise + 100, (3, 1, 1)),
        "wide": np.tile(noise + 90, (1, 2, 1)),
        "grey": np.repeat(noise[..., :1] + 80, 3, axis=2),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}.jpg", quality=95)
    whole = (tmp_path / "wide.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    catalog = load_catalog(str(tmp_path), cache=None)
    ids = ["dark.jpg", "bright.jpg", "tall.jpg", "wide.jpg", "grey.jpg", "cut.jpg"]
    found = {
        name.partition(" (")[0]: {ids[place] for place in np.flatnonzero(of_kind)}
        for (_, name), of_kind in slice_photos(catalog, ids).items()
    }
    assert "dark.jpg" in found["darkest"]
    assert "bright.jpg" in found["brightest"]
    assert found["tall"] == {"tall.jpg"}
    assert found["wide"] == {"wide.jpg", "cut.jpg"}
    assert found["cut short"] == {"cut.jpg"}
    assert found["grey"] == {"grey.jpg"}


def test_kind_that_fails_more_is_said_to_be_worse() -> None:
    wrong_dark = [0.9] * 10 + [0.1] * 10  # cats: half of the dark ones are wrong
    results = invent_results([CAT] * 120, wrong_dark + [0.1] * 100)
    dark = np.arange(120) < 20
    whole = np.ones(120, bool)
    slices = measure_slices(
        results,
        {("brightness", "dark"): dark, ("brightness", "light"): ~dark, ("file", "whole"): whole},
    )
    assert [(one.photos, one.errors, one.is_worse) for one in slices] == [
        *((20, 10, True), (100, 0, False), (120, 10, False)),
    ]
    assert (slices[0].accuracy_low, slices[0].accuracy_high) == wilson_interval(10, 20)
    # 10 of 10 errors in 20 of 120, twice over for the two kinds that are tests.
    expected = 2 * math.comb(20, 10) / math.comb(120, 10)
    assert slices[0].p == pytest.approx(expected)
    assert slices[2].p == pytest.approx(1.0)


def stranger(name: str, label: Label) -> LabelledPhoto:
    return LabelledPhoto(Example(name, Photo(name, None, name), label), label, name, name, "")


def predicted(p_cat: float, label: Label | None = None) -> Prediction:
    said = label or (CAT if p_cat > 0.5 else DOG)
    return Prediction(label=said, p_cat=p_cat, p_dog=1 - p_cat, width=9, height=9)


def test_strangers_are_measured_folder_by_folder() -> None:
    answers: dict[str, Answer] = {
        "cups/a.jpg": predicted(0.7),
        "cups/b.jpg": predicted(0.4),
        "cups/c.jpg": Failure("damaged", "ImageDecodeError"),
        "pairs/a.jpg": predicted(0.95, Label.BOTH),
        "loose.jpg": predicted(0.99),
    }
    photos = [
        stranger(name, Label.BOTH if name.startswith("pairs") else Label.NEITHER)
        for name in answers
    ]
    pets = invent_results([CAT, DOG], [0.2, 0.9])  # surest 0.8 and 0.9
    cups, loose, pairs = measure_strangers(photos, Answers(answers, 1.0), pets)
    assert (cups.group, cups.label, cups.photos, cups.failed) == ("cups", Label.NEITHER, 2, 1)
    assert cups.said == {CAT: 0.5, DOG: 0.5}
    assert cups.median_confidence == pytest.approx(0.65)
    assert (cups.auroc, loose.group, loose.auroc) == (1.0, "", 0.0)
    assert pairs.said == {CAT: 0.0, DOG: 0.0, Label.BOTH: 1.0}


def test_strangers_that_cannot_be_answered_have_no_figures() -> None:
    answers: dict[str, Answer] = {"a/b.jpg": Failure("damaged", "ImageDecodeError")}
    photos = [stranger("a/b.jpg", Label.NEITHER)]
    (found,) = measure_strangers(photos, Answers(answers, 1.0), invent_results([CAT], [0.2]))
    assert found.group == "a"
    assert (found.photos, found.failed, found.said) == (0, 1, {})
    assert math.isnan(found.auroc)
    assert math.isnan(found.median_confidence)


def test_folder_that_only_repeats_the_label_is_parted_further() -> None:
    names = ("neither/fox/a.jpg", "neither/house/b.jpg", "neither/c.jpg", "x/fox/d.jpg")
    answers: dict[str, Answer] = {name: predicted(0.7) for name in names}
    photos = [stranger(name, Label.NEITHER) for name in names]
    found = measure_strangers(photos, Answers(answers, 1.0), invent_results([CAT], [0.2]))
    assert [one.group for one in found] == ["neither", "neither/fox", "neither/house", "x"]
