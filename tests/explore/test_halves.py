from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog.data.photos import Photo
from catordog.explore.halves import read_halves
from tests.explore.colour_model import ColourModel

WARM, COOL, GREY = (230, 120, 60), (60, 120, 230), (120, 120, 120)


def save(path: Path, *colours: tuple[int, int, int], is_stacked: bool = False) -> Photo:
    """Saves a photo of plain parts, side by side or one on top of the other."""
    parts = [np.full((100, 100, 3), colour, np.uint8) for colour in colours]
    image = Image.fromarray(np.concatenate(parts, axis=0 if is_stacked else 1))
    image.save(path)
    return Photo(str(path), None, path.name)


def read(*photos: Photo, model: ColourModel | None = None, cache: Path | None = None) -> np.ndarray:
    names = [photo.relative for photo in photos]
    return read_halves(photos, names, model or ColourModel(), cache=cache)  # type: ignore[arg-type]


def test_photo_of_two_halves_reads_as_both(tmp_path: Path) -> None:
    best = read(
        save(tmp_path / "1.png", WARM, COOL),
        save(tmp_path / "2.png", COOL, WARM, is_stacked=True),
        save(tmp_path / "3.png", WARM, WARM),
        save(tmp_path / "4.png", GREY, COOL),
        save(tmp_path / "5.png", GREY),
    )
    assert (best.shape, best.dtype) == ((5, 2), np.float32)
    assert best.round(2).tolist() == [[1, 1], [1, 1], [1, 0], [0.5, 1], [0.5, 0.5]]


def test_only_what_fills_a_half_counts(tmp_path: Path) -> None:
    quarters = [np.full((50, 50, 3), colour, np.uint8) for colour in (WARM, COOL)]
    rows = [np.concatenate(quarters[::way], axis=1) for way in (1, -1)]
    Image.fromarray(np.concatenate(rows)).save(tmp_path / "1.png")
    best = read(Photo(str(tmp_path / "1.png"), None, "1.png"))
    assert best == pytest.approx(np.full((1, 2), 0.5), abs=0.05)


@pytest.mark.parametrize("size", [(2, 2), (2, 300), (301, 3)])
def test_smallest_and_oddest_photos_have_halves(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, WARM).save(tmp_path / "1.png")
    best = read(Photo(str(tmp_path / "1.png"), None, "1.png"))
    assert best.round(2).tolist() == [[1, 0]]


def test_photo_that_cannot_be_read_is_zeros(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    gone, bad = (Photo(str(tmp_path / name), None, name) for name in ("gone.jpg", "bad.jpg"))
    best = read(gone, save(tmp_path / "1.png", WARM), bad)
    assert best.round(2).tolist() == [[0, 0], [1, 0], [0, 0]]


def test_no_photos_are_no_rows() -> None:
    assert read().shape == (0, 2)


def test_results_are_kept_by_photo_and_model(tmp_path: Path) -> None:
    model, cache = ColourModel(), tmp_path / "cache"
    photos = [save(tmp_path / "1.png", WARM, COOL), save(tmp_path / "2.png", COOL)]
    best = read(*photos, model=model, cache=cache)
    assert model.seen == 10  # two photos: the whole and four halves of each
    assert np.array_equal(read(*photos, model=model, cache=cache), best)
    assert model.seen == 10
    assert np.array_equal(read(*photos[::-1], model=model, cache=cache), best[::-1])
    other = ColourModel(sha256="another")
    read(*photos, model=other, cache=cache)
    assert (model.seen, other.seen) == (20, 10)
