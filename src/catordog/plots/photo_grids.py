"""Photos in rows and columns, and the mean photo of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from catordog.plots.drawing import (
    CLASS_COLOURS,
    INK,
    Drawing,
    draw_nothing,
    new_drawing,
    readable_name,
)
from catordog.plots.thumbnails import MeanPhoto, open_thumbnail

_TITLE_CHARS = 16
_CELL, _PHOTO = 1.14, 0.94
"""Height of a cell and longer side of a photo, in widths of a cell."""


def plot_photo_grid(
    thumbnails: Sequence[bytes],
    titles: Sequence[str],
    *,
    columns: int = 6,
    nothing: str = "There are no photos to show.",
) -> Figure:
    """Draws photos side by side, each under its title.

    Args:
        thumbnails: encoded pictures, small ones; an empty one is drawn as a grey square.
        titles: one a thumbnail; longer ones are cut in the middle.
        columns: photos across.
        nothing: what the figure says if there are no thumbnails.

    Returns:
        A figure that is as high as it needs.
    """
    if not thumbnails:
        return draw_nothing(nothing)
    rows = -(-len(thumbnails) // columns)
    figure = Drawing((1.25 * columns, 1.25 * _CELL * rows), facecolor="white", layout=None)
    # One axes for all, cells of width 1: an axes a photo takes four times as long to draw.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, columns), ylim=(_CELL * rows, 0))
    axes.set_axis_off()
    for place, (thumbnail, title) in enumerate(zip(thumbnails, titles, strict=True)):
        middle, top = place % columns + 0.5, place // columns * _CELL + 0.04
        name = readable_name(title, _TITLE_CHARS)
        axes.text(
            middle, top, name, ha="center", va="top", fontsize=7.5, color=INK, parse_math=False
        )
        _place(axes, np.asarray(open_thumbnail(thumbnail)), middle, top + 0.13)
    return figure


def _place(axes: Axes, pixels: npt.NDArray[np.uint8], middle: float, top: float) -> None:
    """Draws a photo below its title, as wide or as high as its cell allows."""
    height, width = pixels.shape[:2]
    scale = _PHOTO / max(height, width)
    left, right = middle - width * scale / 2, middle + width * scale / 2
    extent = (left, right, top + height * scale, top)
    axes.imshow(pixels, extent=extent, aspect="auto", interpolation="antialiased")


def plot_mean_photos(means: Mapping[str, MeanPhoto]) -> Figure:
    """Draws the mean photo of each class, and where the first two differ.

    Args:
        means: what `average_photos` returns, by class.

    Returns:
        A figure; with two classes, the third picture is how much brighter the first one is, its
        colours spread over the differences that there are.
    """
    if not means:
        return draw_nothing("No labelled photo can be decoded.")
    two = list(means.values())[:2]
    panels = len(means) + (len(two) == 2)
    figure = new_drawing(max(5.6, 1.75 * panels + 0.55), 2.1)
    cells = figure.subplots(1, panels, squeeze=False)[0]
    for cell, (name, mean) in zip(cells, means.items(), strict=False):
        cell.imshow(np.rint(mean.pixels).astype(np.uint8), interpolation="bilinear")
        kind = f"{name}s" if name in ("cat", "dog") else name
        _title(cell, f"mean of {mean.photos:,} {kind}" if mean.photos > 1 else f"1 {name}")
    if len(two) == 2:
        first, second = list(means)[:2]
        difference = (two[0].pixels - two[1].pixels).mean(axis=2)
        ends = (CLASS_COLOURS[second], "white", CLASS_COLOURS[first])
        colours = LinearSegmentedColormap.from_list("difference", ends)
        limit = max(1.0, float(np.abs(difference).max()))
        image = cells[-1].imshow(difference, cmap=colours, vmin=-limit, vmax=limit)
        _title(cells[-1], f"{first} minus {second}")
        bar = figure.colorbar(image, ax=cells[-1], shrink=0.8)
        bar.set_label("levels of 255", fontsize=9, color=INK)
        bar.ax.tick_params(labelsize=8)
    return figure


def _title(cell: Axes, text: str) -> None:
    cell.set_title(text, fontsize=9, color=INK)
    cell.set_axis_off()
