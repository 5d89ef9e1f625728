from __future__ import annotations

from catordog.plots.drawing import render_png
from catordog.plots.training_curves import plot_history

HISTORY = [
    {"stage": "head", "epoch": 1, "loss": 0.5, "val_accuracy": 0.9, "val_pet_auroc": None},
    {"stage": "head", "epoch": 2, "loss": 0.3, "val_accuracy": 0.95, "val_pet_auroc": None},
    {"stage": "fine-tune", "epoch": 1, "loss": 0.2, "val_accuracy": 0.97, "val_pet_auroc": None},
]


def test_each_figure_has_its_axes_and_each_stage_its_line() -> None:
    figure = plot_history(HISTORY)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "training loss",
        "validation accuracy",
    ]
    lines = figure.axes[0].get_lines()
    assert [list(line.get_ydata()) for line in lines] == [[0.5, 0.3], [0.2]]
    assert render_png(figure).startswith(b"\x89PNG")


def test_no_history_is_said() -> None:
    assert render_png(plot_history([])).startswith(b"\x89PNG")
