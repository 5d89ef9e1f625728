from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex

from catordog.plots.drawing import CLASS_COLOURS, render_png
from catordog.plots.feature_map import plot_feature_map


def test_plot_feature_map_draws_each_known_point_in_its_colour() -> None:
    points = np.array([[0.0, 1.0], [np.nan, np.nan], [2.0, 3.0], [4.0, 5.0]])
    figure = plot_feature_map(points, ["cat", "cat", "dog", ""])
    (dots,) = figure.axes[0].collections
    drawn = {
        (float(x), float(y)): to_hex(colour).upper()
        for (x, y), colour in zip(
            np.asarray(dots.get_offsets()), dots.get_facecolors(), strict=True
        )  # type: ignore[attr-defined]
    }
    assert drawn == {
        (0, 1): CLASS_COLOURS["cat"],
        (2, 3): CLASS_COLOURS["dog"],
        (4, 5): CLASS_COLOURS["unlabelled"],
    }


def test_plot_feature_map_repeats_with_a_seed() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2))
    first, again = (render_png(plot_feature_map(points, ["cat"] * 50, seed=4)) for _ in range(2))
    assert first == again


def test_plot_feature_map_without_points_says_so() -> None:
    figure = plot_feature_map(np.empty((0, 2)), [])
    assert figure.texts[0].get_text() == "There are no features to draw a map of."
