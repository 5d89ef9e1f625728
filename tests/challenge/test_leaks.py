"""A script that looks at all of a challenge but its picture must not tell cats from dogs.

The test: draw challenges; of each photo take what a stranger sees without decoding the sheet: its
place, and the bytes where it would be if each block of the picture took as many; score each feature
by the area under the ROC curve against the truth. By chance its standard error is known (Hanley and
McNeil), and none may be further than five from one half, which for the features here happens to one
run in thousands. Of the sheet, neither the header, the length nor the last bytes may tell how many
are cats. The draws are seeded: it does not flicker.
"""

from __future__ import annotations

import hashlib
import io
import random

import numpy as np
import pytest
from PIL import Image

from catordog.challenge import pool as pool_module
from catordog.challenge.pool import DrawnChallenge, PhotoPool, open_pools
from catordog.challenge.rules import PHOTOS
from catordog.challenge.sheet import COLUMNS, SHEET_BYTES, SIDE_PX, cut
from catordog.challenge.webp import HEADER_BYTES

CHALLENGES = 60


def area(values: np.ndarray, is_cat: np.ndarray) -> float:
    """The chance that a random cat has the larger value than a random dog; ties count half."""
    cats, dogs = values[is_cat][:, None], values[~is_cat][None, :]
    return float((cats > dogs).mean() + (cats == dogs).mean() / 2)


def bytes_of_photo(sheet: bytes, place: int) -> np.ndarray:
    """Guesses which bytes of a sheet are one photo's: an even share of each row of blocks."""
    scan = np.frombuffer(sheet[HEADER_BYTES:], np.uint8)
    block_rows = 2 * SIDE_PX // 16
    pieces = np.array_split(scan, block_rows * COLUMNS)
    row, column = divmod(place, COLUMNS)
    of_row = range(row * block_rows // 2, (row + 1) * block_rows // 2)
    return np.concatenate([pieces[r * COLUMNS + column] for r in of_row])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> PhotoPool:
    """Photos of noise: of dogs there is, on the whole, more of it. Dogs are blue, cats are red."""
    folder, dice = tmp_path_factory.mktemp("uneven"), np.random.default_rng(0)
    for label, (least, most) in {"cat": (4, 24), "dog": (8, 28)}.items():
        (folder / label).mkdir()
        for number in range(80):
            noise = dice.normal(0, dice.uniform(least, most), (130, 130, 1))
            colour = (150, 110, 90) if label == "cat" else (90, 110, 150)
            pixels = np.clip(noise + colour, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png", compress_level=1)
    return open_pools(str(folder))[0]


@pytest.fixture(scope="module")
def drawn(pool: PhotoPool) -> list[DrawnChallenge]:
    chance = random.Random(7)
    return [pool.draw(chance) for _ in range(CHALLENGES)]


def test_what_is_not_the_picture_tells_no_better_than_chance(drawn: list[DrawnChallenge]) -> None:
    headers = {one.sheet[:HEADER_BYTES] for one in drawn}
    assert len(headers) == 1
    assert headers.pop()[20:].startswith(b"\x10\x00\x0a\x9d\x01\x2a")  # a frame begins here
    assert {len(one.sheet) for one in drawn} == {SHEET_BYTES}
    assert len({hashlib.sha256(one.sheet).digest() for one in drawn}) == CHALLENGES
    rows = [
        [place, found.mean(), found.std(), (found == 0).sum(), (found == 255).sum(), *found[:8]]
        for one in drawn
        for place in range(PHOTOS)
        for found in [bytes_of_photo(one.sheet, place)]
    ]
    check_chance(np.array(rows, float), np.array([cat for one in drawn for cat in one.cats]))
    cats = np.array([sum(one.cats) for one in drawn])
    last = np.array([list(one.sheet[-16:]) for one in drawn], float)
    check_chance(last[cats != 6], (cats > 6)[cats != 6])


def check_chance(table: np.ndarray, is_cat: np.ndarray) -> None:
    """No column of the table tells what is a cat."""
    cats, dogs = int(is_cat.sum()), int((~is_cat).sum())
    error = np.sqrt((cats + dogs + 1) / (12 * cats * dogs))
    areas = [area(column, is_cat) for column in table.T]
    assert np.abs(np.array(areas) - 0.5).max() < 5 * error


def test_detail_tells_no_better_than_chance(
    pool: PhotoPool, drawn: list[DrawnChallenge], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_chance(*detail_of(drawn))
    monkeypatch.setattr(pool_module, "CANDIDATES", PHOTOS)  # then there is nothing to choose from
    chance = random.Random(7)
    unpaired = [pool.draw(chance) for _ in range(CHALLENGES)]
    with pytest.raises(AssertionError):
        check_chance(*detail_of(unpaired))


def detail_of(drawn: list[DrawnChallenge]) -> tuple[np.ndarray, np.ndarray]:
    """The contrast of each photo, and whether it is a cat."""
    photos = [Image.open(io.BytesIO(photo)) for one in drawn for photo in cut(one.sheet)]
    contrasts = [np.asarray(photo.convert("L")).std() for photo in photos]
    return np.array(contrasts)[:, None], np.array([cat for one in drawn for cat in one.cats])


def test_the_test_would_see_a_leak() -> None:
    is_cat = np.array([True, False] * 500)
    assert area(is_cat.astype(float) + np.random.default_rng(0).normal(0, 2, 1000), is_cat) > 0.6
