"""How a training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from catordog.plots.drawing import draw_nothing, finish_axes, new_drawing

_PANELS = (
    ("loss", "training loss", False),
    ("val_log_loss", "validation log loss", False),
    ("val_accuracy", "validation accuracy", True),
    ("val_pet_auroc", "pet against neither, AUROC", False),
)
_COLOURS = ("#8A8F98", "#0F8A7E", "#B0569B")


def plot_history(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Draws each figure of a training over its epochs, a line a stage.

    Args:
        history: rows with `stage`, `epoch` (from 1) and figures, of which any may be None.

    Returns:
        A figure with an axes for each figure that there is.
    """
    panels = [panel for panel in _PANELS if any(row.get(panel[0]) is not None for row in history)]
    if not panels:
        return draw_nothing("There is no epoch to show.")
    figure = new_drawing(2.9 * len(panels), 2.7)
    stages = list(dict.fromkeys(row["stage"] for row in history))
    for axes, (name, title, is_share) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        for stage, colour in zip(stages, _COLOURS, strict=False):
            rows = [r for r in history if r["stage"] == stage and r.get(name) is not None]
            epochs = [row["epoch"] for row in rows]
            axes.plot(epochs, [row[name] for row in rows], "o-", ms=3, color=colour, label=stage)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if is_share:
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
        axes.set_title(title, fontsize=9, loc="left")
        finish_axes(axes, "epoch", "")
    if len(stages) > 1:
        handles, labels = figure.axes[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(stages), frameon=False)
    return figure
