"""The same photo gets the same answer, whichever way it comes in."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from catordog import Classifier, Prediction


def run(*arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-m", "catordog", "predict", *arguments, "--model", "fast"]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return result.stdout


@pytest.fixture(scope="module")
def expected() -> dict[str, Prediction]:
    samples = Path(__file__).parents[2] / "samples"
    classifier = Classifier.load("fast")
    return {path.name: classifier.predict(path) for path in sorted(samples.glob("*.jpg"))}


def assert_same(rows: list[dict[str, object]], expected: dict[str, Prediction]) -> None:
    assert [Path(str(row["path"])).name for row in rows] == sorted(expected)
    for row in rows:
        one = expected[Path(str(row["path"])).name]
        assert (row["label"], int(str(row["width"]))) == (one.label, one.width)
        # Six decimals are written; a batch differs from a single photo in the last bits.
        assert float(str(row["p_dog"])) == pytest.approx(one.p_dog, abs=1e-5)


def test_command_on_a_folder_answers_as_the_library(
    samples: Path, expected: dict[str, Prediction]
) -> None:
    rows = list(csv.DictReader(io.StringIO(run(str(samples), cwd=samples))))
    assert_same(rows, expected)


@pytest.mark.parametrize("options", [("--workers", "1", "--batch-size", "1"), ("--workers", "3")])
def test_threads_and_batches_change_no_answer(
    samples: Path, expected: dict[str, Prediction], options: tuple[str, ...]
) -> None:
    lines = run(str(samples), "--json", *options, cwd=samples).splitlines()
    assert_same([json.loads(line) for line in lines], expected)


def test_command_on_a_zip_answers_as_the_library(
    samples: Path, expected: dict[str, Prediction], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in samples.glob("*.jpg"):
            archive.write(path, f"deep/{path.name}")
    run("photos.zip", "--out", "answers.csv", cwd=tmp_path)
    with (tmp_path / "answers.csv").open(newline="") as file:
        assert_same(list(csv.DictReader(file)), expected)
