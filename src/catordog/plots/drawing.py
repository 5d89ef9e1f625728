"""What all figures share: colours, sizes, and how they become PNG."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Figure
from matplotlib.patches import Patch
from matplotlib.text import Text

from catordog.labels import Label

UNLABELLED = "unlabelled"
"""What a photo without a label is called in a picture."""

CLASS_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        Label.CAT.value: "#E07B00",
        Label.DOG.value: "#2C7FC4",
        Label.BOTH.value: "#B0569B",
        Label.NEITHER.value: "#6B7280",
        UNLABELLED: "#9AA0A8",
    }
)
"""One colour a class in every picture. Orange and blue differ in hue and in lightness, so that they
stay apart for the colour-blind and in grey print."""

INK = "#1F2328"
DARK_INK = "#D6DAE0"
_DPI = 160


class Drawing(Figure):
    """A figure that shows itself in a notebook without pyplot or a backend."""

    def _repr_png_(self) -> bytes:
        return render_png(self)


def new_drawing(width_in: float = 5.6, height_in: float = 3.5) -> Drawing:
    """Makes an empty figure.

    Args:
        width_in: inches across; 5.6 is still legible across a phone.
        height_in: inches down.

    Returns:
        A figure without axes.
    """
    return Drawing(figsize=(width_in, height_in), facecolor="white", layout="constrained")


def finish_axes(axes: Axes, across: str, up: str) -> None:
    """Names both axes and gives them the house's look.

    Args:
        axes: what was drawn on.
        across: the horizontal axis and its unit.
        up: the vertical axis and its unit.
    """
    axes.set_facecolor("none")
    axes.set_xlabel(across, fontsize=11, color=INK)
    axes.set_ylabel(up, fontsize=11, color=INK)
    axes.tick_params(which="both", labelsize=10, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(INK)
    axes.grid(False)


def add_legend(figure: Figure, classes: Iterable[str]) -> None:
    """Says above the axes which colour is which class.

    Args:
        figure: what was drawn.
        classes: keys of `CLASS_COLOURS`; a legend for one class would say nothing, so none is made.
    """
    handles = [Patch(color=CLASS_COLOURS[name], label=name) for name in classes]
    if len(handles) > 1:
        figure.legend(
            handles=handles,
            loc="outside upper right",
            ncols=len(handles),
            frameon=False,
            fontsize=10,
            labelcolor=INK,
            handlelength=1.4,
            columnspacing=1.2,
        )


def draw_nothing(why: str) -> Drawing:
    """Draws a figure that only says why there is nothing to draw.

    Args:
        why: one short sentence.

    Returns:
        A small figure.
    """
    figure = new_drawing(5.6, 1.2)
    figure.text(0.5, 0.5, why, ha="center", va="center", fontsize=11, color=INK, parse_math=False)
    return figure


def render_png(figure: Figure, *, dark: bool = False) -> bytes:
    """Renders a figure.

    Args:
        figure: what to render; it is the same afterwards.
        dark: light ink on nothing, for a dark page; else dark ink on white.

    Returns:
        PNG, 160 dots an inch; the same bytes for the same figure.
    """
    stream = io.BytesIO()
    if dark:
        _set_ink(figure, DARK_INK)
    with warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; that is no reason to warn.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(
            stream,
            format="png",
            dpi=_DPI,
            facecolor="none" if dark else "white",
            metadata={"Software": None},
        )
    if dark:
        _set_ink(figure, INK)
    return stream.getvalue()


def _set_ink(figure: Figure, ink: str) -> None:
    """Recolours what is written, the ticks and the frames."""
    for axes in figure.axes:
        axes.tick_params(which="both", colors=ink)
        for spine in axes.spines.values():
            spine.set_color(ink)
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_color(ink)


def readable_name(name: str, max_chars: int = 0) -> str:
    r"""Writes a file name so that it can be shown anywhere.

    Args:
        name: any name, even one with line ends or bytes that are no text.
        max_chars: cut the middle out of a longer one; 0 for never.

    Returns:
        The name; what cannot be printed stands as its escape.

    Example:
        >>> print(readable_name("a\n\udcff.jpg"))
        a\n\udcff.jpg
        >>> readable_name("a_very_long_name.jpg", 10)
        'a_ver….jpg'
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    if max_chars and len(shown) > max_chars:
        end = (max_chars - 1) // 2
        shown = f"{shown[: max_chars - 1 - end]}…{shown[len(shown) - end :]}"
    return shown
