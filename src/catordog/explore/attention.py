"""The short summary at the top: what deserves a look first."""

from __future__ import annotations

from collections import Counter

from catordog.explore.findings import Findings
from catordog.explore.sentences import CAT, DOG
from catordog.pages.wording import count_of, join_words, number, percent


def summarize(findings: Findings) -> list[str]:
    """Says in a few sentences what deserves attention, the gravest first.

    Args:
        findings: what the checks found.

    Returns:
        Plain text, one sentence each; a single one if nothing does.
    """
    said = [
        *_balance(findings),
        *_unreadable(findings),
        *_leaks(findings),
        *_conflicts(findings),
        *_suspects(findings),
        *_duplicates(findings),
        *_problems(findings),
    ]
    return said or ["Nothing stands out: no problem, no copy, no suspicious label."]


def _balance(findings: Findings) -> list[str]:
    labels = Counter(findings.table["label"])
    cats, dogs = labels[CAT], labels[DOG]
    if not len(findings.table):
        return ["There are no photos."]
    if not cats and not dogs:
        return ["No photo is labelled cat or dog: there is nothing to train on."]
    if not cats or not dogs:
        missing = "cat" if dogs else "dog"
        return [f"There is no {missing}: with one class there is nothing to tell apart."]
    if max(cats, dogs) / min(cats, dogs) > 2:
        more = "cats" if cats > dogs else "dogs"
        share = percent(max(cats, dogs), cats + dogs)
        return [f"The classes are uneven: {share} are {more}."]
    return []


def _unreadable(findings: Findings) -> list[str]:
    lost = int(findings.table["width"].isna().sum())
    whole = len(findings.table)
    if not lost:
        return []
    if lost == whole:
        return ["No photo can be decoded."]
    return [f"{_photos(lost)} cannot be decoded ({percent(lost, whole)})."]


def _leaks(findings: Findings) -> list[str]:
    leaks = findings.leaks
    own = {i for i, other in zip(leaks["id"], leaks["other_source"], strict=True) if not other}
    other = set(leaks["id"]) - own
    said = []
    if own:
        said.append(
            f"{_photos(len(own))} {_have(len(own))} a copy in another split: what a model scores "
            "there is too good."
        )
    if other:
        said.append(f"{_photos(len(other))} {_are(len(other))} in the other data set, too.")
    return said


def _conflicts(findings: Findings) -> list[str]:
    groups = len(set(findings.conflicts))
    if not groups:
        return []
    return [f"{count_of(groups, 'group')} of equal photos {_have(groups)} contradictory labels."]


def _suspects(findings: Findings) -> list[str]:
    kinds = Counter(findings.suspects["kind"])
    said = []
    if wrong := kinds["label"]:
        labelled = sum(map(bool, findings.table["label"]))
        said.append(
            f"{count_of(wrong, 'label')} may be wrong ({percent(wrong, labelled)} of "
            f"{number(labelled)})."
        )
    parts = []
    if kinds["neither"]:
        parts.append(
            f"{count_of(kinds['neither'], 'photo')} least like the others may show neither cat "
            "nor dog"
        )
    if kinds["both"]:
        parts.append(f"{count_of(kinds['both'], 'photo')} may show both")
    return [*said, *([f"{join_words(parts)}."] if parts else [])]


def _duplicates(findings: Findings) -> list[str]:
    rows = findings.duplicates
    groups = rows["group"].nunique()
    spare = len(rows) - groups
    if not groups:
        return []
    groups_said = count_of(groups, "group")
    return [f"{_photos(spare)} {_are(spare)} a copy of another ({groups_said} of equal photos)."]


def _problems(findings: Findings) -> list[str]:
    counts = Counter(findings.problems["check"])
    counts.pop("unreadable", None)
    if not counts:
        return []
    photos = findings.problems["id"][findings.problems["check"] != "unreadable"].nunique()
    parts = [f"{number(found)} {check}" for check, found in counts.most_common(4)]
    more = ", and more" if len(counts) > 4 else ""
    return [f"{_photos(photos)} {_have(photos)} another problem: {', '.join(parts)}{more}."]


def _photos(count: int) -> str:
    return count_of(count, "photo")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
