"""Writes small tables as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catordog.csv_lines import csv_text
from catordog.errors import OutputError
from catordog.whole_files import write_whole


def write_csv(path: Path, header: Sequence[str], lines: Iterable[Iterable[Any]]) -> None:
    """Writes a table, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with write_whole(path, text=True) as file:
            file.write(csv_text(header))
            file.writelines(map(csv_text, lines))
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{path}': expected a folder that can be written to, received: "
            f"{exc.strerror or exc}. Name another place."
        ) from exc
