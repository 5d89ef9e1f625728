from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog.data.catalog import load_catalog
from catordog.evaluation.slices import measure_slices, slice_photos
from catordog.metrics import wilson_interval
from tests.evaluation.invented import CAT, invent_results


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
