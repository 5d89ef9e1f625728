from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from catordog.plots import charts
from catordog.plots.drawing import render_png

PLOTS: list[Callable[[pd.DataFrame], Figure]] = [
    charts.plot_counts,
    charts.plot_sizes,
    charts.plot_aspect,
    charts.plot_file_size,
    charts.plot_brightness,
    charts.plot_sharpness,
]


def make_table(labels: list[str], *, seed: int = 0, split: str = "") -> pd.DataFrame:
    random = np.random.default_rng(seed)
    count = len(labels)
    return pd.DataFrame(
        {
            "label": pd.Series(labels, dtype=object),
            "split": pd.Series([split] * count, dtype=object),
            "width": pd.array(random.integers(50, 500, count), dtype="Int64"),
            "height": pd.array(random.integers(50, 500, count), dtype="Int64"),
            "bytes": pd.array(random.integers(1000, 90_000, count), dtype="Int64"),
            "brightness": random.random(count).astype(np.float32),
            "sharpness": (random.random(count) * 900).astype(np.float32),
        }
    )


def bar_heights(figure: Figure, axes: int) -> list[float]:
    bars = [patch for patch in figure.axes[axes].patches if isinstance(patch, Rectangle)]
    return [bar.get_height() for bar in bars]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    "labels",
    [["cat", "dog"] * 40, ["cat"] * 3, [""] * 5, ["dog"], ["cat", "dog", "both", "neither", ""]],
    ids=["both classes", "one class", "no labels", "one photo", "every label"],
)
def test_plot_is_rendered_for_any_labels(
    plot: Callable[[pd.DataFrame], Figure], labels: list[str]
) -> None:
    assert render_png(plot(make_table(labels))).startswith(b"\x89PNG")


@pytest.mark.parametrize("plot", PLOTS[1:])
def test_plot_says_so_where_nothing_is_known(plot: Callable[[pd.DataFrame], Figure]) -> None:
    table = make_table(["cat", "dog"])
    for name in ("width", "height", "bytes"):
        table[name] = pd.array([pd.NA, pd.NA], dtype="Int64")
    table["brightness"] = table["sharpness"] = np.float32(np.nan)
    figure = plot(table)
    assert not figure.axes
    assert figure.texts[0].get_text().startswith("No photo has a known")


@pytest.mark.parametrize("plot", PLOTS)
def test_plot_of_no_photos_says_so(plot: Callable[[pd.DataFrame], Figure]) -> None:
    assert plot(make_table([])).texts[0].get_text().startswith(("No photo", "There are no photos"))


def test_plot_counts_draws_a_bar_a_class_with_its_number() -> None:
    figure = charts.plot_counts(make_table(["cat"] * 3 + ["dog"] * 5))
    assert len(figure.axes) == 1
    assert bar_heights(figure, 0) == [3, 5]
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "5"]


def test_plot_counts_draws_each_split_in_the_usual_order() -> None:
    parts = [make_table(["cat", "dog", "dog"], split=name) for name in ("test", "val", "train", "")]
    figure = charts.plot_counts(pd.concat(parts))
    assert bar_heights(figure, 0) == [4, 8]
    names = [text.get_text() for text in figure.axes[1].get_xticklabels()]
    assert names == ["train", "val", "test", "no split"]
    assert sorted(bar_heights(figure, 1)) == [1, 1, 1, 1, 2, 2, 2, 2]


def test_plot_counts_of_every_label_in_every_split_has_room_for_all() -> None:
    labels = ["cat", "dog", "both", "neither", ""]
    parts = [make_table(labels * 3, split=name) for name in ("train", "val", "test", "fold 1", "")]
    figure = charts.plot_counts(pd.concat(parts))
    assert render_png(figure).startswith(b"\x89PNG")  # warns if the axes have no room
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        *("cat", "dog", "both", "neither", "unlabelled")
    ]
    assert all(axes.get_position().width > 0.2 for axes in figure.axes)


def test_histogram_outline_of_each_class_holds_100_percent() -> None:
    figure = charts.plot_brightness(make_table(["cat"] * 10 + ["dog"] * 90))
    heights = [
        path.vertices[:, 1].max() for c in figure.axes[0].collections for path in c.get_paths()
    ]
    assert len(heights) == 2
    assert max(heights) <= 100
    assert figure.axes[0].get_ylabel() == "% of its class"
    assert figure.axes[0].get_xlim() == (0, 1)


@pytest.mark.parametrize(
    ("largest_bytes", "scale"), [(5_000, "linear"), (9_000_000, "log")], ids=["alike", "far apart"]
)
def test_plot_file_size_is_logarithmic_where_sizes_are_far_apart(
    largest_bytes: int, scale: str
) -> None:
    table = make_table(["cat", "dog", "dog"])
    table["bytes"] = pd.array([1_000, 2_000, largest_bytes], dtype="Int64")
    figure = charts.plot_file_size(table)
    assert figure.axes[0].get_xscale() == scale
    assert figure.axes[0].get_xlabel() == "file size (kB)"
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert not any("$" in label or "e" in label for label in labels)


def test_plot_file_size_has_bins_for_the_many_though_one_is_far_off() -> None:
    table = make_table(["cat"] * 200)
    table["bytes"] = pd.array([4, *range(10_000, 30_000, 101)][:200], dtype="Int64")
    (outline,) = charts.plot_file_size(table).axes[0].collections
    across = np.unique(np.asarray(outline.get_paths()[0].vertices)[:, 0])
    assert ((across > 10) & (across < 30)).sum() >= 5


def test_plot_sharpness_shows_zero_with_the_smallest() -> None:
    table = make_table(["cat"] * 4)
    table["sharpness"] = np.array([0, 1, 10, 1000], np.float32)
    figure = charts.plot_sharpness(table)
    assert figure.axes[0].get_xscale() == "log"
    assert figure.axes[0].get_xlim()[0] == pytest.approx(1)


def test_plot_sharpness_of_equal_values_has_a_width() -> None:
    table = make_table(["cat"] * 4)
    table["sharpness"] = np.float32(0)
    low, high = charts.plot_sharpness(table).axes[0].get_xlim()
    assert low < 0 < high


def test_plot_aspect_has_square_in_the_middle_of_its_ticks() -> None:
    table = make_table(["cat"] * 3)
    table["width"] = pd.array([100, 100, 400], dtype="Int64")
    table["height"] = pd.array([400, 100, 100], dtype="Int64")
    labels = [text.get_text() for text in charts.plot_aspect(table).axes[0].get_xticklabels()]
    assert labels == ["1:3", "1:2", "2:3", "1:1", "3:2", "2:1", "3:1"]


def test_plot_sizes_draws_a_shared_size_as_one_large_dot() -> None:
    table = make_table(["cat"] * 40)
    table["width"] = pd.array([200] * 39 + [50], dtype="Int64")
    table["height"] = pd.array([100] * 39 + [60], dtype="Int64")
    (dots,) = charts.plot_sizes(table).axes[0].collections
    assert np.asarray(dots.get_offsets()).tolist() == [[200, 100], [50, 60]]
    large, small = dots.get_sizes()  # type: ignore[attr-defined]
    assert large > 30 * small
