"""What there is to review: the findings of an exploration, as a list for one person to walk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from catordog.explore.findings import Findings

UNREADABLE_CHECKS = ("empty", "unreadable")
"""The checks whose photos nobody can look at."""

_MAX_RELATED = 8
"""More photos than that beside one help nobody."""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One photo to decide about.

    Attributes:
        id: its name within the data set.
        sha256: of its bytes, in hex; empty if they cannot be read.
        label: what the data set says; empty if nothing.
        p_cat: the model's probability of a cat, in [0, 1]; None if it was not asked.
        p_dog: the same of a dog.
        reason: why it is here, for the person to read.
        kind: of reason: `label`, `neither`, `both`, `conflict` or `unreadable`.
        related: ids of photos to be shown beside it, such as its duplicates.
        verdict: what follows from `p_cat` and `p_dog`: a label; empty if it was not asked.
    """

    id: str
    sha256: str
    label: str
    p_cat: float | None
    p_dog: float | None
    reason: str
    kind: str
    related: tuple[str, ...] = ()
    verdict: str = ""


def collect_items(findings: Findings) -> list[ReviewItem]:
    """Lists each photo worth a look once: suspects, then duplicates that disagree, then unreadable.

    A photo that two checks found stands where the first put it, with both reasons.

    Args:
        findings: of an exploration; not changed.
    """
    sha256s = dict(zip(findings.table["id"], findings.table["sha256"], strict=True))
    labels = dict(zip(findings.table["id"], findings.table["label"], strict=True))
    groups = _group_members(findings.duplicates)
    items: dict[str, ReviewItem] = {}
    for id, kind, reason, *answer in _found(findings, labels):
        first = items.get(id)
        if first is not None:
            kind, answer = first.kind, [first.p_cat, first.p_dog, first.verdict]
            reason = first.reason if reason in first.reason else f"{first.reason}; {reason}"
        related = tuple(other for other in groups.get(id, ()) if other != id)[:_MAX_RELATED]
        p_cat, p_dog, verdict = answer
        items[id] = ReviewItem(
            id, sha256s[id], labels[id], p_cat, p_dog, reason, kind, related, verdict
        )
    return list(items.values())


_Found = tuple[str, str, str, float | None, float | None, str]
"""Id, kind, reason, p_cat, p_dog, verdict."""


def _found(findings: Findings, labels: Mapping[str, str]) -> Iterator[_Found]:
    for row in _rows(findings.suspects):
        p_cat, p_dog = _known(row.p_cat), _known(row.p_dog)
        yield row.id, row.kind, row.reason, p_cat, p_dog, "" if p_cat is None else row.verdict
    members: dict[int, list[Any]] = {}
    for row in _rows(findings.duplicates):
        members.setdefault(row.group, []).append(row)
    for group in findings.conflicts:
        for row in members[group]:
            others = sorted({labels[m.id] for m in members[group]} - {"", labels[row.id]})
            said = " and ".join(others) or "another animal"
            yield row.id, "conflict", f"{row.kind} duplicate labelled {said}", None, None, ""
    for row in _rows(findings.problems):
        if row.check in UNREADABLE_CHECKS:
            yield row.id, "unreadable", row.detail or row.check, None, None, ""


def _group_members(duplicates: pd.DataFrame) -> dict[str, list[str]]:
    """Returns the duplicates of each photo that has some, itself among them."""
    groups: dict[int, list[str]] = {}
    for row in _rows(duplicates):
        groups.setdefault(row.group, []).append(row.id)
    return {id: members for members in groups.values() for id in members}


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return table.itertuples(index=False)


def _known(p: float | None) -> float | None:
    """Returns a probability, or None for a missing one."""
    return None if p is None or math.isnan(p) else float(p)
