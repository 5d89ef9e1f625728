from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from catordog.plots.drawing import render_png
from catordog.plots.photo_grids import plot_mean_photos, plot_photo_grid
from catordog.plots.thumbnails import MeanPhoto, average_photos, make_sheet, open_thumbnail


def thumbnail(colour: tuple[int, int, int], size: tuple[int, int] = (96, 64)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG", quality=95)
    return stream.getvalue()


RED, BLUE = thumbnail((200, 0, 0)), thumbnail((0, 0, 200))


def test_open_thumbnail_of_nothing_is_one_grey_pixel() -> None:
    assert np.asarray(open_thumbnail(b"")).tolist() == [[[128, 128, 128]]]


def test_plot_photo_grid_has_a_title_a_photo_and_fills_its_rows() -> None:
    names = ["a.jpg", "a_very_long_name_of_a_photo.jpg", "$b$\n\udcff.jpg", "<i>.jpg"]
    figure = plot_photo_grid([RED, BLUE, b"", RED], names, columns=3)
    (axes,) = figure.axes
    titles = [text.get_text() for text in axes.texts]
    assert titles == ["a.jpg", "a_very_l…oto.jpg", "$b$\\n\\udcff.jpg", "<i>.jpg"]
    left, right, bottom, top = axes.images[3].get_extent()  # the first of the second row
    assert (right - left, bottom - top) == pytest.approx((0.94, 0.94 * 64 / 96))
    assert (left + right) / 2 == pytest.approx(0.5)
    assert top > 1.14
    assert render_png(figure).startswith(b"\x89PNG")


def test_plot_photo_grid_of_nothing_says_so() -> None:
    assert plot_photo_grid([], [], nothing="No cats.").texts[0].get_text() == "No cats."


def test_average_photos_is_the_mean_of_each_class() -> None:
    means = average_photos([RED, BLUE, BLUE, b""], ["cat", "cat", "dog", "dog"], ("cat", "dog"))
    assert [mean.photos for mean in means.values()] == [2, 1]
    assert means["cat"].pixels.shape == (96, 96, 3)
    assert means["cat"].pixels.mean(axis=(0, 1)) == pytest.approx((100, 0, 100), abs=3)
    assert means["dog"].pixels.mean(axis=(0, 1)) == pytest.approx((0, 0, 200), abs=3)


def test_average_photos_draws_the_same_photos_for_a_seed() -> None:
    many = [thumbnail((value, 0, 0)) for value in range(0, 250, 5)]
    labels = ["cat"] * len(many)
    first, again = (average_photos(many, labels, ("cat",), seed=1, max_photos=9) for _ in range(2))
    assert first["cat"].photos == 9
    assert (first["cat"].pixels == again["cat"].pixels).all()


@pytest.mark.parametrize(("classes", "panels"), [(("cat", "dog"), 4), (("cat",), 1)])
def test_plot_mean_photos_shows_the_difference_of_two(
    classes: tuple[str, ...], panels: int
) -> None:
    means = {name: MeanPhoto(np.full((96, 96, 3), 100.0), 7) for name in classes}
    figure = plot_mean_photos(means)
    assert len(figure.axes) == panels  # two means, their difference and its scale
    assert figure.axes[0].get_title() == "mean of 7 cats"
    assert render_png(figure).startswith(b"\x89PNG")


def test_plot_mean_photos_of_nothing_says_so() -> None:
    assert plot_mean_photos({}).texts[0].get_text() == "No labelled photo can be decoded."


def test_make_sheet_puts_each_thumbnail_in_its_tile() -> None:
    sheet = Image.open(io.BytesIO(make_sheet([RED, b"", BLUE], tile_px=40, columns=2)))
    assert sheet.size == (80, 80)
    assert sheet.getpixel((20, 20)) == pytest.approx((200, 0, 0), abs=12)
    assert sheet.getpixel((60, 20)) == pytest.approx((128, 128, 128), abs=12)
    assert sheet.getpixel((20, 60)) == pytest.approx((0, 0, 200), abs=12)


def test_make_sheet_of_nothing_is_one_empty_row() -> None:
    assert Image.open(io.BytesIO(make_sheet([], tile_px=10, columns=3))).size == (30, 10)
