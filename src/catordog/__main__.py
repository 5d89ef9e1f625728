"""Runs the command line: `python -m catordog`."""

from __future__ import annotations

from catordog.cli import main

if __name__ == "__main__":
    main()
