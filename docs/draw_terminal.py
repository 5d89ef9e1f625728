"""Draws docs/predict.svg: what `catordog predict samples` prints on a terminal of 76 columns.

Run by `make docs`, from the repository's root. Nothing in the picture is typed by hand.
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 76
COMMAND = "catordog predict samples"


def record(command: list[str]) -> str:
    """Runs a command on a terminal of its own and returns what it shows on standard output."""
    terminal, inside = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        command, stdout=inside, stderr=subprocess.DEVNULL, env=environment, close_fds=True
    )
    os.close(inside)
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    process.wait()
    return shown.decode().replace("\r\n", "\n")


def main() -> None:
    """Writes the picture."""
    output = record([sys.executable, "-m", "catordog", *COMMAND.split()[1:]])
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {COMMAND}", "bold"))
    console.print(Text.from_ansi(output))
    svg = console.export_svg(title="catordog", unique_id="predict")
    Path("docs/predict.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
