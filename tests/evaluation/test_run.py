from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import draw_photo

from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice
from catordog.data.labelled import load_labelled_photos
from catordog.data.split import Part
from catordog.data.split_file import write_split
from catordog.errors import BundleError, DatasetError
from catordog.evaluation.run import EvaluationConfig, evaluate
from catordog.progress import SilentScreen


def read_answers(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "answers.csv").open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def photos(tmp_path: Path, samples: Path) -> Path:
    """Two photos the model knows, two it cannot: labelled rightly but for one."""
    folder = tmp_path / "photos"
    for label, name, source in (
        ("cat", "chelsea.jpg", "chelsea.jpg"),
        ("dog", "dog.jpg", "dog.jpg"),
        ("cat", "wrong.jpg", "dog_person_horse.jpg"),
        ("neither", "coffee.jpg", "coffee.jpg"),
    ):
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / name).write_bytes((samples / source).read_bytes())
    (folder / "dog" / "broken.jpg").write_bytes(b"<html>not here</html>")
    return folder


@pytest.fixture
def config(photos: Path, tmp_path: Path) -> EvaluationConfig:
    return EvaluationConfig(
        data=str(photos), out=tmp_path / "out", model="fast", cache=tmp_path / "cache"
    )


def test_answers_are_measured_and_kept(config: EvaluationConfig) -> None:
    metrics = evaluate(config, SilentScreen())
    assert set(metrics) == {"raw"}
    assert (metrics["raw"].photos, metrics["raw"].errors) == (3, 1)
    answers = read_answers(config.out)
    assert {name: (row["label"], row["answer"]) for name, row in answers.items()} == {
        "cat/chelsea.jpg": ("cat", "cat"),
        "cat/wrong.jpg": ("cat", "dog"),
        "dog/broken.jpg": ("dog", ""),
        "dog/dog.jpg": ("dog", "dog"),
    }
    assert "an HTML page" in answers["dog/broken.jpg"]["error"]
    written = json.loads((config.out / "metrics.json").read_text())
    assert (written["failed"], written["part"], written["model"]) == (1, "all", "fast")
    assert written["raw"]["accuracy"] == pytest.approx(2 / 3)


def test_decisions_are_measured_beside_the_labels_as_given(
    config: EvaluationConfig, tmp_path: Path
) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    log = DecisionLog(tmp_path / "decisions.csv")
    for photo in photos:
        if photo.example.id == "cat/wrong.jpg":
            log.append(photo.example.id, photo.sha256, photo.label, Choice.DOG)
    said: list[str] = []
    screen = SilentScreen()
    screen.say = said.append  # type: ignore[method-assign]
    metrics = evaluate(replace(config, decisions=tmp_path / "decisions.csv"), screen)
    assert (metrics["raw"].errors, metrics["decided"].errors) == (1, 0)
    assert any("1 label changed, 0 photos dropped" in line for line in said)
    assert read_answers(config.out)["cat/wrong.jpg"]["label"] == "dog"


def test_only_the_named_part_of_a_split_is_measured(
    config: EvaluationConfig, tmp_path: Path
) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    parts = {"cat/chelsea.jpg": Part.TEST, "dog/dog.jpg": Part.VALIDATION}
    split = tmp_path / "split.csv"
    write_split(
        split,
        (
            (p.example.id, p.label, parts.get(p.example.id, Part.TRAIN), p.key, p.sha256)
            for p in photos
        ),
    )
    metrics = evaluate(replace(config, split=split), SilentScreen())
    assert (metrics["raw"].photos, list(read_answers(config.out))) == (1, ["cat/chelsea.jpg"])
    evaluate(replace(config, split=split, part=Part.VALIDATION), SilentScreen())
    assert list(read_answers(config.out)) == ["dog/dog.jpg"]


def test_split_of_other_photos_is_refused(config: EvaluationConfig, tmp_path: Path) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    split = tmp_path / "split.csv"
    write_split(split, ((p.example.id, p.label, Part.TEST, p.key, p.sha256) for p in photos))
    changed = Path(config.data) / "dog" / "dog.jpg"
    draw_photo("dog", 1).save(changed, quality=90)
    with pytest.raises(DatasetError, match="1 changed"):
        evaluate(replace(config, split=split), SilentScreen())
    assert not config.out.exists()


def test_photos_that_cannot_be_answered_leave_nothing_to_measure(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        (tmp_path / "photos" / label / "a.jpg").write_bytes(f"no {label}".encode())
    config = EvaluationConfig(str(tmp_path / "photos"), tmp_path / "out", "fast", cache=None)
    with pytest.raises(DatasetError, match="none can be decoded"):
        evaluate(config, SilentScreen())


def test_missing_model_is_told_before_any_photo_is_read(config: EvaluationConfig) -> None:
    with pytest.raises(BundleError, match="no_such"):
        evaluate(replace(config, model="no_such.onnx", data="no_such_photos"), SilentScreen())
