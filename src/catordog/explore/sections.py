"""The lists of the page: equal photos, leaks, doubtful labels, problems.

Each is cut to a length that a page can hold, and says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from catordog.explore.album import Album
from catordog.explore.findings import Findings
from catordog.pages.tiles import Listing, Reading, Tile, probability_bar
from catordog.pages.wording import count_of, join_words, number, percent, shown_of
from catordog.plots.charts import SPLITS
from catordog.plots.drawing import readable_name

MAX_GROUPS = 40
MAX_PER_GROUP = 8
MAX_LEAKS = 40
MAX_SUSPECTS = 60
MAX_PER_PROBLEM = 24


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that belong together: the copies of one, or those that failed a check.

    Attributes:
        title: what they share.
        contradictory: their labels differ.
        tiles: at most as many as a page holds.
        more: how many are not shown.
    """

    title: str
    contradictory: bool
    tiles: list[Tile]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Leak:
    """A photo of one split and its copy in another.

    Attributes:
        kind: `exact` or `near`.
        tile: the photo; its note names the split.
        other: the copy; its note names the split, or the other data set.
    """

    kind: str
    tile: Tile
    other: Tile


def list_duplicates(findings: Findings, album: Album) -> Listing[Group]:
    """Lists the groups of equal photos, those with contradictory labels first."""
    rows = findings.duplicates
    if rows.empty:
        return Listing("No two photos are the same.", "", [])
    groups: dict[int, list[tuple[str, str]]] = {}
    for group, photo_id, kind in zip(rows["group"], rows["id"], rows["kind"], strict=True):
        groups.setdefault(int(group), []).append((photo_id, kind))
    conflicts = set(findings.conflicts)
    order = sorted(groups, key=lambda group: group not in conflicts)
    entries = [_group(i, groups[i], i in conflicts, album) for i in order[:MAX_GROUPS]]
    sentence = _say_duplicates(groups, conflicts)
    return Listing(sentence, shown_of(len(entries), len(groups), "duplicates.csv"), entries)


def _group(number_: int, members: list[tuple[str, str]], conflict: bool, album: Album) -> Group:
    kinds = sorted({kind for _, kind in members})
    tiles = [
        album.tile(photo_id, kind if len(kinds) > 1 else "")
        for photo_id, kind in members[:MAX_PER_GROUP]
    ]
    more = max(0, len(members) - MAX_PER_GROUP)
    return Group(f"Group {number_}: {join_words(kinds)}", conflict, tiles, more)


def _say_duplicates(groups: dict[int, list[tuple[str, str]]], conflicts: set[int]) -> str:
    exact = sum(all(kind == "exact" for _, kind in members) for members in groups.values())
    contradictory = sum(group in conflicts for group in groups)
    photos = sum(map(len, groups.values()))
    alike = len(groups) - exact
    if exact and alike:
        parts = f"{number(exact)} of exact copies, {number(alike)} of photos that look the same"
    else:
        parts = "all of exact copies" if exact else "all of photos that look the same"
    verb = "holds" if len(groups) == 1 else "hold"
    said = f"{count_of(len(groups), 'group')} {verb} {count_of(photos, 'photo')}: {parts}. "
    if not contradictory:
        return f"{said}No group contradicts itself."
    who = "1 group has" if contradictory == 1 else f"{number(contradictory)} groups have"
    return f"{said}{who} contradictory labels."


def list_leaks(findings: Findings, album: Album) -> Listing[Leak]:
    """Lists the photos that another split, or another data set, holds too."""
    rows = findings.leaks
    if rows.empty:
        splits = {str(split) for split in findings.table["split"]} - {""}
        if len(splits) < 2:
            return Listing("Nothing to compare: there is one split and no other data set.", "", [])
        return Listing(f"No photo is in two of {join_words(sorted(splits))}.", "", [])
    columns = ("id", "split", "other_id", "other_split", "other_source", "kind")
    leaks = list(zip(*(rows[name] for name in columns), strict=True))
    pairs: Counter[tuple[str, str]] = Counter()
    for _, split, _, other_split, other_source, _ in leaks:
        places = [_place(split, ""), _place(other_split, other_source)]
        if not other_source:  # train and test is the same as test and train
            places.sort(key=lambda place: (place not in SPLITS[:1], place))
        pairs[places[0], places[1]] += 1
    said = [
        f"{count_of(found, 'pair')} between {own} and {other}"
        for (own, other), found in pairs.most_common(6)
    ]
    exact = int((rows["kind"] == "exact").sum())
    verb = "is an exact copy" if exact == 1 else "are exact copies"
    sentence = f"{join_words(said)}; {number(exact)} of {number(len(rows))} {verb}."
    entries = [_leak(album, *leak) for leak in leaks[:MAX_LEAKS]]
    return Listing(sentence, shown_of(len(entries), len(rows), "leaks.csv"), entries)


def _leak(
    album: Album,
    photo_id: str,
    split: str,
    other_id: str,
    other_split: str,
    other_source: str,
    kind: str,
) -> Leak:
    place = _place(other_split, other_source)
    other = album.tile(other_id, place)
    if other_source:  # the other data set's photo may have the name of one of ours
        other = Tile(readable_name(other_id), "", "", place)
    return Leak(kind, album.tile(photo_id, _place(split, "")), other)


def _place(split: str, source: str) -> str:
    """Names a split, of another data set if it has a source."""
    if not source:
        return split or "no split"
    return f"{readable_name(source)} ({split})" if split else readable_name(source)


def list_suspects(findings: Findings, album: Album) -> Listing[Reading]:
    """Lists the labels that the model doubts, the most suspicious first."""
    rows = findings.suspects[findings.suspects["kind"] == "label"]
    labelled = sum(map(bool, album.labels))
    if rows.empty:
        nothing = "No label looks wrong." if labelled else "No photo has a label to doubt."
        return Listing(nothing, "", [])
    entries = _readings(rows, album)
    sentence = (
        f"The model doubts {count_of(len(rows), 'label')} of {number(labelled)} "
        f"({percent(len(rows), labelled)}); the first is {entries[0].tile.name}, "
        f"labelled {entries[0].tile.label}."
    )
    return Listing(sentence, shown_of(len(entries), len(rows), "suspects.csv"), entries)


def list_strangers(findings: Findings, album: Album, kind: str) -> Listing[Reading]:
    """Lists the photos that may show `neither` cat nor dog, or `both`."""
    rows = findings.suspects[findings.suspects["kind"] == kind]
    what = "neither a cat nor a dog" if kind == "neither" else "both a cat and a dog"
    if rows.empty:
        return Listing(f"No photo looks as if it showed {what}.", "", [])
    entries = _readings(rows, album)
    sentence = f"{count_of(len(rows), 'photo')} may show {what}."
    return Listing(sentence, shown_of(len(entries), len(rows), "suspects.csv"), entries)


def _readings(rows: pd.DataFrame, album: Album) -> list[Reading]:
    shown = rows.head(MAX_SUSPECTS)
    columns = (shown["id"], shown["reason"], shown["p_cat"], shown["p_dog"])
    return [
        Reading(
            album.tile(photo_id, reason),
            [probability_bar("cat", p_cat), probability_bar("dog", p_dog)],
        )
        for photo_id, reason, p_cat, p_dog in zip(*columns, strict=True)
    ]


def list_problems(findings: Findings, album: Album) -> Listing[Group]:
    """Lists the photos that failed a check, check by check, the most frequent first."""
    rows = findings.problems
    if rows.empty:
        return Listing("No photo has a problem.", "", [])
    found: dict[str, list[tuple[str, str]]] = {}
    for photo_id, check, detail in zip(rows["id"], rows["check"], rows["detail"], strict=True):
        found.setdefault(str(check), []).append((photo_id, str(detail)))
    order = sorted(found, key=lambda check: (-len(found[check]), check))
    entries = [
        Group(
            f"{check}: {number(len(found[check]))}",
            False,
            [album.tile(*photo) for photo in found[check][:MAX_PER_PROBLEM]],
            max(0, len(found[check]) - MAX_PER_PROBLEM),
        )
        for check in order
    ]
    photos = len({photo_id for photos in found.values() for photo_id, _ in photos})
    share = percent(photos, len(album.ids))
    verb = "has" if photos == 1 else "have"
    sentence = (
        f"{count_of(photos, 'photo')} ({share}) {verb} {count_of(len(rows), 'problem')}: "
        f"{join_words([f'{number(len(found[check]))} {check}' for check in order])}."
    )
    shown = sum(len(entry.tiles) for entry in entries)
    return Listing(sentence, shown_of(shown, len(rows), "photos.csv"), entries)
