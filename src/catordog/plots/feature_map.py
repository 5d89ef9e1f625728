"""All photos as points in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from catordog.plots.drawing import (
    CLASS_COLOURS,
    UNLABELLED,
    add_legend,
    draw_nothing,
    finish_axes,
    new_drawing,
)

_UNITLESS = "{} direction (no unit)"


def plot_feature_map(
    points: npt.NDArray[np.floating], labels: Sequence[str], *, seed: int = 0
) -> Figure:
    """Draws each photo as a point, in the colour of its class.

    Args:
        points: shape (N, 2), any float; a row of NaN is not drawn.
        labels: one a photo, empty for none.
        seed: of the order in which points are drawn, so that no class always lies on top.

    Returns:
        A figure; photos that look alike to the network lie near each other.
    """
    places = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not places.size:
        return draw_nothing("There are no features to draw a map of.")
    places = np.random.default_rng(seed).permutation(places)
    names = [str(labels[place]) or UNLABELLED for place in places.tolist()]
    figure = new_drawing(5.6, 4.2)
    axes = figure.subplots()
    axes.scatter(
        points[places, 0],
        points[places, 1],
        s=9,
        c=[CLASS_COLOURS[name] for name in names],
        alpha=float(np.clip(1500 / places.size, 0.25, 0.8)),
        linewidths=0,
    )
    finish_axes(axes, _UNITLESS.format("first"), _UNITLESS.format("second"))
    axes.set(xticks=[], yticks=[])
    add_legend(figure, [name for name in CLASS_COLOURS if name in set(names)])
    return figure
