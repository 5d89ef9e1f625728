from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog import Classifier
from catordog.challenge.pool import open_pools
from catordog.challenge.rules import PHOTOS
from catordog.challenge.sheet import COLUMNS, SHEET_BYTES, SIDE_PX, compose, crop, cut
from catordog.challenge.webp import HEADER_BYTES, encode_evenly
from catordog.errors import DatasetError, ImageTooLargeError
from tests.conftest import draw_photo


def is_drawn_cat(photo: bytes) -> bool:
    """Tells the drawings of `draw_photo` apart by the colour in their middle."""
    with Image.open(io.BytesIO(photo)) as image:
        red, _, blue = np.asarray(image)[125, 125]
    return bool(red > blue)


def drawn_cats(sheet: bytes | None) -> list[bool]:
    """Tells which photos of a sheet are drawn cats."""
    assert sheet is not None
    return [is_drawn_cat(photo) for photo in cut(sheet)]


def jpeg_of(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def test_drawn_challenge_is_twelve_photos_with_the_truth(tiny_zip: Path) -> None:
    for pool in open_pools(str(tiny_zip)):
        for seed in range(5):
            drawn = pool.draw(random.Random(seed))
            assert len(drawn.cats) == 12
            assert drawn_cats(drawn.sheet) == drawn.cats


def test_number_of_cats_is_left_to_chance(tiny_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catordog.challenge.pool.CANDIDATES", PHOTOS)  # faster, and no matter here
    pool, _ = open_pools(str(tiny_zip))
    chance = random.Random(0)
    cats = np.array([pool.draw(chance).cats for _ in range(120)])
    numbers = cats.sum(axis=1)
    assert numbers.var() == pytest.approx(3, rel=0.4)  # of 12 coins
    assert abs(cats.mean(axis=0) - 0.5).max() < 0.2  # at no place more often


def test_photos_of_a_challenge_differ_and_never_leave_twice_alike(tiny_zip: Path) -> None:
    pool, _ = open_pools(str(tiny_zip))
    chance = random.Random(0)
    photos = [photo for _ in range(10) for photo in cut(pool.draw(chance).sheet)]
    assert len(set(photos)) == len(photos)


def test_pools_share_no_photo(tiny_zip: Path) -> None:
    with zipfile.ZipFile(tiny_zip) as archive:
        total = len(archive.namelist())
    challenges, versus = open_pools(str(tiny_zip))
    ids = [{e.id for of in pool._of.values() for e in of} for pool in (challenges, versus)]
    assert not ids[0] & ids[1]
    assert len(challenges) + len(versus) == total == len(ids[0] | ids[1])


def squares_of(*photos: bytes) -> list[np.ndarray]:
    """Twelve squares, of these photos again and again."""
    chance = random.Random(0)
    return [crop(photos[n % len(photos)], chance) for n in range(12)]


def test_every_sheet_has_one_size_one_header_and_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a cat called Tom"
    originals = [
        jpeg_of(draw_photo("cat", 0, side_px=90), quality=95, exif=exif, comment=b"a cat"),
        jpeg_of(draw_photo("dog", 1, side_px=700).resize((900, 500)), quality=30),
        jpeg_of(draw_photo("dog", 2, side_px=300).convert("L"), progressive=True),
    ]
    sheets = [compose(squares_of(photo), random.Random(0)) for photo in originals]
    assert {len(sheet) for sheet in sheets} == {SHEET_BYTES}
    assert len({sheet[:HEADER_BYTES] for sheet in sheets}) == 1
    for sheet in sheets:
        assert b"cat" not in sheet[:1000].lower() and b"Exif" not in sheet
        with Image.open(io.BytesIO(sheet)) as image:
            assert (image.size, image.mode, set(image.info)) == (
                (COLUMNS * SIDE_PX, 2 * SIDE_PX),
                "RGB",
                {"loop", "background"},
            )


class SameQuality(random.Random):
    def randint(self, a: int, b: int) -> int:
        return 70


def test_filling_changes_no_pixel_and_looks_like_the_rest() -> None:
    dice = np.random.default_rng(0)
    grain = dice.normal(0, 12, (512, 512, 3)) + np.linspace(0, 200, 512)[:, None]
    pixels = np.clip(grain, 0, 255).astype(np.uint8)
    sizes = (30_000, 200_000)
    filled = [encode_evenly(pixels, *sizes, SameQuality(seed)) or b"" for seed in (0, 1)]
    assert filled[0] != filled[1]
    assert {len(webp) for webp in filled} == {HEADER_BYTES + sum(sizes)}
    shown = [np.asarray(Image.open(io.BytesIO(webp))) for webp in filled]
    assert (shown[0] == shown[1]).all()
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "WEBP", quality=70)
    assert (np.asarray(Image.open(plain)) == shown[0]).all()
    assert len(plain.getvalue()) < 0.5 * len(filled[0])
    picture, filling = (
        np.bincount(np.frombuffer(webp, np.uint8), minlength=256) / len(webp)
        for webp in (plain.getvalue(), filled[0][-100_000:])
    )
    assert np.abs(picture - filling).max() < 0.002
    assert encode_evenly(pixels, 200, 200_000, random.Random(0)) is None
    assert encode_evenly(pixels, 30_000, 2_000, random.Random(0)) is None


def test_photos_of_a_sheet_lie_in_rows_in_order() -> None:
    greys = 16 + 19 * np.arange(12)  # which WebP's fewer levels hold exactly
    squares = [np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8) for grey in greys]
    photos = cut(compose(squares, random.Random(0)))
    means = [np.asarray(Image.open(io.BytesIO(photo))).mean() for photo in photos]
    assert np.abs(np.array(means) - greys).max() < 1
    # Nothing of a neighbour, not even in the blocks at the edge.
    assert all(np.ptp(np.asarray(Image.open(io.BytesIO(photo)))) <= 2 for photo in photos)


def test_photo_of_a_sheet_is_answered_as_before(samples: Path) -> None:
    square = crop((samples / "dog.jpg").read_bytes(), random.Random(0))
    file = io.BytesIO()
    Image.fromarray(square).save(file, "PNG")
    classifier = Classifier.load("fast")
    before = classifier.predict(file.getvalue())
    after = classifier.predict(cut(compose([square] * 12, random.Random(0)))[7])
    assert after.p_dog == pytest.approx(before.p_dog, abs=0.05)


def test_photos_that_do_not_fit_are_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    with pytest.raises(ImageTooLargeError, match="Show others"):
        compose([noise] * 12, random.Random(0))


def test_pool_whose_sheets_never_fit_is_refused(
    tiny_zip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catordog.challenge.sheet.SECOND_BYTES", 200)
    pool, _ = open_pools(str(tiny_zip))
    with pytest.raises(DatasetError, match="take too many bytes"):
        pool.draw(random.Random(0))


def test_what_is_no_sheet_is_not_cut() -> None:
    with pytest.raises(DatasetError, match="expected 1536x512 pixels, received 90x90"):
        cut(jpeg_of(draw_photo("cat", 0, side_px=90)))


def test_unreadable_photos_are_stepped_over(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for n in range(24):
            draw_photo(label, n + 100 * (label == "dog")).save(tmp_path / label / f"{n}.jpg")
        for n in range(40):
            (tmp_path / label / f"broken{n}.jpg").write_bytes(b"\xff\xd8\xff no photo")
    pool, _ = open_pools(str(tmp_path))
    drawn = pool.draw(random.Random(3))
    assert drawn_cats(drawn.sheet) == drawn.cats


def test_too_few_photos_are_refused(tmp_path: Path) -> None:
    for label, number in (("cat", 24), ("dog", 23)):
        (tmp_path / label).mkdir()
        for n in range(number):
            draw_photo(label, n).save(tmp_path / label / f"{n}.jpg")
    with pytest.raises(DatasetError, match="at least 24 photos of each class, received 23"):
        open_pools(str(tmp_path))
