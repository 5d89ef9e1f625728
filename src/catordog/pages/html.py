"""Renders a page that holds all it needs, and writes it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from catordog import __version__
from catordog.errors import OutputError
from catordog.whole_files import write_whole

_SHARED = Path(__file__).parent / "templates"


def render_page(templates: Path, content: Mapping[str, Any]) -> bytes:
    """Renders `report.html.j2` of a folder, with the styles all pages share before its own.

    Args:
        templates: holds `report.html.j2`, `report.css`, and `report.js` if the page has a script.
        content: the template's variables; every text among them is escaped.

    Returns:
        UTF-8. Only the page's own script may run, and nothing may be fetched: its policy says so.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([templates, _SHARED], encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = [
        (folder / name).read_text("utf-8")
        for folder, name in ((_SHARED, "page.css"), (templates, "report.css"))
    ]
    script_file = templates / "report.js"
    script = script_file.read_text("utf-8") if script_file.exists() else ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = environment.get_template("report.html.j2").render(
        **content,
        style=Markup("".join(styles)),  # our own files
        script=Markup(script),
        script_source=Markup(f"'sha256-{digest}'" if script else "'none'"),
        version=__version__,
    )
    return page.encode()


def make_folder(out: Path) -> None:
    """Makes a folder to write to, if need be.

    Raises:
        OutputError: it cannot be made. Name another.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(
            f"Cannot write to '{out}': expected a folder, received: {exc.strerror or exc}. "
            "Name another folder."
        ) from exc


def write_file(path: Path, content: bytes) -> None:
    """Writes a file so that it is either as it was before, or complete.

    Args:
        path: where to; its folder exists.
        content: all of it.

    Raises:
        OutputError: the disk is full, or the folder may not be written to. Free space or name
            another folder.
    """
    try:
        with write_whole(path) as file:
            file.write(content)
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{path}': expected room and permission for it, received: "
            f"{exc.strerror or exc}. Free space or name another folder."
        ) from exc
