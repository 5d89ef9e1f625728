"""What is wrong with single photos, by the figures of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from catordog.data.file_kinds import suffix_of
from catordog.data.sources.names import label_of_name

MEANT_BY_SUFFIX = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIF"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx"), "JPEG2000"),
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WEBP",
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    ".avif": "AVIF",
}
"""The format that a suffix promises."""


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """From where on a photo is worth a look.

    The defaults were set by looking at the extremes of 10,596 Kaggle photos: beyond them nearly
    every photo has the defect, and one in a hundred or fewer is beyond them.

    Attributes:
        tiny_px: a shorter side below this.
        dark: brightness below this, 0 (black) to 1 (white).
        blurred: sharpness below this, in grey levels.
        low_information_bits: entropy below this: drawings, logos, mostly empty pictures.
        odd_aspect: the longer side more than this many times the shorter.
    """

    tiny_px: int = 64
    dark: float = 0.15
    blurred: float = 4.5
    low_information_bits: float = 5.0
    odd_aspect: float = 3.0


def check_photos(table: pd.DataFrame, limits: CheckLimits = CheckLimits()) -> pd.DataFrame:
    """Checks every photo of a catalog.

    Args:
        table: a catalog's.
        limits: from where on a photo is worth a look.

    Returns:
        Columns `id`, `check` and `detail`: one row a photo and check that found something, check
        by check, in the order of the table.
    """
    found = [
        pd.DataFrame({"id": table["id"][mask], "check": check, "detail": detail[mask]})
        for check, mask, detail in _found(table, limits)
    ]
    return pd.concat(found, ignore_index=True).astype({"check": "str", "detail": "str"})


def _found(table: pd.DataFrame, limits: CheckLimits) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    """Yields each check's name, which photos it found, and what to say of each."""
    problem = table["problem"].astype("str")
    undecodable = table["width"].isna()
    is_empty = (table["bytes"] == 0).fillna(False).astype(bool)
    yield "unreadable", undecodable & ~is_empty, problem
    yield "empty", is_empty, pd.Series("0 bytes", table.index)
    for warning in ("truncated", "damaged"):
        yield warning, ~undecodable & problem.str.startswith(f"{warning}:"), problem
    meant = table["id"].map(lambda name: MEANT_BY_SUFFIX.get(suffix_of(name), ""))
    wrong = (meant != "") & (table["format"] != "") & (meant != table["format"])
    yield "wrong suffix", wrong, "named as " + meant + ", is " + table["format"]
    yield from _of_pixels(table, limits)
    said = table["id"].map(lambda name: label_of_name(name.rpartition("/")[2]) or "").astype("str")
    yield (
        "name and folder disagree",
        (said != "") & (table["label"] != "") & (said != table["label"]),
        "the name says " + said + ", the folder or list " + table["label"],
    )


def _of_pixels(
    table: pd.DataFrame, limits: CheckLimits
) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    width, height = (table[side].astype("float64") for side in ("width", "height"))
    sides = pd.concat([width, height], axis=1)
    size = table["width"].astype("str") + "x" + table["height"].astype("str")
    yield "tiny", sides.min(axis=1) < limits.tiny_px, size
    figures = (
        ("dark", "brightness", limits.dark),
        ("blurred", "sharpness", limits.blurred),
        ("low information", "entropy", limits.low_information_bits),
    )
    for check, figure, limit in figures:
        values = table[figure].astype("float64")
        detail = values.map(f"{figure} {{:.2f}}, below {limit:g}".format)
        yield check, values < limit, detail
    aspect = sides.max(axis=1) / sides.min(axis=1).replace(0, np.nan)
    yield "odd aspect", aspect > limits.odd_aspect, size
