from __future__ import annotations

import math

import pandas as pd

from catordog.explore.findings import Findings
from catordog.review.queue import ReviewItem, collect_items


def find(**tables: list[tuple[object, ...]]) -> Findings:
    """Builds findings about five photos, a.jpg to e.jpg, each with its letter as its hash."""
    columns = {
        "suspects": ["id", "label", "p_cat", "p_dog", "verdict", "kind", "suspicion", "reason"],
        "duplicates": ["group", "id", "kind", "label", "split"],
        "problems": ["id", "check", "detail"],
        "leaks": ["id", "split", "other_id", "other_split", "other_source", "kind"],
    }
    frames = {
        name: pd.DataFrame(tables.get(name, []), columns=names) for name, names in columns.items()
    }
    photos = [
        (f"{letter}.jpg", letter * 64, label) for letter, label in zip("abcde", LABELS, strict=True)
    ]
    return Findings(
        source="photos",
        layout="class folders",
        table=pd.DataFrame(tables.get("table", photos), columns=["id", "sha256", "label"]),
        conflicts=[group for (group,) in tables.get("conflicts", [])],  # type: ignore[misc]
        features=None,
        thumbnails=[b""] * 5,
        **frames,
    )


LABELS = ("cat", "dog", "dog", "cat", "")


def test_items_come_as_suspects_then_conflicts_then_unreadable() -> None:
    findings = find(
        suspects=[
            ("b.jpg", "dog", 0.998, 0.002, "cat", "label", 0.99, "labelled dog, not cat?"),
            ("e.jpg", "", math.nan, math.nan, "", "neither", 0.9, "neither?"),
        ],
        duplicates=[
            (1, "a.jpg", "exact", "cat", ""),
            (1, "c.jpg", "exact", "dog", ""),
            (2, "b.jpg", "near", "dog", ""),
            (2, "e.jpg", "near", "", ""),
        ],
        conflicts=[(1,)],
        problems=[("d.jpg", "unreadable", "ends after 12 bytes"), ("a.jpg", "dark", "0.02")],
    )
    assert collect_items(findings) == [
        ReviewItem(
            *("b.jpg", "b" * 64, "dog", 0.998, 0.002),
            *("labelled dog, not cat?", "label", ("e.jpg",), "cat"),
        ),
        ReviewItem("e.jpg", "e" * 64, "", None, None, "neither?", "neither", ("b.jpg",)),
        ReviewItem(
            *("a.jpg", "a" * 64, "cat", None, None),
            *("exact duplicate labelled dog", "conflict", ("c.jpg",)),
        ),
        ReviewItem(
            *("c.jpg", "c" * 64, "dog", None, None),
            *("exact duplicate labelled cat", "conflict", ("a.jpg",)),
        ),
        ReviewItem("d.jpg", "d" * 64, "cat", None, None, "ends after 12 bytes", "unreadable"),
    ]


def test_photo_found_twice_is_one_item_with_both_reasons() -> None:
    findings = find(
        suspects=[("a.jpg", "cat", 0.1, 0.9, "dog", "label", 0.9, "the model reads dog")],
        duplicates=[(7, "a.jpg", "near", "cat", ""), (7, "b.jpg", "near", "dog", "")],
        conflicts=[(7,)],
    )
    first, second = collect_items(findings)
    assert first.reason == "the model reads dog; near duplicate labelled dog"
    assert (first.kind, first.p_cat, first.related) == ("label", 0.1, ("b.jpg",))
    assert first.verdict == "dog"
    assert second.id == "b.jpg"


def test_findings_without_anything_odd_give_no_items() -> None:
    assert collect_items(find()) == []
