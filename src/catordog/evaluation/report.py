"""Writes the page that shows how good a model is."""

from __future__ import annotations

from pathlib import Path

from catordog.evaluation.outcome import Outcome
from catordog.evaluation.page import fill_page
from catordog.pages.html import make_folder, render_page, write_file

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(outcome: Outcome, out: Path) -> Path:
    """Writes `report.html`: one file that opens anywhere and asks the network for nothing.

    Args:
        outcome: what was found.
        out: the folder; it is made if need be.

    Returns:
        The page's path.

    Raises:
        OutputError: the folder cannot be made or written to.
    """
    make_folder(out)
    path = out / "report.html"
    write_file(path, render_page(_TEMPLATES, fill_page(outcome)))
    return path
