"""Writes small tables as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from catordog.errors import OutputError
from catordog.whole_files import write_whole


def write_csv(path: Path, header: Sequence[str], lines: Iterable[Iterable[Any]]) -> None:
    """Writes a table, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with write_whole(path, text=True) as file:
            # With "\n" alone as its line end, the writer would leave a lone "\r" unquoted.
            shorter = SimpleNamespace(
                write=lambda line: file.write(line.removesuffix("\r\n") + "\n")
            )
            writer = csv.writer(shorter, lineterminator="\r\n")
            writer.writerow(header)
            writer.writerows(lines)
    except OSError as exc:
        raise OutputError(
            f"Cannot write '{path}': expected a folder that can be written to, received: "
            f"{exc.strerror or exc}. Name another place."
        ) from exc
