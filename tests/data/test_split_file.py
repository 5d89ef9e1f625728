from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catordog.data.split import Part, hash_data
from catordog.data.split_file import COLUMNS, SplitFile, read_split, write_split
from catordog.data.written_tables import write_csv
from catordog.errors import DatasetError, OutputError
from catordog.labels import Label

Line = tuple[str, str, Part, str, str]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def lines(*names: str) -> list[Line]:
    parts = [Part.TRAIN, Part.VALIDATION, Part.TEST]
    labels = [Label.CAT, Label.DOG]
    return [
        (name, labels[at % 2], parts[at % 3], digest(name), digest(name))
        for at, name in enumerate(names)
    ]


@pytest.fixture
def four(tmp_path: Path) -> SplitFile:
    return write_split(tmp_path / "split.csv", lines("d.jpg", "c.jpg", "b.jpg", "a.jpg"))


def test_file_is_one_line_a_photo_by_name(four: SplitFile) -> None:
    with four.path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS == ("id", "label", "split", "group", "sha256")
    assert [row["id"] for row in rows] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert list(rows[3].values()) == ["d.jpg", "cat", "train", digest("d.jpg"), digest("d.jpg")]
    assert four.path.read_bytes().count(b"\n") == 5
    assert b"\r" not in four.path.read_bytes()


def test_what_is_written_is_read(four: SplitFile) -> None:
    assert read_split(four.path) == four
    assert four.rows == {
        "d.jpg": ("cat", Part.TRAIN, digest("d.jpg")),
        "c.jpg": ("dog", Part.VALIDATION, digest("c.jpg")),
        "b.jpg": ("cat", Part.TEST, digest("b.jpg")),
        "a.jpg": ("dog", Part.TRAIN, digest("a.jpg")),
    }


NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["Icon\r", "a\nb", 'a"b,c', "caf\udce9.jpg", " spaces ", "=1+1", "#", "\r\n"]),
)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, unique=True, max_size=6))
def test_any_name_comes_back(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "split.csv"
    written = write_split(path, lines(*names))
    assert read_split(path) == written
    assert list(written.rows) == sorted(names)
    sha256s = [digest(name) for name in names]
    assert written.parts_of(names, sha256s) == [line[2] for line in lines(*names)]


def test_parts_come_in_the_order_asked(four: SplitFile) -> None:
    names = ["b.jpg", "d.jpg", "a.jpg", "c.jpg"]
    parts = four.parts_of(names, [digest(name) for name in names])
    assert parts == [Part.TEST, Part.TRAIN, Part.TRAIN, Part.VALIDATION]


def test_other_photos_are_refused_with_counts(four: SplitFile) -> None:
    names = ["a.jpg", "b.jpg", "x.jpg", "y.jpg", "z.jpg"]  # and neither c nor d
    sha256s = [digest(name) for name in names]
    sha256s[1] = digest("other")
    with pytest.raises(
        DatasetError,
        match=r"^Cannot use split '.*split\.csv': expected the photos it was made of, received "
        r"3 new, 2 missing and 1 changed ones, such as 'x\.jpg', 'y\.jpg', 'z\.jpg'\. "
        r"Make it anew with: catordog split DATA --out split\.csv$",
    ):
        four.parts_of(names, sha256s)


@pytest.mark.parametrize(
    ("names", "other", "words"),
    [
        ("abcde", "", r"1 new, 0 missing and 0 changed ones, such as 'e'"),
        ("abc", "", r"0 new, 1 missing and 0 changed ones, such as 'd'"),
        ("abcd", "b", r"0 new, 0 missing and 1 changed ones, such as 'b'"),
        ("", "", r"0 new, 4 missing and 0 changed ones"),
    ],
)
def test_one_difference_is_enough(names: str, other: str, words: str, tmp_path: Path) -> None:
    split = write_split(tmp_path / "split.csv", lines(*"abcd"))
    with pytest.raises(DatasetError, match=words):
        split.parts_of(names, [digest(name * (1 + (name == other))) for name in names])


def test_photos_a_person_left_out_may_be_missing(four: SplitFile) -> None:
    names = ["a.jpg", "c.jpg"]
    sha256s = [digest(name) for name in names]
    parts = four.parts_of(names, sha256s, left_out=["b.jpg", "d.jpg", "never heard of.jpg"])
    assert parts == [Part.TRAIN, Part.VALIDATION]
    with pytest.raises(DatasetError, match=r"0 new, 1 missing and 0 changed ones, such as 'b"):
        four.parts_of(names, sha256s, left_out=["d.jpg"])


def test_renamed_photos_are_new_and_missing(four: SplitFile) -> None:
    names = ["a.jpg", "b.jpg", "c.jpg", "renamed.jpg"]
    sha256s = [digest(name) for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")]
    with pytest.raises(DatasetError, match="1 new, 1 missing and 0 changed"):
        four.parts_of(names, sha256s)


def test_data_is_named_as_everywhere(four: SplitFile) -> None:
    names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    labels = ["dog", "cat", "dog", "cat"]
    assert four.data_sha256 == hash_data([digest(name) for name in names], labels)


def test_file_saved_by_a_spreadsheet_is_read(four: SplitFile) -> None:
    data = four.path.read_bytes().replace(b"\n", b"\r\n")
    four.path.write_bytes(b"\xef\xbb\xbf" + data)
    assert read_split(four.path) == four


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no column 'id'"),
        (b"id,label,part,sha256\na,cat,train,0\n", "no column 'split'"),
        (b"id,label,split,group,sha256\na,cat,holdout,0,0\n", "'holdout' is not a valid Part"),
        (b"id,label,split,group,sha256\na,cat\n", "not a valid Part"),
        (b"id,label,split,group,sha256\na,cat,val,0,0\na,cat,test,0,0\n", "'a' stands twice"),
        (b"PK\x03\x04\x00\xff\n", "no column 'id'"),
    ],
)
def test_file_of_another_kind_is_refused(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(data)
    with pytest.raises(
        DatasetError,
        match=rf"^Cannot read split '.*split\.csv': expected a CSV file with columns id, label, "
        rf"split, group, sha256, received .*{words}.*\. Make one with: catordog split DATA",
    ):
        read_split(path)


def test_missing_file_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"No such file.*Make one with: catordog split"):
        read_split(tmp_path / "none.csv")
    with pytest.raises(DatasetError, match=r"Is a directory.*Make one with: catordog split"):
        read_split(tmp_path)


def test_where_no_file_can_be_the_split_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for path in (tmp_path, tmp_path / "file" / "split.csv"):
        with pytest.raises(OutputError, match=r"^Cannot write '.*Name another place\.$"):
            write_split(path, lines("a"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_failing_rows_leave_the_old_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_csv(path, ["a", "b"], [[1, None], ["x,y", 2.5]])
    assert path.read_bytes() == b'a,b\n1,\n"x,y",2.5\n'

    def rows():  # type: ignore[no-untyped-def]
        yield [1, 2]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_csv(path, ["a", "b"], rows())
    assert path.read_bytes() == b'a,b\n1,\n"x,y",2.5\n'
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
