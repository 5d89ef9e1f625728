"""Where catordog keeps what it can compute again. Imports nothing, for the command line's sake."""

from __future__ import annotations

from pathlib import Path

CACHE = Path("~/.cache/catordog")
