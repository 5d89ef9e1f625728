"""Pictures of how well a model answers: arrays in, figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from catordog.metrics import wilson_interval
from catordog.plots.drawing import CLASS_COLOURS, INK, draw_nothing, finish_axes, new_drawing

MODEL_COLOUR = "#0F8A7E"
"""Of what is no class: the model's line by the last set of labels."""

EARLIER_COLOUR = "#8A8F98"
"""Of its line by the labels before that, or of another model's."""

WORSE_COLOUR = "#C0392B"
_LOGIT_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_CHANCE: dict[str, Any] = {"color": "#9AA0A8", "lw": 1, "ls": ":"}

Floats = npt.NDArray[np.float64]
Line = tuple[Floats, Floats]
Drawn = TypeVar("Drawn")


def plot_roc(curves: Mapping[str, Line]) -> Figure:
    """Draws ROC curves: the whole, and the corner that matters.

    Args:
        curves: by name, false alarm rates and hit rates, rising; the last is drawn foremost.

    Returns:
        A figure with two axes; the dotted line is chance.
    """
    if not curves:
        return draw_nothing("There is no curve without both cats and dogs.")
    figure = new_drawing(5.6, 3.1)
    whole, corner = figure.subplots(1, 2)
    span = max(_corner(x, 1 - y) for x, y in curves.values())
    for axes in (whole, corner):
        for name, (x, y), style in _styled(curves):
            axes.plot(x, y, label=name, drawstyle="default", clip_on=True, **style)
    whole.plot([0, 1], [0, 1], **_CHANCE)
    whole.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    corner.set(xlim=(-span / 25, span), ylim=(1 - span, 1 + span / 25))
    for axes, what in ((whole, "dogs found"), (corner, "")):
        _in_percent(axes.xaxis, axes.yaxis)
        finish_axes(axes, "cats called dogs", what)
    _name_lines(figure, whole, curves)
    return figure


def plot_precision_recall(curves: Mapping[str, Mapping[str, Line]]) -> Figure:
    """Draws precision against recall of each class.

    Args:
        curves: by name of the labels, by class, recall and precision; the last is drawn foremost.

    Returns:
        A figure that shows the corner where the curves are.
    """
    lines = [line for of_class in curves.values() for line in of_class.values()]
    if not lines:
        return draw_nothing("There is no curve without a cat or a dog.")
    figure = new_drawing(5.6, 3.4)
    axes = figure.subplots()
    span = max(_corner(1 - x, 1 - y) for x, y in lines)
    last = len(curves) - 1
    for place, (name, of_class) in enumerate(curves.items()):
        for which, (x, y) in of_class.items():
            text = f"{which}, {name}" if len(curves) > 1 else which
            style = "-" if place == last else "--"
            axes.plot(x, y, style, color=CLASS_COLOURS[which], lw=1.8, label=text)
    axes.set(xlim=(1 - span, 1 + span / 25), ylim=(1 - span, 1 + span / 25))
    _in_percent(axes.xaxis, axes.yaxis)
    finish_axes(axes, "recall (found among its class)", "precision (right when said)")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9, labelcolor=INK)
    return figure


def _corner(across: Floats, down: Floats) -> float:
    """Returns how much of the axes to show for a curve near the best corner, up to all of them."""
    nearest = float(np.min(np.maximum(across, down)))  # where both are equally far off
    return float(np.clip(4 * nearest, 0.02, 1.0))


def plot_reliability(bins: Mapping[str, Sequence[tuple[float, int, int]]]) -> Figure:
    """Draws how often a model is wrong against how often it says it is.

    Args:
        bins: by name, for each bin its mean confidence, its photos and how many are wrong.

    Returns:
        A figure with logarithmic axes, as a good model's bins crowd at the sure end. Bars are
        95 % intervals (Wilson); a hollow mark at the foot is a bin without a mistake.
    """
    if not any(bins.values()):
        return draw_nothing("There is no answer to check.")
    figure = new_drawing(5.6, 3.8)
    axes = figure.subplots()
    points = [point for some in bins.values() for point in some]
    stated = [max(1 - confidence, 1e-6) for confidence, _, _ in points]
    least = min([*stated, *(1 / photos for _, photos, _ in points)]) / 2
    floor = max(10 ** np.floor(np.log10(least)), 1e-6)
    axes.plot([floor, 1], [floor, 1], **_CHANCE)
    for name, some, style in _styled(bins):
        axes.plot([], [], "o", color=style["color"], ms=5.5, label=name)
        for confidence, photos, errors in some:
            x = max(1 - confidence, floor)
            low, high = wilson_interval(errors, photos)
            axes.plot([x, x], [max(low, floor), high], color=style["color"], lw=1.2, alpha=0.6)
            fill = style["color"] if errors else "none"
            axes.plot(
                x, max(errors / photos, floor), "o", color=style["color"], mfc=fill, ms=5.5,
                clip_on=False,
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=(floor, 1), ylim=(floor, 1))
    for axis in (axes.xaxis, axes.yaxis):
        _in_percent(axis)
        axis.set_minor_locator(NullLocator())
    finish_axes(axes, "wrong, as the model says", "wrong, as counted")
    _name_lines(figure, axes, bins)
    return figure


def plot_stated_probability(bins: Mapping[str, Sequence[tuple[float, int, int]]]) -> Figure:
    """Draws how often an animal is in photos against the probability that is stated for it.

    Args:
        bins: by name, for each bin its mean probability, its photos and how many contain it.

    Returns:
        A figure with logit axes, which show both sure ends as wide as the middle. Bars are 95 %
        intervals (Wilson); a hollow mark at an end is a bin where all photos contain it, or none.
    """
    if not any(bins.values()):
        return draw_nothing("There is no answer to check.")
    figure = new_drawing(5.6, 3.8)
    axes = figure.subplots()
    points = [point for some in bins.values() for point in some]
    most = max(photos for _, photos, _ in points)
    # The outermost thing to show is a bin without an exception: half a photo of the largest.
    edge = min(0.05, 0.5 / most, *(min(max(p, 1e-6), max(1 - p, 1e-6)) / 2 for p, _, _ in points))
    axes.plot([_logit(edge), _logit(1 - edge)], [_logit(edge), _logit(1 - edge)], **_CHANCE)
    for name, some, style in _styled(bins):
        axes.plot([], [], "o", color=style["color"], ms=5.5, label=name)
        for p, photos, contain in some:
            ends = [_logit(end, edge) for end in wilson_interval(contain, photos)]
            x, y = _logit(p, edge), _logit(contain / photos, edge)
            axes.plot([x, x], ends, color=style["color"], lw=1.2, alpha=0.6)
            fill = style["color"] if 0 < contain < photos else "none"
            axes.plot(
                x, y, "o", color=style["color"], mfc=fill, ms=5.5,
                clip_on=False,
            )  # fmt: skip
    ticks = [p for p in _LOGIT_TICKS if edge <= p <= 1 - edge]
    names = [f"{100 * p:.6g} %" for p in ticks]
    axes.set_xticks([_logit(p) for p in ticks], names)
    axes.set_yticks([_logit(p) for p in ticks], names)
    axes.set(xlim=(_logit(edge), _logit(1 - edge)), ylim=(_logit(edge), _logit(1 - edge)))
    finish_axes(axes, "there, as the model says", "there, as counted")
    _name_lines(figure, axes, bins)
    return figure


def _logit(p: float, edge: float = 1e-9) -> float:
    """Returns ln(p / (1 - p)) of a probability kept within [edge, 1 - edge]."""
    kept = min(max(p, edge), 1 - edge)
    return float(np.log(kept / (1 - kept)))


def plot_coverage(curves: Mapping[str, Line]) -> Figure:
    """Draws how often a model is wrong when it answers only its surest share of the photos.

    Args:
        curves: by name, the share answered and the share of those that is wrong.

    Returns:
        A figure.
    """
    if not curves:
        return draw_nothing("There is no answer to check.")
    figure = new_drawing(5.6, 3.2)
    axes = figure.subplots()
    for name, (x, y), style in _styled(curves):
        axes.plot(x, y, label=name, drawstyle="steps-post", **style)
    highest = max(float(y.max()) for _, y in curves.values())
    axes.set(xlim=(0.5, 1.005), ylim=(0, max(highest * 1.15, 0.002)))
    _in_percent(axes.xaxis, axes.yaxis)
    finish_axes(axes, "photos answered, surest first", "of these wrong")
    _name_lines(figure, axes, curves)
    return figure


def plot_slices(slices: Sequence[tuple[str, float, float, float, bool]]) -> Figure:
    """Draws how often a model is wrong on each kind of photo.

    Args:
        slices: name, error rate, its lower and upper end, and whether it is significantly worse.

    Returns:
        A figure, a row a slice; those significantly worse are red squares.
    """
    if not slices:
        return draw_nothing("There is nothing to compare.")
    figure = new_drawing(5.6, 0.9 + 0.27 * len(slices))
    axes = figure.subplots()
    for row, (_, rate, low, high, is_worse) in enumerate(slices):
        colour = WORSE_COLOUR if is_worse else MODEL_COLOUR
        axes.plot([low, high], [row, row], color=colour, lw=1.6, alpha=0.7)
        axes.plot(rate, row, "s" if is_worse else "o", color=colour, ms=6, clip_on=False)
    axes.set_yticks(range(len(slices)), [name for name, *_ in slices], parse_math=False)
    axes.set_ylim(len(slices) - 0.4, -0.6)
    axes.set_xlim(0, None)
    _in_percent(axes.xaxis)
    finish_axes(axes, "wrong", "")
    axes.tick_params(axis="y", labelsize=9, length=0)
    return figure


def plot_robustness(
    accuracies: Mapping[str, Sequence[tuple[float, float, float]]],
) -> Figure:
    """Draws how accuracy falls with the strength of each corruption.

    Args:
        accuracies: by corruption, for strengths 0 (none) to 5: accuracy and its interval's ends.

    Returns:
        A figure with one small pair of axes a corruption, all on one scale.
    """
    if not accuracies:
        return draw_nothing("No photo was spoiled.")
    rows = -(-len(accuracies) // 3)
    figure = new_drawing(5.6, 0.5 + 1.75 * rows)
    grid = figure.subplots(rows, 3, sharex=True, sharey=True, squeeze=False).ravel()
    lowest = min(low for points in accuracies.values() for _, low, _ in points)
    for axes, (name, points) in zip(grid, accuracies.items(), strict=False):
        strengths = range(len(points))
        middle, low, high = zip(*points, strict=True)
        axes.fill_between(strengths, low, high, color=MODEL_COLOUR, alpha=0.2, lw=0)
        axes.plot(strengths, middle, "-o", color=MODEL_COLOUR, lw=1.8, ms=3.5)
        axes.axhline(0.5, **_CHANCE)
        axes.set(ylim=(min(0.45, lowest), 1.01), xticks=strengths)
        _in_percent(axes.yaxis)
        finish_axes(axes, "", "")
        axes.set_title(name, fontsize=10, color=INK, parse_math=False)
    for axes in grid[len(accuracies) :]:
        axes.set_visible(False)
    figure.supxlabel("strength (0 as it is)", fontsize=11, color=INK)
    figure.supylabel("right", fontsize=11, color=INK)
    return figure


def _styled(named: Mapping[str, Drawn]) -> list[tuple[str, Drawn, dict[str, Any]]]:
    """Returns each with its style: the last foremost, the earlier grey and dashed."""
    last = len(named) - 1
    return [
        (
            name,
            what,
            {"color": MODEL_COLOUR, "lw": 2.0, "ls": "-"}
            if place == last
            else {"color": EARLIER_COLOUR, "lw": 1.6, "ls": "--"},
        )
        for place, (name, what) in enumerate(named.items())
    ]


def _name_lines(figure: Figure, axes: Axes, named: Mapping[str, object]) -> None:
    """Says which line is which, if there are several."""
    if len(named) > 1:
        handles, texts = axes.get_legend_handles_labels()
        figure.legend(
            handles, texts, loc="outside upper center", ncols=2, frameon=False, fontsize=9,
            labelcolor=INK,
        )  # fmt: skip


def _in_percent(*of_axes: Axis) -> None:
    """Writes shares as percentages, with as many digits as they need."""
    for axis in of_axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.6g} %"))
