r"""Lays values out as a line of CSV that every reader splits where we meant it.

With "\n" alone as its line end, Python's writer would leave a lone "\r" unquoted, and the name
"Icon\r" that macOS gives would end a row where it stands. So it is told "\r\n", which is then cut.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any


class _Echo:
    """A file whose `write` returns the text: a CSV writer's `writerow` returns what that does."""

    def write(self, text: str) -> str:
        return text


_WRITER: Any = csv.writer(_Echo(), lineterminator="\r\n")


def csv_text(values: Iterable[Any]) -> str:
    r"""Returns values as one line of CSV, with "\n" at its end.

    Example:
        >>> csv_text(["a,b", None, 2.5, "Icon\r"])
        '"a,b",,2.5,"Icon\r"\n'
    """
    line: str = _WRITER.writerow(values)
    return line.removesuffix("\r\n") + "\n"
