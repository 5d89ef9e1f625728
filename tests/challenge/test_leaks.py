"""A script that looks at all of a photo but its picture must not tell cats from dogs.

The test: draw challenges; from every photo take what a stranger sees without decoding it (place,
name, length, every byte before the compressed picture, the last bytes, whether its digest was seen
before); score each feature by the area under the ROC curve against the truth. By chance its
standard error is known (Hanley and McNeil), and none may be further than five from one half, which
for the features here happens to one run in thousands. The draws are seeded: it does not flicker.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np

from catordog.challenge.pool import open_pools

CHALLENGES = 150
HEADER_BYTES = 623


def area(values: np.ndarray, is_cat: np.ndarray) -> float:
    """The chance that a random cat has the larger value than a random dog; ties count half."""
    cats, dogs = values[is_cat][:, None], values[~is_cat][None, :]
    return float((cats > dogs).mean() + (cats == dogs).mean() / 2)


def test_what_is_not_the_picture_tells_no_better_than_chance(tiny_zip: Path) -> None:
    pool, _ = open_pools(str(tiny_zip))
    chance = random.Random(7)
    rows, truth, digests = [], [], set()
    for _ in range(CHALLENGES):
        drawn = pool.draw(chance)
        truth += drawn.cats
        for place, jpeg in enumerate(drawn.jpegs):
            start = jpeg.index(b"\xff\xda") + 14
            assert start == HEADER_BYTES
            rows.append([place, len(jpeg), *jpeg[:start], *jpeg[-16:]])
            digests.add(hashlib.sha256(jpeg).digest())
    table, is_cat = np.array(rows), np.array(truth)
    assert len(digests) == len(rows)  # no photo left twice alike
    assert (table[:, 1 : 2 + HEADER_BYTES] == table[0, 1 : 2 + HEADER_BYTES]).all()
    cats, dogs = int(is_cat.sum()), int((~is_cat).sum())
    error = np.sqrt((cats + dogs + 1) / (12 * cats * dogs))
    areas = [area(table[:, column], is_cat) for column in (0, *range(-16, 0))]
    assert np.abs(np.array(areas) - 0.5).max() < 5 * error


def test_the_test_would_see_a_leak() -> None:
    is_cat = np.array([True, False] * 500)
    assert area(is_cat.astype(float) + np.random.default_rng(0).normal(0, 2, 1000), is_cat) > 0.6
