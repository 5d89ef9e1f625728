from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from catordog.metrics import wilson_interval
from catordog.plots.drawing import CLASS_COLOURS, Figure, render_png
from catordog.plots.model_curves import (
    EARLIER_COLOUR,
    MODEL_COLOUR,
    WORSE_COLOUR,
    plot_coverage,
    plot_precision_recall,
    plot_reliability,
    plot_robustness,
    plot_roc,
    plot_slices,
    plot_stated_probability,
)

STEPS = (np.array([0.0, 0.0, 0.01, 1.0]), np.array([0.0, 0.97, 1.0, 1.0]))


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_roc_shows_the_whole_and_the_corner() -> None:
    figure = plot_roc({"as given": STEPS, "as decided": STEPS})
    whole, corner = figure.axes
    assert whole.get_xlim()[1] > 1
    assert corner.get_xlim()[1] == pytest.approx(0.04)  # four times where both are 1 % off
    assert corner.get_ylim()[0] == pytest.approx(0.96)
    assert legend_of(figure) == ["as given", "as decided"]
    given, decided = whole.get_lines()[:2]
    assert (given.get_color(), decided.get_color()) == (EARLIER_COLOUR, MODEL_COLOUR)
    np.testing.assert_array_equal(decided.get_xydata(), np.stack(STEPS, axis=1))


def test_one_curve_needs_no_legend() -> None:
    assert legend_of(plot_roc({"fast": STEPS})) == []


def test_precision_recall_has_the_colours_of_the_classes() -> None:
    line = (np.array([0.5, 1.0]), np.array([1.0, 0.9]))
    figure = plot_precision_recall({"fast": {"cat": line, "dog": line}})
    (axes,) = figure.axes
    assert [to_hex(one.get_color()).upper() for one in axes.get_lines()] == [
        *(CLASS_COLOURS["cat"], CLASS_COLOURS["dog"]),
    ]
    assert legend_of(figure) == ["cat", "dog"]


def test_reliability_marks_a_bin_without_mistakes_as_hollow() -> None:
    figure = plot_reliability({"fast": [(0.9, 100, 12), (0.999, 100, 0)]})
    (axes,) = figure.axes
    _, _, bar, mark, bar_without, hollow = axes.get_lines()
    assert mark.get_xydata().tolist() == [[pytest.approx(0.1), 0.12]]
    assert tuple(bar.get_ydata()) == pytest.approx(wilson_interval(12, 100))
    assert hollow.get_markerfacecolor() == "none"
    assert hollow.get_ydata()[0] == axes.get_ylim()[0] == bar_without.get_ydata()[0]


def test_stated_probability_shows_both_sure_ends() -> None:
    bins = [(0.002, 200, 0), (0.5, 200, 60), (0.99, 200, 200)]
    figure = plot_stated_probability({"fast": bins})
    (axes,) = figure.axes
    _, _, bar_none, none, bar, mark, _, every = axes.get_lines()
    logit = [np.log(p / (1 - p)) for p in (0.5, 0.3)]
    assert mark.get_xydata().tolist() == [pytest.approx(logit)]
    assert mark.get_markerfacecolor() != "none"
    ends = [np.log(p / (1 - p)) for p in wilson_interval(60, 200)]
    assert tuple(bar.get_ydata()) == pytest.approx(ends)
    low, high = axes.get_ylim()
    assert (none.get_ydata()[0], every.get_ydata()[0]) == (low, high)
    assert none.get_markerfacecolor() == every.get_markerfacecolor() == "none"
    assert low == bar_none.get_ydata()[0]
    assert low == pytest.approx(-high) and low < none.get_xdata()[0]
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert ("1 %" in names, "50 %" in names, "99 %" in names) == (True, True, True)


def test_coverage_is_drawn_from_half_to_all() -> None:
    line = (np.array([0.5, 1.0]), np.array([0.0, 0.02]))
    (axes,) = plot_coverage({"fast": line}).axes
    assert axes.get_xlim() == (0.5, 1.005)
    assert axes.get_ylim()[1] > 0.02


def test_slices_mark_what_is_worse() -> None:
    rows = [("dark", 0.2, 0.1, 0.3, True), ("light", 0.01, 0.0, 0.02, False)]
    (axes,) = plot_slices(rows).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["dark", "light"]
    marks = axes.get_lines()[1::2]
    assert [mark.get_color() for mark in marks] == [WORSE_COLOUR, MODEL_COLOUR]
    assert [mark.get_marker() for mark in marks] == ["s", "o"]


def test_robustness_has_axes_for_each_corruption() -> None:
    points = [(0.99 - 0.1 * place, 0.9 - 0.1 * place, 1.0) for place in range(6)]
    figure = plot_robustness(dict.fromkeys(("blur", "noise", "dark", "small"), points))
    seen = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in seen] == ["blur", "noise", "dark", "small"]
    assert seen[0].get_lines()[0].get_ydata().tolist() == pytest.approx([p[0] for p in points])


@pytest.mark.parametrize(
    "figure",
    [
        *(plot_roc({}), plot_precision_recall({"fast": {}}), plot_reliability({"fast": []})),
        plot_stated_probability({"fast": []}),
        *(plot_coverage({}), plot_slices([]), plot_robustness({})),
    ],
    ids=["roc", "precision", "reliability", "probability", "coverage", "slices", "robustness"],
)
def test_nothing_to_draw_is_said(figure: Figure) -> None:
    assert not figure.axes
    assert figure.texts[0].get_text()
    assert render_png(figure).startswith(b"\x89PNG")


def test_odd_names_are_drawn_as_they_are() -> None:
    rows = [("$\\frac{", 0.2, 0.1, 0.3, False)]
    assert render_png(plot_slices(rows), dark=True).startswith(b"\x89PNG")
    assert render_png(plot_roc({"$a_{": STEPS, "b": STEPS})).startswith(b"\x89PNG")
