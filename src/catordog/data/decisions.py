"""What a person decided about single photos, and the labels that follow from it."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from catordog.errors import DatasetError
from catordog.labels import Label

COLUMNS = ("id", "sha256", "label", "decision", "decided_at")

HEADER = f"{','.join(COLUMNS)}\n".encode()
"""The first line of a log, whose name by custom is decisions.csv."""

NAME_ERRORS = "surrogateescape"
"""How Python keeps the bytes of a file name that are not UTF-8."""

_SHA256 = re.compile(r"([0-9a-f]{64})?")


class Choice(StrEnum):
    """What can be decided about a photo."""

    KEEP = "keep"
    CAT = "cat"
    DOG = "dog"
    BOTH = "both"
    NEITHER = "neither"
    DROP = "drop"
    UNDECIDED = "undecided"
    """Takes the decision before it back."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the log.

    Attributes:
        id: of the photo, within its data set.
        sha256: of the photo that was looked at, in hex; empty if it could not be read.
        label: what the data set said then; None if it said nothing.
        decision: what the person said.
        decided_at: when, with its time zone.
    """

    id: str
    sha256: str
    label: Label | None
    decision: Choice
    decided_at: datetime

    @property
    def shown(self) -> Label | None:
        """What the photo shows according to the person; None if nothing or no label was said."""
        if self.decision is Choice.KEEP:
            return self.label
        return Label(self.decision) if self.decision in _LABELS else None


_LABELS = frozenset(label.value for label in Label)


@dataclass(frozen=True, slots=True)
class AppliedDecisions:
    """Labels after decisions.

    Attributes:
        labels: one a photo, in the order of the photos; None if dropped, or if nobody says.
        is_dropped: one a photo: whether it is to be left out.
        changed: how many labels are others than before.
        dropped: how many photos are to be left out.
        absent: how many decisions are about photos that are not here.
    """

    labels: list[Label | None]
    is_dropped: list[bool]
    changed: int
    dropped: int
    absent: int

    def __str__(self) -> str:
        """Returns the counts in words.

        Example:
            >>> str(AppliedDecisions([Label.CAT, None], [False, True], 1, 1, 0))
            '1 label changed, 1 photo dropped'
        """
        text = f"{_count(self.changed, 'label')} changed, {_count(self.dropped, 'photo')} dropped"
        if not self.absent:
            return text
        return f"{text}, {_count(self.absent, 'decision')} about photos that are not here"


@dataclass(frozen=True, slots=True)
class DecisionSet:
    """The decisions of a log that stand: of each photo the last, unless it was taken back.

    Attributes:
        path: of the log.
        decisions: by the photo's id, the latest last.
        note: what was wrong with the log, in one sentence; empty if nothing was.
    """

    path: str
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    note: str = ""

    def __len__(self) -> int:
        return len(self.decisions)

    def find(self, id: str, sha256: str) -> Decision | None:
        """Returns what was decided about exactly this photo."""
        decision = self.decisions.get(id)
        return decision if decision and decision.sha256 == sha256 else None

    def apply(
        self, ids: Sequence[str], sha256s: Sequence[str], labels: Sequence[Label | str | None]
    ) -> AppliedDecisions:
        """Returns the labels with the decisions in force; changes none of its arguments.

        `keep` stands for the label that was seen, even if the data set says another by now.

        Args:
            ids: of the photos.
            sha256s: theirs, in hex.
            labels: what the data set says of each; None or empty if nothing.

        Raises:
            DatasetError: a photo is not the one that was decided about. Review it again.
        """
        before = [Label(label) if label else None for label in labels]
        after, is_dropped, changed = list(before), [False] * len(before), 0
        for row, photo in enumerate(zip(ids, sha256s, strict=True)):
            decision = self._decision_on(*photo)
            if decision is not None and decision.decision is Choice.DROP:
                after[row], is_dropped[row] = None, True
            elif decision is not None:
                after[row] = decision.shown or before[row]
                changed += after[row] is not before[row]
        absent = len(self.decisions.keys() - set(ids))
        return AppliedDecisions(after, is_dropped, changed, sum(is_dropped), absent)

    def _decision_on(self, id: str, sha256: str) -> Decision | None:
        decision = self.decisions.get(id)
        if decision is not None and decision.sha256 != sha256:
            raise DatasetError(
                f"Cannot apply the decision on '{id}' from '{self.path}': expected the photo with "
                f"SHA-256 {decision.sha256[:12] or 'unknown'}, received "
                f"{sha256[:12] or 'none'}. Decide about it again with: catordog review"
            )
        return decision


def read_decisions(path: Path) -> DecisionSet:
    """Reads a log of decisions; does not change it.

    A last line that a crash cut short is left out, and `note` says so.

    Raises:
        DatasetError: there is no such file, or it is no log of decisions. Check the path.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DatasetError(
            f"Cannot read decisions from '{path}': expected a file that catordog review wrote, "
            f"received: {exc.strerror or exc}. Check the path."
        ) from exc
    return parse_decisions(data, path)[0]


def parse_decisions(data: bytes, path: Path) -> tuple[DecisionSet, int]:
    """Reads a log's bytes, for `read_decisions` and for who appends to it.

    Returns:
        The decisions, and how many bytes of the log are whole lines.

    Raises:
        DatasetError: it is no log of decisions.
    """
    if HEADER.startswith(data):  # nothing yet, or cut short while it was made
        return DecisionSet(str(path)), len(data) if data == HEADER else 0
    header, _, rest = data.removeprefix(codecs.BOM_UTF8).partition(b"\n")
    if header.removesuffix(b"\r") + b"\n" != HEADER:
        raise _other_shape(path, f"the columns {','.join(COLUMNS)}", header)
    *lines, last = rest.split(b"\n")
    standing: dict[str, Decision] = {}
    for number, line in enumerate(lines, start=2):
        entry = _from_line(line)
        if entry is None and line.strip():
            raise _other_shape(path, f"a decision on line {number}", line)
        put_decision(standing, entry)
    entry = _from_line(last)
    put_decision(standing, entry)
    if entry is not None or not last:
        return DecisionSet(str(path), standing), len(data)
    note = f"The last line of '{path}' was cut short, as by a crash, and is left out."
    return DecisionSet(str(path), standing, note), len(data) - len(last)


def put_decision(standing: dict[str, Decision], entry: Decision | None) -> None:
    """Lets a decision replace the one before it on the same photo, as the latest."""
    if entry is not None:
        standing.pop(entry.id, None)
        if entry.decision is not Choice.UNDECIDED:
            standing[entry.id] = entry


def _from_line(line: bytes) -> Decision | None:
    """Reads one line; None if it is not a whole decision."""
    text = line.removesuffix(b"\r").decode(errors=NAME_ERRORS)
    try:
        id, sha256, label, decision, at = next(csv.reader([text], strict=True))
        decided_at = datetime.fromisoformat(at)
        seen = Label(label) if label else None
        if decided_at.tzinfo is None or not _SHA256.fullmatch(sha256):
            return None
        return Decision(id, sha256, seen, Choice(decision), decided_at)
    except (csv.Error, ValueError, StopIteration):
        return None


def _other_shape(path: Path, expected: str, line: bytes) -> DatasetError:
    received = line[:80].decode(errors="replace").strip()
    return DatasetError(
        f"Cannot read decisions from '{path}': expected {expected}, received '{received}'. "
        "Name another file; this one was left as it is."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
