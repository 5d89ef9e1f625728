"""Writes what was found: one page that opens anywhere, tables, and pictures."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from catordog import __version__
from catordog.errors import OutputError
from catordog.explore.findings import Findings
from catordog.explore.page import Page
from catordog.explore.tables import write_file, write_tables

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
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(
            f"Cannot write to '{out}': expected a folder, received: {exc.strerror or exc}. "
            "Name another folder."
        ) from exc
    write_tables(findings, out)
    page = Page(findings, lambda name, png: write_file(out / name, png), seed=seed)
    report = out / "report.html"
    write_file(report, _render(page.fill()).encode())
    return report


def _render(content: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (_TEMPLATES / "report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        **content,
        style=Markup((_TEMPLATES / "report.css").read_text("utf-8")),  # our own files
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        version=__version__,
    )
