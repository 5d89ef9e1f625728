"""A split on disk: which photo is used for what, and of which data it speaks."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from catordog.data.split import Part, hash_data
from catordog.data.written_tables import write_csv
from catordog.errors import DatasetError

COLUMNS = ("id", "label", "split", "group", "sha256")
"""Of the file; `group` names near duplicates by the smallest digest among them."""


@dataclass(frozen=True, slots=True)
class SplitFile:
    """Which photo is used for what.

    Attributes:
        path: of the file.
        rows: its lines by id: label, part and digest of each photo.
    """

    path: Path
    rows: dict[str, tuple[str, Part, str]]

    @property
    def data_sha256(self) -> str:
        """Names the photos and labels it speaks of, as `hash_data` does."""
        digests = [sha256 for _, _, sha256 in self.rows.values()]
        return hash_data(digests, [label for label, _, _ in self.rows.values()])

    def parts_of(
        self, ids: Sequence[str], sha256s: Sequence[str], *, left_out: Collection[str] = ()
    ) -> list[Part]:
        """Returns the part of each photo.

        Args:
            ids: of the labelled photos of a data set.
            sha256s: hex digest of each photo's bytes.
            left_out: ids that may be missing: of photos that a person decided about.

        Raises:
            DatasetError: the photos are not those the file speaks of.
        """
        known = {*ids, *left_out}
        new = [name for name in ids if name not in self.rows]
        gone = [name for name in self.rows if name not in known]
        changed = [
            name
            for name, sha256 in zip(ids, sha256s, strict=True)
            if name in self.rows and self.rows[name][2] != sha256
        ]
        if new or gone or changed:
            examples = ", ".join(repr(name) for name in (new + gone + changed)[:3])
            raise DatasetError(
                f"Cannot use split '{self.path}': expected the photos it was made of, received "
                f"{len(new)} new, {len(gone)} missing and {len(changed)} changed ones, such as "
                f"{examples}. Make it anew with: catordog split DATA --out split.csv"
            )
        return [self.rows[name][1] for name in ids]


def write_split(path: Path, lines: Iterable[tuple[str, str, Part, str, str]]) -> SplitFile:
    """Writes a split.

    Args:
        path: of the file; replaced as a whole.
        lines: `COLUMNS` of each photo.

    Raises:
        OutputError: it cannot be written.
    """
    write_csv(path, COLUMNS, sorted(tuple(map(str, line)) for line in lines))
    return read_split(path)


def read_split(path: Path) -> SplitFile:
    """Reads a split.

    Raises:
        DatasetError: there is no such file, or it is no split.
    """
    try:
        # As spreadsheets save it too: with a mark at its beginning.
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if absent:
                raise ValueError(f"no column '{absent[0]}'")
            rows: dict[str, tuple[str, Part, str]] = {}
            for row in reader:
                if row["id"] in rows:
                    raise ValueError(f"'{row['id']}' stands twice")
                rows[row["id"]] = row["label"], Part(row["split"]), row["sha256"]
    except (OSError, ValueError, csv.Error) as exc:
        raise DatasetError(
            f"Cannot read split '{path}': expected a CSV file with columns "
            f"{', '.join(COLUMNS)}, received one that fails: {exc}. "
            "Make one with: catordog split DATA --out split.csv"
        ) from exc
    return SplitFile(path, rows)
