from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from catordog.cli import app, stages
from catordog.cli.stages import stage_screen
from catordog.data import scan as scanning
from tests.conftest import draw_photo

FILES = {
    *("report.html", "photos.csv", "duplicates.csv", "suspects.csv", "leaks.csv"),
    *("counts.png", "cats.png", "dogs.png", "sizes.png", "aspect.png", "file_size.png"),
    *("brightness.png", "sharpness.png", "mean.png", "feature_map.png"),
}


def explore(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["explore", *map(str, arguments)])


def fast(data: str | Path, out: Path, *more: str | Path) -> Result:
    """Explores without a model, keeping nothing outside the test's folder."""
    return explore(data, "--out", out, "--model", "none", "--cache", out.parent / "cache", *more)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two drawn photos that nobody labelled."""
    folder = tmp_path / "photos"
    folder.mkdir()
    draw_photo("cat", 0).save(folder / "a.jpg")
    draw_photo("dog", 1).save(folder / "b.jpg")
    return folder


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory, tiny_zip: Path) -> tuple[Path, Result]:
    """What the shipped model says of 48 drawings; a folder with `report` and `cache`."""
    folder = tmp_path_factory.mktemp("explored")
    cache = folder / "cache"
    return folder, explore(tiny_zip, "--out", folder / "report", "--cache", cache)


def test_report_is_written_and_its_path_printed(explored: tuple[Path, Result]) -> None:
    folder, result = explored
    assert result.exit_code == 0
    assert result.stdout == f"{folder}/report/report.html\n"
    lines = result.stderr.splitlines()
    assert lines[:4] == [
        "comparing photos",
        "weighing labels",
        "writing the report",
        "48 photos, Kaggle 2013",
    ]
    assert len(lines) > 4
    assert all(line.startswith("- ") for line in lines[4:])
    assert set(contents(folder / "report")) == FILES
    photos = rows_of(folder / "report/photos.csv")
    assert [row["label"] for row in photos] == ["cat"] * 24 + ["dog"] * 24
    assert photos[0]["id"] == "train/cat.0.jpg"
    assert {row["width"] for row in photos} == {"64"}


def test_second_look_writes_the_same_files_and_looks_at_no_photo(
    explored: tuple[Path, Result],
    tiny_zip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, _ = explored
    monkeypatch.setattr("catordog.data.catalog.scan", lambda *_: pytest.fail("looked"))
    again = tmp_path / "again"
    result = explore(tiny_zip, "--out", again, "--cache", folder / "cache", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert contents(again) == contents(folder / "report")


def test_folder_that_is_not_empty_is_left_alone(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("mine")
    result = fast(photos, out)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("Name another with --out, or allow it with --overwrite.\n")
    assert contents(out) == {"report.html": b"mine"}
    (out / "notes.txt").write_text("mine too")
    assert fast(photos, out, "--overwrite").exit_code == 0
    assert (out / "notes.txt").read_text() == "mine too"
    assert contents(out)["report.html"].startswith(b"<!doctype html>")


def test_empty_folder_is_written_into(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert fast(photos, tmp_path / "out").exit_code == 0
    assert (tmp_path / "out/report.html").exists()


@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_file_is_no_folder_to_write_into(
    photos: Path, tmp_path: Path, overwrite: list[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    result = fast(photos, tmp_path / "out", *overwrite)
    said = "expected a new or empty folder, received a file. Name another with --out."
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("inside", ["out", "deep/er", "."])
def test_report_inside_the_data_set_would_be_taken_for_photos(photos: Path, inside: str) -> None:
    result = fast(photos, photos / inside, "--overwrite")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "expected a folder outside the data set" in result.stderr
    assert {path.name for path in photos.iterdir()} == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone"], 2, "Cannot find 'gone': expected a folder, zip, manifest or Parquet file"),
        (["empty"], 3, "known layouts (Kaggle 2013; Kaggle Redux; Microsoft PetImages; "),
        (["photos", "--against", "gone"], 2, "Cannot find 'gone'"),
        (["photos", "--model", "acurate"], 3, "Cannot read model 'acurate'"),
        (["photos", "--seed", "one"], 2, "Invalid value for '--seed'"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_written(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/notes.txt").write_text("no photo")
    result = explore(*arguments, "--out", "out", "--cache", "cache")
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "empty"}


def test_photos_without_labels_are_explored(photos: Path, tmp_path: Path) -> None:
    result = fast(photos, tmp_path / "out")
    assert result.exit_code == 0
    assert "2 photos, photos without labels\n" in result.stderr
    assert [row["label"] for row in rows_of(tmp_path / "out/photos.csv")] == ["", ""]


def test_one_photo_is_explored(photos: Path, tmp_path: Path) -> None:
    result = explore(photos / "a.jpg", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}/out/report.html\n")
    assert "1 photo, photos without labels\n" in result.stderr
    assert rows_of(tmp_path / "out/suspects.csv") == []


def test_photos_that_cannot_be_decoded_are_explored(tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    for name, data in (("1.jpg", b""), ("2.jpg", b"no photo"), ("3.jpg", b"no photo")):
        (folder / name).write_bytes(data)
    result = explore(folder, "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    assert result.exit_code == 0
    assert "- No photo can be decoded.\n" in result.stderr
    checks = [row["checks"] for row in rows_of(tmp_path / "out/photos.csv")]
    assert checks == ["empty", "unreadable", "unreadable"]


def test_zip_of_zips_is_explored_as_the_folder_is(tmp_path: Path) -> None:
    folder, inner = tmp_path / "folder", io.BytesIO()
    (folder / "train").mkdir(parents=True)
    with zipfile.ZipFile(inner, "w") as archive:
        for at, label in enumerate(("cat", "dog", "cat")):
            photo = folder / f"train/{label}.{at}.jpg"
            draw_photo(label, at).save(photo)
            archive.write(photo, f"train/{photo.name}")
    with zipfile.ZipFile(tmp_path / "dogs-vs-cats.zip", "w") as archive:
        archive.writestr("train.zip", inner.getvalue())
    for data, out in ((folder, "1"), (tmp_path / "dogs-vs-cats.zip", "2")):
        result = fast(data, tmp_path / out)
        assert result.exit_code == 0
        assert "3 photos, Kaggle 2013\n" in result.stderr
    one, two = (rows_of(tmp_path / out / "photos.csv") for out in "12")
    assert one[0].pop("location") != two[0].pop("location")
    assert one[0] == two[0]


def test_photos_that_are_in_another_data_set_are_listed(photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.write(photos / "b.jpg", "test1/7.jpg")
    result = fast(photos, tmp_path / "out", "--against", other)
    assert result.exit_code == 0
    (leak,) = rows_of(tmp_path / "out/leaks.csv")
    assert list(leak) == ["id", "split", "other_id", "other_split", "other_source", "kind"]
    assert [*leak.values()] == ["b.jpg", "", "test1/7.jpg", "test", str(other), "exact"]
    assert "- 1 photo is in the other data set, too.\n" in result.stderr


def test_without_a_model_none_is_loaded(photos: Path, tmp_path: Path) -> None:
    arguments = ["explore", str(photos), "--out", "out", "--model", "none", "--cache", "cache"]
    heavy = ["onnxruntime", "cleanlab", "keras", "tensorflow", "torch", "fastapi"]
    code = (
        f"import sys\nfrom catordog.cli import app\napp({arguments!r}, standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "out/report.html\n[]\n"
    assert "weighing labels" not in run.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not UTF-8")
def test_odd_names_are_explored_and_printed_as_they_are(photos: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"[b]\xff[i]")
    folder = photos.rename(tmp_path / odd)
    (folder / "a.jpg").rename(folder / f"{odd}.jpg")
    (folder / "b.jpg").write_bytes((folder / f"{odd}.jpg").read_bytes())
    run = subprocess.run(
        [sys.executable, "-m", "catordog", "explore", odd, "--out", f"out{odd}", "--cache", "c"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
    )
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
    assert run.stdout == os.fsencode(f"out{odd}/report.html\n")
    copies = rows_of(tmp_path / f"out{odd}" / "duplicates.csv")
    assert {row["id"] for row in copies} == {f"{odd}.jpg", "b.jpg"}


def test_interrupted_look_goes_on_where_it_was(
    tiny_zip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_once(*arguments: object) -> Iterator[scanning.ScannedPhoto]:
        for at, result in enumerate(scanning.scan(*arguments)):  # type: ignore[arg-type]
            if at == 20:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr("catordog.data.catalog.scan", stop_once)
    result = fast(tiny_zip, tmp_path / "out")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "interrupted\n"
    assert not (tmp_path / "out").exists()

    looked = []

    def count(*arguments: object) -> Iterator[scanning.ScannedPhoto]:
        for at, result in enumerate(scanning.scan(*arguments)):  # type: ignore[arg-type]
            looked.append(at)
            yield result

    monkeypatch.setattr("catordog.data.catalog.scan", count)
    assert fast(tiny_zip, tmp_path / "out").exit_code == 0
    assert len(looked) == 28


def test_screen_shows_lines_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    text = "[bold]cats[/] :cat: [/x] 12 " + "long " * 60
    with stage_screen(quiet=False) as screen:
        screen.stage("looking at photos", 2)(2)
        screen.say(text)
    assert capsys.readouterr().err == f"{text}\n"
    with stage_screen(quiet=True) as screen:
        screen.say(text)
    assert capsys.readouterr() == ("", "")


def test_terminal_gets_a_bar_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()

    def terminal(**_: object) -> Console:
        return Console(file=shown, force_terminal=True, width=80)

    monkeypatch.setattr(stages, "Console", terminal)
    with stage_screen(quiet=False) as screen:
        advance = screen.stage("looking at photos", 40)
        advance(3)
        advance(37)
        screen.stage("computing features", 7)(1)
    assert "looking at photos" in shown.getvalue()
    assert "40/40" in shown.getvalue()
    assert "1/7" in shown.getvalue()
