from __future__ import annotations

import io
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from catordog.plots import charts
from catordog.plots.drawing import (
    CLASS_COLOURS,
    draw_nothing,
    new_drawing,
    readable_name,
    render_png,
)


def brightness_of(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_colours_of_cat_and_dog_differ_in_grey_print() -> None:
    assert brightness_of(CLASS_COLOURS["cat"]) - brightness_of(CLASS_COLOURS["dog"]) > 25


def test_render_png_is_160_dots_an_inch_and_repeats() -> None:
    first, second = (render_png(draw_nothing("No photos.")) for _ in range(2))
    assert first == second
    assert Image.open(io.BytesIO(first)).size == (896, 192)


def test_render_png_for_a_dark_page_is_light_on_nothing() -> None:
    figure = draw_nothing("No photos.")
    light = render_png(figure)
    pixels = np.asarray(Image.open(io.BytesIO(render_png(figure, dark=True))).convert("RGBA"))
    assert pixels[0, 0, 3] == 0
    assert pixels[pixels[..., 3] == 255][:, :3].min() > 200
    assert render_png(figure) == light, "the figure is as it was"


def test_drawing_shows_itself_in_a_notebook() -> None:
    assert draw_nothing("No photos.")._repr_png_().startswith(b"\x89PNG")


def test_plots_leave_pyplot_and_its_backend_alone() -> None:
    before = matplotlib.rcParams._get_backend_or_none()  # type: ignore[attr-defined]
    render_png(new_drawing())
    assert pyplot.get_fignums() == []
    assert matplotlib.rcParams._get_backend_or_none() == before  # type: ignore[attr-defined]


def test_render_png_of_letters_the_font_lacks_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert render_png(draw_nothing("猫 $\\frac{1}{"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("train/cat.0.jpg", "train/cat.0.jpg"),
        ("a\r\nb", "a\\r\\nb"),
        ("\udcff", "\\udcff"),
        ("\u202egpj.exe", "\\u202egpj.exe"),  # would be read backwards
        ("Katze 猫.jpg", "Katze 猫.jpg"),
    ],
)
def test_readable_name_is_printable(name: str, shown: str) -> None:
    assert readable_name(name) == shown


@pytest.mark.parametrize("limit", [5, 6, 12])
def test_readable_name_is_cut_to_its_limit(limit: int) -> None:
    assert len(readable_name("x" * 99, limit)) == limit


def test_classes_among_keeps_the_order_of_colours() -> None:
    assert charts.classes_among(["unlabelled", "dog", "cat"]) == ["cat", "dog", "unlabelled"]
