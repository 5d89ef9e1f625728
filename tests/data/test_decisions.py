from __future__ import annotations

import csv
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import COLUMNS, Choice, parse_decisions, read_decisions
from catordog.errors import ConfigError, DatasetError, OutputError
from catordog.labels import Label

SHA_A, SHA_B, SHA_C = "a" * 64, "b" * 64, "c" * 64


def decide(path: Path, *choices: tuple[str, str, Label | None, Choice]) -> DecisionLog:
    log = DecisionLog(path)
    for choice in choices:
        log.append(*choice)
    return log


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three decisions, of which one was changed."""
    path = tmp_path / "decisions.csv"
    decide(
        path,
        ("a.jpg", SHA_A, Label.CAT, Choice.DOG),
        ("b.jpg", SHA_B, Label.DOG, Choice.DROP),
        ("c.jpg", SHA_C, None, Choice.KEEP),
        ("a.jpg", SHA_A, Label.CAT, Choice.BOTH),
    )
    return path


def test_log_is_one_csv_line_each_in_order(three: Path) -> None:
    with three.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["id"], row["label"], row["decision"]) for row in rows] == [
        ("a.jpg", "cat", "dog"),
        ("b.jpg", "dog", "drop"),
        ("c.jpg", "", "keep"),
        ("a.jpg", "cat", "both"),
    ]
    assert rows[0]["decided_at"].endswith("Z")
    assert datetime.fromisoformat(rows[0]["decided_at"]).utcoffset() == timedelta(0)


def test_last_line_of_a_photo_counts(three: Path) -> None:
    found = read_decisions(three)
    assert list(found.decisions) == ["b.jpg", "c.jpg", "a.jpg"]  # the latest last
    assert found.decisions["a.jpg"].decision is Choice.BOTH
    assert found.note == ""


def test_undecided_takes_a_decision_back(three: Path) -> None:
    log = decide(three, ("b.jpg", SHA_B, Label.DOG, Choice.UNDECIDED))
    assert set(log.latest.decisions) == {"a.jpg", "c.jpg"}
    assert set(read_decisions(three).decisions) == {"a.jpg", "c.jpg"}


def test_apply_changes_labels_and_drops(three: Path) -> None:
    applied = read_decisions(three).apply(
        ["x.jpg", "b.jpg", "a.jpg"], ["", SHA_B, SHA_A], ["dog", Label.DOG, "cat"]
    )
    assert applied.labels == [Label.DOG, None, Label.BOTH]
    assert applied.is_dropped == [False, True, False]
    assert (applied.changed, applied.dropped, applied.absent) == (1, 1, 1)
    assert str(applied) == (
        "1 label changed, 1 photo dropped, 1 decision about photos that are not here"
    )


def test_apply_keeps_the_label_that_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    log = decide(path, ("a", SHA_A, Label.CAT, Choice.KEEP), ("b", SHA_B, None, Choice.KEEP))
    applied = log.latest.apply(["a", "b"], [SHA_A, SHA_B], ["dog", "dog"])
    assert applied.labels == [Label.CAT, Label.DOG]
    assert applied.changed == 1


def test_apply_refuses_a_photo_that_changed(three: Path) -> None:
    with pytest.raises(DatasetError, match=r"decision on 'a.jpg'.*received cccccccccccc.*review"):
        read_decisions(three).apply(["a.jpg"], [SHA_C], ["cat"])


def test_apply_of_a_decision_taken_back_ignores_a_photo_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    log = decide(path, ("a", SHA_A, None, Choice.CAT), ("a", SHA_A, None, Choice.UNDECIDED))
    assert log.latest.apply(["a"], [SHA_B], [""]).labels == [None]


@pytest.mark.parametrize("lost_bytes", [1, 2, 20, 60, 94])
def test_torn_last_line_is_left_out_and_then_replaced(three: Path, lost_bytes: int) -> None:
    whole = three.read_bytes()
    before_last = whole[: whole[:-1].rindex(b"\n") + 1]
    torn = whole[:-lost_bytes]
    three.write_bytes(torn)
    found = read_decisions(three)
    assert three.read_bytes() == torn
    if lost_bytes == 1:  # only the line's end is lost: nothing of the decision is
        assert found.decisions["a.jpg"].decision is Choice.BOTH
        kept = torn + b"\n"
    else:
        assert found.decisions["a.jpg"].decision is Choice.DOG
        assert "cut short" in found.note
        kept = before_last
    log = decide(three, ("d.jpg", "", None, Choice.DROP))
    assert three.read_bytes().startswith(kept + b"d.jpg,,,drop,")
    assert len(log.latest) == len(read_decisions(three)) == 4


@pytest.mark.parametrize("size_bytes", [0, 1, 17])
def test_log_whose_header_is_torn_begins_anew(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(f"{','.join(COLUMNS)}\n".encode()[:size_bytes])
    assert len(read_decisions(path)) == 0
    decide(path, ("a", SHA_A, None, Choice.CAT))
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert len(read_decisions(path)) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("path,label\na.jpg,cat\n", "expected the columns id,sha256,label,decision,decided_at"),
        ("PK\x03\x04 a zip", "received 'PK"),
        ("id,sha256,label,decision,decided_at\na,,cat,perhaps,2026-01-01T00:00:00Z\n", "line 2"),
        ("id,sha256,label,decision,decided_at\na,,fish,keep,2026-01-01T00:00:00Z\n", "line 2"),
        ("id,sha256,label,decision,decided_at\na,,cat,keep,2026-01-01T00:00:00\n", "line 2"),
        ("id,sha256,label,decision,decided_at\na,12,cat,keep,2026-01-01T00:00:00Z\n", "line 2"),
        ('id,sha256,label,decision,decided_at\n"a,,cat,keep\nb', "line 2"),
    ],
)
def test_file_of_another_shape_is_refused_and_left_alone(
    tmp_path: Path, content: str, expected: str
) -> None:
    path = tmp_path / "d.csv"
    path.write_text(content)
    with pytest.raises(DatasetError, match=expected):
        DecisionLog(path)
    with pytest.raises(DatasetError, match=expected):
        read_decisions(path)
    assert path.read_text() == content


def test_log_that_became_another_file_is_refused_and_left_alone(three: Path) -> None:
    log = decide(three, ("a.jpg", SHA_A, None, Choice.CAT))
    three.write_text("shopping list")
    with pytest.raises(DatasetError, match="shopping list"):
        log.append("b.jpg", SHA_B, None, Choice.CAT)
    assert three.read_text() == "shopping list"
    assert log.latest.decisions["b.jpg"].decision is Choice.DROP


def test_log_that_was_removed_is_an_error_not_a_new_file(three: Path) -> None:
    log = DecisionLog(three)
    three.unlink()
    with pytest.raises(OutputError, match="the file is gone"):
        log.append("a.jpg", SHA_A, None, Choice.CAT)
    assert not three.exists()
    assert log.latest.decisions["a.jpg"].decision is Choice.BOTH


def test_spreadsheet_line_ends_and_mark_are_read(three: Path) -> None:
    data = three.read_bytes().replace(b"\n", b"\r\n")
    three.write_bytes(b"\xef\xbb\xbf" + data)
    assert len(read_decisions(three)) == 3
    decide(three, ("d.jpg", "", None, Choice.CAT))
    assert len(read_decisions(three)) == 4


def test_two_logs_of_one_file_keep_each_others_decisions(three: Path) -> None:
    first, second = DecisionLog(three), DecisionLog(three)
    first.append("d.jpg", "", None, Choice.CAT)
    second.append("e.jpg", "", None, Choice.DOG)
    first.append("f.jpg", "", None, Choice.DOG)
    assert set(first.latest.decisions) == {f"{name}.jpg" for name in "abcdef"}
    assert set(read_decisions(three).decisions) == {f"{name}.jpg" for name in "abcdef"}


def test_failed_write_leaves_the_log_as_it_was(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, before = DecisionLog(three), three.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"No space left on device.*decide again"):
        log.append("d.jpg", "", None, Choice.CAT)
    assert three.read_bytes() == before
    assert "d.jpg" not in log.latest.decisions
    monkeypatch.undo()
    log.append("d.jpg", "", None, Choice.CAT)
    assert three.read_bytes().startswith(before + b"d.jpg,")


def test_decision_is_flushed_to_the_disk_before_append_returns(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, sizes = DecisionLog(three), []
    monkeypatch.setattr(os, "fsync", lambda number: sizes.append(os.fstat(number).st_size))
    log.append("d.jpg", "", None, Choice.CAT)
    assert sizes == [three.stat().st_size]


def test_path_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="received a folder"):
        DecisionLog(tmp_path)
    with pytest.raises(ConfigError, match="no folder"):
        DecisionLog(tmp_path / "nowhere" / "d.csv")
    with pytest.raises(DatasetError, match="Cannot read decisions"):
        read_decisions(tmp_path / "d.csv")


def test_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="on one line"):
        decide(tmp_path / "d.csv", ("a\nb", "", None, Choice.CAT))


NAMES = st.one_of(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["Icon\r", 'a"b,c', "caf\udce9.jpg", " spaces ", "=1+1"]),
)


@given(names=st.lists(NAMES, unique=True, max_size=5), cut=st.integers(0, 1000))
def test_any_cut_of_a_log_keeps_every_whole_line(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], cut: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "d.csv"
    decide(path, *[(name, SHA_A, Label.CAT, Choice.NEITHER) for name in names])
    data = path.read_bytes() if names else b""
    assert list(parse_decisions(data, path)[0].decisions) == names
    cut_data = data[:cut]
    whole = max(0, cut_data.count(b"\n") - 1)
    kept = list(parse_decisions(cut_data, path)[0].decisions)
    assert kept[:whole] == names[:whole]
    assert len(kept) - whole in (0, 1)
