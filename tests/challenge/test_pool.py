from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog import Classifier
from catordog.challenge.disguise import FILE_BYTES, SIDE_PX, crop, encode, pad
from catordog.challenge.pool import open_pools
from catordog.errors import DatasetError, ImageTooLargeError
from tests.conftest import draw_photo


def is_drawn_cat(jpeg: bytes) -> bool:
    """Tells the drawings of `draw_photo` apart by the colour in their middle."""
    with Image.open(io.BytesIO(jpeg)) as image:
        red, _, blue = np.asarray(image)[125, 125]
    return bool(red > blue)


def jpeg_of(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def test_drawn_challenge_is_twelve_photos_with_the_truth(tiny_zip: Path) -> None:
    for pool in open_pools(str(tiny_zip)):
        for seed in range(5):
            drawn = pool.draw(random.Random(seed))
            assert len(drawn.jpegs) == len(drawn.cats) == 12
            assert [is_drawn_cat(jpeg) for jpeg in drawn.jpegs] == drawn.cats


def test_number_of_cats_is_left_to_chance(tiny_zip: Path) -> None:
    pool, _ = open_pools(str(tiny_zip))
    chance = random.Random(0)
    cats = np.array([pool.draw(chance).cats for _ in range(200)])
    numbers = cats.sum(axis=1)
    assert numbers.var() == pytest.approx(3, rel=0.35)  # of 12 coins
    assert abs(cats.mean(axis=0) - 0.5).max() < 0.15  # at no place more often


def test_photos_of_a_challenge_differ_and_never_leave_twice_alike(tiny_zip: Path) -> None:
    pool, _ = open_pools(str(tiny_zip))
    chance = random.Random(0)
    jpegs = [jpeg for _ in range(10) for jpeg in pool.draw(chance).jpegs]
    assert len(set(jpegs)) == len(jpegs)


def test_pools_share_no_photo(tiny_zip: Path) -> None:
    with zipfile.ZipFile(tiny_zip) as archive:
        total = len(archive.namelist())
    challenges, versus = open_pools(str(tiny_zip))
    ids = [{e.id for of in pool._of.values() for e in of} for pool in (challenges, versus)]
    assert not ids[0] & ids[1]
    assert len(challenges) + len(versus) == total == len(ids[0] | ids[1])


def test_every_photo_has_one_size_one_header_and_no_metadata() -> None:
    chance = random.Random(0)
    exif = Image.Exif()
    exif[0x010E] = "a cat called Tom"
    originals = [
        jpeg_of(draw_photo("cat", 0, side_px=90), quality=95, exif=exif, comment=b"a cat"),
        jpeg_of(draw_photo("dog", 1, side_px=700).resize((900, 500)), quality=30),
        jpeg_of(draw_photo("dog", 2, side_px=300).convert("L"), progressive=True),
    ]
    padded = pad([encode(crop(photo, chance), chance) for photo in originals], chance)
    assert {len(jpeg) for jpeg in padded} == {FILE_BYTES}
    assert len({jpeg[: jpeg.index(b"\xff\xda") + 14] for jpeg in padded}) == 1
    for jpeg in padded:
        assert b"cat" not in jpeg.lower() and b"Exif" not in jpeg
        with Image.open(io.BytesIO(jpeg)) as image:
            assert (image.size, image.mode, image.info.keys() - {"jfif"}) == (
                (SIDE_PX, SIDE_PX),
                "RGB",
                {"jfif_version", "jfif_unit", "jfif_density"},
            )


def test_padding_changes_no_pixel_and_holds_no_marker() -> None:
    chance = random.Random(0)
    plain = [encode(crop(jpeg_of(draw_photo("cat", n)), chance), chance) for n in range(3)]
    for before, after in zip(plain, pad(plain, chance), strict=True):
        assert before[:-2] == after[: len(before) - 2]
        added = after[len(before) - 2 : -2]
        assert after.endswith(b"\xff\xd9")
        assert all(added[i + 1] == 0 for i in range(len(added) - 1) if added[i] == 0xFF)
        assert not added.endswith(b"\xff")
        pixels = [np.asarray(Image.open(io.BytesIO(jpeg))) for jpeg in (before, after)]
        assert (pixels[0] == pixels[1]).all()


def test_padded_photo_is_answered_as_the_plain_one(samples: Path) -> None:
    classifier, chance = Classifier.load("fast"), random.Random(0)
    plain = [encode(crop((samples / name).read_bytes(), chance), chance) for name in ("dog.jpg",)]
    before = classifier.predict(plain[0])
    after = classifier.predict(pad(plain, chance)[0])
    assert (before.p_cat, before.p_dog) == (after.p_cat, after.p_dog)


def test_photo_that_does_not_fit_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    with pytest.raises(ImageTooLargeError, match="Show another"):
        encode(Image.fromarray(noise), random.Random(0))


def test_unreadable_photos_are_stepped_over(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for n in range(24):
            draw_photo(label, n + 100 * (label == "dog")).save(tmp_path / label / f"{n}.jpg")
        for n in range(40):
            (tmp_path / label / f"broken{n}.jpg").write_bytes(b"\xff\xd8\xff no photo")
    pool, _ = open_pools(str(tmp_path))
    drawn = pool.draw(random.Random(3))
    assert [is_drawn_cat(jpeg) for jpeg in drawn.jpegs] == drawn.cats


def test_too_few_photos_are_refused(tmp_path: Path) -> None:
    for label, number in (("cat", 24), ("dog", 23)):
        (tmp_path / label).mkdir()
        for n in range(number):
            draw_photo(label, n).save(tmp_path / label / f"{n}.jpg")
    with pytest.raises(DatasetError, match="at least 24 photos of each class, received 23"):
        open_pools(str(tmp_path))
