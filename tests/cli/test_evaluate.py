from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from catordog.cli import app
from tests.conftest import draw_photo


def evaluate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def fast(data: str | Path, out: Path, *more: str | Path) -> Result:
    """Evaluates the small model, keeping nothing outside the test's folder."""
    return evaluate(data, "--out", out, "--model", "fast", "--cache", out.parent / "cache", *more)


def test_report_is_written_and_its_path_printed(tiny_zip: Path, tmp_path: Path) -> None:
    result = fast(tiny_zip, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path}/out/report.html\n"
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("labels as given"))
    assert "of 48 wrong" in line
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("report.html", "metrics.json", "answers.csv"),
    }


def test_quiet_run_prints_nothing(tiny_zip: Path, tmp_path: Path) -> None:
    result = fast(tiny_zip, tmp_path / "out", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_unknown_part_is_refused(tiny_zip: Path, tmp_path: Path) -> None:
    result = fast(tiny_zip, tmp_path / "out", "--part", "all")
    assert result.exit_code == 2
    assert "expected train, val or test" in result.stderr


@pytest.fixture
def two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands a model that is always right in for `accurate`, and a wrong one in for `fast`."""
    from catordog.inference.classifier import Classifier
    from catordog.records import Prediction

    answers = Classifier.predict_many

    def predict_many(self: Classifier, photos: object, **options: int) -> object:
        opened = list(photos)  # type: ignore[call-overload]
        for photo, answer in zip(opened, answers(self, opened, **options), strict=True):
            assert isinstance(answer, Prediction)
            is_dog = ("dog" in photo.photo.path.rpartition("/")[2]) == (self.name == "accurate")
            p_dog = 0.9 if is_dog else 0.1
            label = type(answer.label)("dog" if is_dog else "cat")
            yield Prediction(label=label, p_cat=1 - p_dog, p_dog=p_dog, width=9, height=9)

    monkeypatch.setattr(Classifier, "predict_many", predict_many)


@pytest.mark.parametrize(("points", "code"), [("0", 4), ("99", 4), ("100", 0)])
@pytest.mark.usefixtures("two_models")
def test_worse_model_ends_with_a_code_of_its_own(
    tiny_zip: Path, tmp_path: Path, points: str, code: int
) -> None:
    more = ("--compare", "accurate", "--fail-if-worse", points)
    result = fast(tiny_zip, tmp_path / "out", *more)
    assert result.exit_code == code, result.output
    assert "100.00 points better than this model (cat or dog), more than chance" in result.stderr
    assert ("worse than accurate at: cat or dog" in result.stderr) == (code == 4)
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.usefixtures("two_models")
def test_better_model_ends_well(tiny_zip: Path, tmp_path: Path) -> None:
    arguments = ("--out", tmp_path / "out", "--cache", tmp_path / "cache", "--model", "accurate")
    result = evaluate(tiny_zip, *arguments, "--compare", "fast", "--fail-if-worse", "0")
    assert result.exit_code == 0
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert written["raw"]["comparison"]["accuracy_gap"] == -100.0
    assert written["compared_with"]["name"] == "fast"


def test_points_without_another_model_are_refused(tiny_zip: Path, tmp_path: Path) -> None:
    result = fast(tiny_zip, tmp_path / "out", "--fail-if-worse", "1")
    assert result.exit_code == 2
    assert "Name one with --compare" in result.stderr


def test_spoiled_photos_are_answered_if_asked_for(tiny_zip: Path, tmp_path: Path) -> None:
    result = fast(tiny_zip, tmp_path / "out", "--corruptions", "--corruption-photos", "3")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert {row["photos"] for row in written["raw"]["corruptions"]} == {3}


def test_kaggles_file_is_written_from_a_zip_of_both(tiny_zip: Path, tmp_path: Path) -> None:
    whole = tmp_path / "dogs-vs-cats.zip"
    with zipfile.ZipFile(tiny_zip) as train, zipfile.ZipFile(whole, "w") as archive:
        for name in train.namelist():
            archive.writestr(name, train.read(name))
        for number in (10, 9, 1):
            draw_photo("dog", 5000 + number).save(tmp_path / "photo.jpg")
            archive.write(tmp_path / "photo.jpg", f"test1/{number}.jpg")
    target = tmp_path / "kaggle.csv"
    result = fast(whole, tmp_path / "out", "--kaggle", target, "--kaggle-clip", "0.4")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1] == str(target)
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "9", "10"]
    assert all(0.4 <= float(row["label"]) <= 0.6 for row in rows)


@pytest.mark.skipif(os.name != "posix", reason="names need not be UTF-8 only there")
def test_names_that_are_not_utf8_get_a_report(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for seed in range(3):
            name = os.fsdecode(b"\xff<b>" + str(seed).encode() + b".jpg")
            draw_photo(label, seed + 10 * (label == "dog")).save(folder / "a.jpg")
            (folder / "a.jpg").rename(folder / name)
    code = "from catordog.cli import main; main()"
    arguments = ("evaluate", "photos", "--out", "out", "--model", "fast", "--cache", "cache")
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "\\udcff&lt;b&gt;" in (tmp_path / "out" / "report.html").read_text()


def test_strangers_may_be_named_several_times(tiny_zip: Path, tmp_path: Path) -> None:
    for name in ("cups", "both"):
        (tmp_path / name).mkdir()
        draw_photo("cat", 1).save(tmp_path / name / "1.jpg")
    more = ("--strangers", tmp_path / "cups", "--strangers", tmp_path / "both")
    result = fast(tiny_zip, tmp_path / "out", *more)
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())
    found = [(one["label"], one["group"], one["photos"]) for one in written["raw"]["strangers"]]
    assert found == [("neither", "cups", 1), ("both", "both", 1)]
    assert "Of 1 photo labelled neither" in result.stderr


def test_photos_without_a_right_answer_are_told(tiny_zip: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("cat.0\ncat.1.jpg\n")
    result = fast(tiny_zip, tmp_path / "out", "--no-right-answer", tmp_path / "list.txt")
    assert result.exit_code == 0, result.output
    assert "cleaned labels, cat or dog:" in result.stderr
    assert "Cleaning leaves out 2 photos" in result.stderr
