"""A picture of a page: for light and for dark, with a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from catordog.pages.tiles import inline
from catordog.plots.drawing import Figure, render_png


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of the page.

    Attributes:
        title: its heading.
        sentence: what is to be seen in it.
        light: its `data:` address for a light page.
        dark: the same for a dark one.
    """

    title: str
    sentence: str
    light: str
    dark: str


def draw_chart(figure: Figure, title: str, sentence: str) -> tuple[Chart, bytes]:
    """Renders a figure for a page.

    Args:
        figure: what to render; it is empty afterwards.
        title: its heading.
        sentence: what is to be seen in it.

    Returns:
        The chart, and the PNG for a light page.
    """
    light = render_png(figure)
    dark = render_png(figure, dark=True)
    figure.clear()
    return Chart(title, sentence, inline("image/png", light), inline("image/png", dark)), light
