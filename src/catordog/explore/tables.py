"""What a folder of results holds besides the page: tables, written so that none is ever half."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from catordog.csv_lines import csv_text
from catordog.explore.findings import Findings
from catordog.pages.html import write_file

_NAME_ERRORS = sys.getfilesystemencodeerrors()
"""How Python keeps the bytes of a file name that are not UTF-8."""


def to_csv(table: pd.DataFrame) -> bytes:
    """Lays a table out as CSV: UTF-8, a line a row, numbers to 6 digits.

    Args:
        table: any; what is missing becomes an empty field.

    Returns:
        The file. A name that is not UTF-8 keeps its bytes.
    """
    text = csv_text(table.columns) + "".join(map(csv_text, _rows(table)))
    return text.encode(errors=_NAME_ERRORS)


def _rows(table: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    columns = [[_field(value) for value in table[name].tolist()] for name in table.columns]
    return zip(*columns, strict=True)


def _field(value: object) -> object:
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return value


def checks_of(findings: Findings) -> list[str]:
    """Returns, for each photo of the table, the checks it failed, `;` between them."""
    failed: dict[str, dict[str, None]] = {}
    for name, check in zip(findings.problems["id"], findings.problems["check"], strict=True):
        failed.setdefault(name, {})[check] = None
    return [";".join(failed.get(name, ())) for name in findings.table["id"]]


def write_tables(findings: Findings, out: Path) -> None:
    """Writes photos.csv, duplicates.csv, suspects.csv and leaks.csv.

    Args:
        findings: what to write; photos.csv gets a column `checks` more than the table has.
        out: a folder that exists.

    Raises:
        OutputError: a file cannot be written.
    """
    photos = findings.table.copy(deep=False)
    photos["checks"] = pd.Series(checks_of(findings), index=photos.index, dtype=object)
    write_file(out / "photos.csv", to_csv(photos))
    write_file(out / "duplicates.csv", to_csv(findings.duplicates))
    write_file(out / "suspects.csv", to_csv(findings.suspects))
    write_file(out / "leaks.csv", to_csv(findings.leaks))
