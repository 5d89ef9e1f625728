"""Charts of the table of all photos: how many, how large, how bright."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from catordog.plots.drawing import (
    CLASS_COLOURS,
    UNLABELLED,
    add_legend,
    draw_nothing,
    finish_axes,
    new_drawing,
)

SPLITS = ("train", "val", "test")
"""The order in which splits are shown; others come after, by name."""

_UNSPLIT = "no split"
_ASPECTS = {"1:3": 1 / 3, "1:2": 0.5, "2:3": 2 / 3, "1:1": 1.0, "3:2": 1.5, "2:1": 2.0, "3:1": 3.0}
_LOG_SPAN = 10
"""From this ratio of the largest to the smallest on, an axis is logarithmic."""

_MAX_NUMBERED_BARS = 10
_STEPS = (1, 2, 5, 10)
_LARGEST_DOT, _SMALLEST_DOT = 500, 12

Numbers = npt.NDArray[np.float64]


def class_names(labels: pd.Series) -> list[str]:
    """Returns what each photo is called in a picture: its label, or `unlabelled`."""
    return [str(label) or UNLABELLED for label in labels]


def classes_among(names: list[str]) -> list[str]:
    """Returns which classes occur, in the order of `CLASS_COLOURS`."""
    return [name for name in CLASS_COLOURS if name in set(names)]


def plot_counts(table: pd.DataFrame) -> Figure:
    """Draws how many photos each class has, and each class in each split if there are splits.

    Args:
        table: one row a photo; columns `label` and, if wanted, `split`, both str, empty for none.

    Returns:
        A figure with one or two axes.
    """
    names = class_names(table["label"])
    if not names:
        return draw_nothing("There are no photos.")
    classes = classes_among(names)
    splits = [str(split) for split in table["split"]] if "split" in table else []
    frame = pd.DataFrame({"class": names, "split": [s or _UNSPLIT for s in splits] or ""})
    if not any(splits):
        figure = new_drawing(5.6, 3.0)
        _count(frame, "class", classes, classes, figure.subplots())
        return figure
    figure = new_drawing(5.6, 3.2)
    whole, parts = figure.subplots(1, 2, width_ratios=(1, 1.9))
    _count(frame, "class", classes, classes, whole)
    known = [name for name in SPLITS if name in splits]
    others = sorted(set(frame["split"]) - set(SPLITS) - {_UNSPLIT})
    order = [*known, *others, *([_UNSPLIT] if "" in splits else [])]
    _count(frame, "split", order, classes, parts)
    parts.set_ylabel("")
    if len(classes) > 2:  # the names would run into each other, and the legend has them
        whole.set_xticks([])
    add_legend(figure, classes)
    return figure


def _count(frame: pd.DataFrame, by: str, order: list[str], classes: list[str], axes: Axes) -> None:
    colours = {name: CLASS_COLOURS[name] for name in classes}
    sns.countplot(
        frame, x=by, order=order, hue="class", hue_order=classes, palette=colours, saturation=1,
        legend=False, ax=axes,
    )  # fmt: skip
    bars_in_all = len(order) * (len(classes) if by == "split" else 1)
    for bars in axes.containers if bars_in_all <= _MAX_NUMBERED_BARS else ():
        labels = [f"{bar.get_height():,.0f}" if bar.get_height() else "" for bar in bars]
        axes.bar_label(bars, labels, fontsize=7 if bars_in_all > 4 else 9, padding=2)  # type: ignore[arg-type]
    axes.margins(y=0.12)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=_STEPS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    finish_axes(axes, "", "photos")


def plot_sizes(table: pd.DataFrame) -> Figure:
    """Draws every photo's width against its height; a size that many photos share is a large dot.

    Args:
        table: one row a photo; columns `label` (str), `width` and `height` (upright pixels, <NA>
            if unknown).

    Returns:
        A figure; the area of a dot is in proportion to the photos of that size and class, down to
        a least area that can be seen. The dashed line is where photos are square.
    """
    known = table[table["width"].notna() & table["height"].notna()]
    if known.empty:
        return draw_nothing("No photo has a known size.")
    names = class_names(known["label"])
    dots = Counter(zip(known["width"].tolist(), known["height"].tolist(), names, strict=True))
    most = max(dots.values())
    order = sorted(dots, key=lambda dot: (-dots[dot], dot))  # the small ones lie on top
    figure = new_drawing(5.6, 4.6)
    axes = figure.subplots()
    highest = max(max(width, height) for width, height, _ in order)
    lowest = min(min(width, height) for width, height, _ in order)
    axes.plot([lowest, highest], [lowest, highest], "--", color="#888888", lw=1, zorder=0)
    axes.scatter(
        [width for width, _, _ in order],
        [height for _, height, _ in order],
        s=[max(_SMALLEST_DOT, _LARGEST_DOT * dots[dot] / max(most, 20)) for dot in order],
        c=[CLASS_COLOURS[name] for _, _, name in order],
        alpha=0.5 if len(order) < 2000 else 0.3,
        linewidths=0,
    )
    _frame_pixels(axes, lowest, highest)
    finish_axes(axes, "width (pixels)", "height (pixels)")
    add_legend(figure, classes_among(names))
    return figure


def _frame_pixels(axes: Axes, lowest: float, highest: float) -> None:
    """Gives both axes one scale; a logarithmic one only where sizes are far apart."""
    if highest / max(lowest, 1) > 10 * _LOG_SPAN:
        axes.set(xscale="log", yscale="log")
        limits = (max(lowest, 1) / 1.3, highest * 1.3)
    else:
        limits = (0, highest * 1.08)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axis.set_minor_locator(NullLocator())


def plot_aspect(table: pd.DataFrame) -> Figure:
    """Draws the ratio of width to height, per class.

    Args:
        table: one row a photo; columns `label`, `width` and `height`, as `plot_sizes` takes them.

    Returns:
        A figure with a logarithmic axis, so that 1:2 and 2:1 lie equally far from 1:1.
    """
    aspect = pd.to_numeric(table["width"]) / pd.to_numeric(table["height"])
    figure = _plot_histogram(aspect, table["label"], "width : height", log=True)
    for axes in figure.axes:
        low, high = axes.get_xlim()
        ticks = {name: at for name, at in _ASPECTS.items() if low <= at <= high}
        axes.set_xticks(list(ticks.values()), list(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    return figure


def plot_file_size(table: pd.DataFrame) -> Figure:
    """Draws how many bytes the files have, per class.

    Args:
        table: one row a photo; columns `label` (str) and `bytes` (integers).

    Returns:
        A figure; its axis is logarithmic if the sizes differ by more than 10 times.
    """
    figure = _plot_histogram(table["bytes"] / 1000, table["label"], "file size (kB)")
    for axes in figure.axes:
        _number_ticks(axes)
    return figure


def plot_brightness(table: pd.DataFrame) -> Figure:
    """Draws how bright the photos are, per class.

    Args:
        table: one row a photo; columns `label` (str) and `brightness` (mean luma, 0..1).

    Returns:
        A figure; its axis always runs from 0, black, to 1, white.
    """
    edges = np.linspace(0, 1, 41)
    text = "brightness (0 black, 1 white)"
    return _plot_histogram(table["brightness"], table["label"], text, edges=edges)


def plot_sharpness(table: pd.DataFrame) -> Figure:
    """Draws how sharp the photos are, per class.

    Args:
        table: one row a photo; columns `label` (str) and `sharpness` (0 or more, larger is
            sharper, no unit).

    Returns:
        A figure; its axis is logarithmic if the values differ by more than 10 times.
    """
    figure = _plot_histogram(table["sharpness"], table["label"], "sharpness (larger is sharper)")
    for axes in figure.axes:
        _number_ticks(axes)
    return figure


def _plot_histogram(
    values: pd.Series,
    labels: pd.Series,
    across: str,
    *,
    edges: Numbers | None = None,
    log: bool = False,
) -> Figure:
    """Draws one outline a class, each 100 % in all, so that classes of unequal size compare."""
    numbers = pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(numbers)
    if not known.any():
        return draw_nothing(f"No photo has a known {across.partition(' (')[0]}.")
    numbers = numbers[known]
    names = [name for name, kept in zip(class_names(labels), known, strict=True) if kept]
    if edges is None:
        numbers, edges, log = _bin(numbers, log=log)
    figure = new_drawing(5.6, 3.2)
    axes = figure.subplots()
    classes = classes_among(names)
    sns.histplot(
        pd.DataFrame({"value": numbers, "class": names}), x="value", hue="class", bins=edges,
        hue_order=classes, palette={name: CLASS_COLOURS[name] for name in classes},
        stat="percent", common_norm=False, element="step", alpha=0.25, linewidth=1.6,
        legend=False, ax=axes,
    )  # fmt: skip
    if log:
        axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=_STEPS))
    finish_axes(axes, across, "% of its class" if len(classes) > 1 else "% of the photos")
    add_legend(figure, classes)
    return figure


def _bin(values: Numbers, *, log: bool) -> tuple[Numbers, Numbers, bool]:
    """Returns the values, bins of equal width as drawn, and whether the axis is logarithmic."""
    positive = values[values > 0]
    log = log or (positive.size > 0 and positive.max() / positive.min() > _LOG_SPAN)
    if log:
        values = np.maximum(values, positive.min())  # zero has no place: it joins the smallest
        low, high = float(values.min()), float(values.max())
        if high / low < 1.5:
            low, high = low / 1.5, high * 1.5
        return values, np.geomspace(low, high, _bin_count(np.log(values)) + 1), True
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        half = abs(low) / 2 or 0.5
        low, high = low - half, high + half
    return values, np.linspace(low, high, _bin_count(values) + 1), False


def _bin_count(values: Numbers) -> int:
    """Returns 8 to 60: enough for the middle half of the values, even if others lie far off."""
    low, high = np.percentile(values, (25, 75))
    width = 2 * (high - low) / np.cbrt(values.size)  # after Freedman and Diaconis
    fitting = np.ptp(values) / width if width > 0 else 0
    return int(np.clip(max(fitting, np.sqrt(values.size)), 8, 60))


def _number_ticks(axes: Axes) -> None:
    """Writes 5, 20, 1,000 on a logarithmic axis instead of powers of ten."""
    if axes.get_xscale() == "log":
        low, high = axes.get_xlim()
        powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        steps = (1.0, 2.0, 5.0) if high / low < 1e3 else (1.0,)
        ticks = [step * 10.0**power for power in powers for step in steps]
        axes.xaxis.set_major_locator(FixedLocator([at for at in ticks if low <= at <= high]))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
