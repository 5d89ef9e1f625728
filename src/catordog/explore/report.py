"""Writes what was found: one page that opens anywhere, tables, and pictures."""

from __future__ import annotations

from pathlib import Path

from catordog.explore.findings import Findings
from catordog.explore.page import Page
from catordog.explore.tables import write_tables
from catordog.pages.html import make_folder, render_page, write_file

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(findings: Findings, out: Path, *, seed: int = 0) -> Path:
    """Writes report.html, photos.csv, duplicates.csv, suspects.csv, leaks.csv and ten PNGs.

    The page holds all it needs, asks the network for nothing, and works without scripts but for
    the map's thumbnails. The same findings and seed give the same files.

    Args:
        findings: what the checks found.
        out: the folder; it is made if need be. Files of the same names in it are replaced.
        seed: of everything drawn at random.

    Returns:
        The path of report.html.

    Raises:
        OutputError: the folder cannot be made or written to. Free space or name another folder.
    """
    make_folder(out)
    write_tables(findings, out)
    page = Page(findings, lambda name, png: write_file(out / name, png), seed=seed)
    report = out / "report.html"
    write_file(report, render_page(_TEMPLATES, page.fill()))
    return report
