from __future__ import annotations

import importlib.util
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from catordog.errors import ConfigError, MissingExtraError
from catordog.labels import Label
from catordog.records import Failure, Prediction
from catordog.scoring.rows import check_format, read_rows, to_row, write_rows

ROWS = [
    to_row("a.jpg", Prediction(Label.CAT, 0.99999912, 0.00000088, 640, 480)),
    to_row("b, c.jpg", Failure('it is "bad"', "ImageDecodeError")),
    to_row("d.jpg", Prediction(Label.DOG, 0.25, 0.75, 3, 2, "cut short")),
    to_row("e.jpg", Prediction(Label.BOTH, 0.9, 0.8, 3, 2)),
]


def test_csv_is_exactly_this() -> None:
    write_rows(ROWS, Path("a.csv"), Path("a.csv.partial-rows"))
    assert Path("a.csv").read_bytes() == (
        b"path,label,p_cat,p_dog,width,height,error\n"
        b"a.jpg,cat,0.999999,0.000001,640,480,\n"
        b'"b, c.jpg",,,,,,"it is ""bad"""\n'
        b"d.jpg,dog,0.250000,0.750000,3,2,cut short\n"
        b"e.jpg,both,0.900000,0.800000,3,2,\n"
    )


def test_json_lines_are_exactly_this() -> None:
    write_rows(ROWS[1:3], Path("a.jsonl"), Path("a.jsonl.partial-rows"))
    assert Path("a.jsonl").read_text() == (
        '{"path": "b, c.jpg", "label": null, "p_cat": null, "p_dog": null, "width": null, '
        '"height": null, "error": "it is \\"bad\\""}\n'
        '{"path": "d.jpg", "label": "dog", "p_cat": 0.25, "p_dog": 0.75, "width": 3, "height": 2, '
        '"error": "cut short"}\n'
    )


def test_parquet_has_types_and_nulls() -> None:
    write_rows(ROWS, Path("a.parquet"), Path("a.parquet.partial-rows"))
    table = pq.read_table("a.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        *("string", "string", "double", "double", "int32", "int32", "string")
    ]
    assert table.to_pylist() == [row._asdict() for row in ROWS]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".CSV"])
def test_rows_are_read_back_as_written(suffix: str) -> None:
    out = Path(f"a{suffix}")
    write_rows(ROWS, out, Path("unfinished"))
    assert list(read_rows(out)) == ROWS
    assert not Path("unfinished").exists()


def test_table_is_as_before_if_writing_fails() -> None:
    out = Path("a.csv")
    write_rows(ROWS, out, Path("unfinished"))
    before = out.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_rows((row for row in (*ROWS, 1 / 0)), out, Path("unfinished"))
    assert (out.read_bytes(), Path("unfinished").exists()) == (before, False)


@pytest.mark.parametrize("name", ["a.txt", "a", "a.csv.gz"])
def test_other_suffix_is_refused_naming_the_three(name: str) -> None:
    with pytest.raises(ConfigError, match=r"\.csv, \.jsonl or \.parquet"):
        check_format(Path(name))


def test_folder_must_exist_and_not_be_the_file() -> None:
    Path("d.csv").mkdir()
    with pytest.raises(ConfigError, match="no folder 'gone'"):
        check_format(Path("gone/a.csv"))
    with pytest.raises(ConfigError, match="received a folder"):
        check_format(Path("d.csv"))


def test_parquet_without_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"catordog\[parquet\]"):
        check_format(Path("a.parquet"))
    check_format(Path("a.csv"))
