from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice
from catordog.data.labelled import load_labelled_photos
from catordog.data.split import Part
from catordog.data.split_file import write_split
from catordog.errors import BundleError, ConfigError, DatasetError
from catordog.evaluation.outcome import TITLES
from catordog.evaluation.run import EvaluationConfig, evaluate
from catordog.inference.classifier import Classifier
from catordog.progress import SilentScreen
from tests.conftest import draw_photo


def read_answers(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "answers.csv").open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def pets_in(folder: Path) -> list[str]:
    rows = read_answers(folder).items()
    return [name for name, row in rows if row["label"] in ("cat", "dog")]


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
    metrics = evaluate(config, SilentScreen()).metrics
    assert set(metrics) == {"raw"}
    assert (metrics["raw"].photos, metrics["raw"].errors) == (3, 1)
    answers = read_answers(config.out)
    assert {name: (row["label"], row["answer"]) for name, row in answers.items()} == {
        "cat/chelsea.jpg": ("cat", "cat"),
        "cat/wrong.jpg": ("cat", answers["cat/wrong.jpg"]["answer"]),
        "neither/coffee.jpg": ("neither", answers["neither/coffee.jpg"]["answer"]),
        "dog/broken.jpg": ("dog", ""),
        "dog/dog.jpg": ("dog", "dog"),
    }
    assert "an HTML page" in answers["dog/broken.jpg"]["error"]
    written = json.loads((config.out / "metrics.json").read_text())
    assert (written["failed"], written["part"], written["model"]) == (1, "all", "fast")
    assert written["raw"]["accuracy"] == pytest.approx(2 / 3)
    assert written["raw"]["bootstrap"]["resamples"] == 1000
    assert written["raw"]["classes"]["cat"]["recall"] == pytest.approx(1 / 2)
    (other,) = written["raw"]["strangers"]
    assert (other["group"], other["label"], other["photos"]) == ("neither", "neither", 1)
    assert written["model_size_bytes"] > 1_000_000
    assert written["photos_per_s"] > 0
    assert (written["second_look"], written["stranger_sets"], written["cleaning"]) == (
        *("auto", [], None),
    )
    assert written["raw"]["verdicts"]["photos"] == 4
    assert written["raw"]["questions"]["cat"]["contain"] == 2
    assert written["raw"]["challenge"] == []  # three photos make no challenge of twelve
    assert "<title>fast on photos</title>" in (config.out / "report.html").read_text()


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
    metrics = evaluate(replace(config, decisions=tmp_path / "decisions.csv"), screen).metrics
    assert (metrics["raw"].errors, metrics["cleaned"].errors) == (1, 0)
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
    metrics = evaluate(replace(config, split=split), SilentScreen()).metrics
    assert metrics["raw"].photos == 1
    assert pets_in(config.out) == ["cat/chelsea.jpg"]
    evaluate(replace(config, split=split, part=Part.VALIDATION), SilentScreen())
    assert pets_in(config.out) == ["dog/dog.jpg"]


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


def test_part_of_one_class_alone_is_measured_without_auc(
    config: EvaluationConfig, tmp_path: Path
) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    split = tmp_path / "split.csv"
    write_split(
        split,
        (
            (p.example.id, p.label, Part.TEST if p.label == "cat" else Part.TRAIN, p.key, p.sha256)
            for p in photos
        ),
    )
    outcome = evaluate(replace(config, split=split), SilentScreen())
    assert outcome.metrics["raw"].photos == 2
    written = json.loads((config.out / "metrics.json").read_text())
    assert (written["raw"]["auc"], written["raw"]["classes"]["dog"]["recall"]) == (None, None)
    assert "There is no curve" in (config.out / "report.html").read_text()


@pytest.mark.parametrize("label", ["cat", "dog"])
def test_data_without_one_of_the_classes_is_refused(
    config: EvaluationConfig, photos: Path, label: str
) -> None:
    shutil.rmtree(photos / label)
    with pytest.raises(DatasetError, match=f"0 {label}"):
        evaluate(config, SilentScreen())


def test_both_sets_of_labels_stand_side_by_side(config: EvaluationConfig, tmp_path: Path) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    log = DecisionLog(tmp_path / "decisions.csv")
    for photo in photos:
        if photo.example.id == "cat/wrong.jpg":
            log.append(photo.example.id, photo.sha256, photo.label, Choice.NEITHER)
    evaluate(
        replace(config, decisions=tmp_path / "decisions.csv", compare="fast", corruptions=2),
        SilentScreen(),
    )
    written = json.loads((config.out / "metrics.json").read_text())
    assert set(written["raw"]) == set(written["cleaned"])
    assert [
        sum(one["photos"] for one in written[name]["strangers"] if not one["is_total"])
        for name in TITLES
    ] == [1, 2]
    assert written["cleaned"]["comparison"]["p"] == 1.0
    assert written["cleaning"] == {"left_out": 1, "left_out_wrong": 1, "relabelled": 0}
    assert len(written["raw"]["corruptions"]) == 31
    page = (config.out / "report.html").read_text()
    for title in TITLES.values():
        assert f"<h3>Accuracy, {title}</h3>" in page
        # cat or dog, matrix, thresholds, questions, neither, spoiled photos, comparison
        assert page.count(f"<caption>{title}</caption>") == 7


def test_same_model_is_not_worse_than_itself(config: EvaluationConfig) -> None:
    outcome = evaluate(replace(config, compare="fast", fail_if_worse=0.0), SilentScreen())
    assert outcome.regressions == []
    assert outcome.other is not None
    assert outcome.other.sha256 == outcome.model.sha256


def test_points_without_another_model_are_refused(config: EvaluationConfig) -> None:
    with pytest.raises(ConfigError, match="--compare"):
        evaluate(replace(config, fail_if_worse=0.5), SilentScreen())


def test_kaggles_photos_are_answered_in_numeric_order(config: EvaluationConfig) -> None:
    folder = Path(config.data) / "test1"
    folder.mkdir()
    for number in (10, 2, 1):
        draw_photo("cat", number).save(folder / f"{number}.jpg")
    target = config.out / "kaggle.csv"
    evaluate(replace(config, kaggle=target), SilentScreen())
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "2", "10"]
    assert all(0.005 <= float(row["label"]) <= 0.995 for row in rows)


def test_data_without_kaggles_photos_fails_before_any_is_answered(
    config: EvaluationConfig,
) -> None:
    with pytest.raises(DatasetError, match="test1"):
        evaluate(replace(config, kaggle=config.out / "kaggle.csv"), SilentScreen())
    assert not config.out.exists()


def test_photo_of_another_part_is_no_stranger_once_decided(
    config: EvaluationConfig, tmp_path: Path
) -> None:
    photos = load_labelled_photos(config.data, SilentScreen(), cache=None)
    split, log = tmp_path / "split.csv", DecisionLog(tmp_path / "decisions.csv")
    lines = []
    for photo in photos:
        is_wrong = photo.example.id == "cat/wrong.jpg"
        part = Part.TRAIN if is_wrong else Part.TEST
        lines.append((photo.example.id, photo.label, part, photo.key, photo.sha256))
        if is_wrong:
            log.append(photo.example.id, photo.sha256, photo.label, Choice.NEITHER)
    write_split(split, lines)
    decisions = tmp_path / "decisions.csv"
    outcome = evaluate(replace(config, split=split, decisions=decisions), SilentScreen())
    for reading in outcome.readings.values():
        assert [(one.group, one.photos) for one in reading.strangers] == [("neither", 1)]
    assert "cat/wrong.jpg" not in read_answers(config.out)


def test_photos_are_not_compared_where_none_is_dealt_out(
    config: EvaluationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(*args: object, **kwargs: object) -> None:
        raise AssertionError("photos were compared")

    monkeypatch.setattr("catordog.data.labelled.find_duplicate_groups", compare)
    assert evaluate(config, SilentScreen()).metrics["raw"].photos == 3


@pytest.fixture
def strangers(tmp_path: Path, samples: Path) -> Path:
    """Photos of neither in two folders, one of both, and a cat that strayed in."""
    folder = tmp_path / "odd"
    for place, source in (
        ("birds/eagle.jpg", "eagle.jpg"),
        ("horses/horses.jpg", "horses.jpg"),
        ("both/both.jpg", "both.jpg"),
        ("cat/chelsea.jpg", "chelsea.jpg"),
    ):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes((samples / source).read_bytes())
    return folder


def test_strangers_of_another_folder_are_measured_beside_the_data(
    config: EvaluationConfig, strangers: Path
) -> None:
    said: list[str] = []
    screen = SilentScreen()
    screen.say = said.append  # type: ignore[method-assign]
    alone = evaluate(config, SilentScreen())
    outcome = evaluate(replace(config, strangers=[str(strangers)]), screen)
    assert outcome.metrics["raw"] == alone.metrics["raw"]
    assert outcome.data_sha256 == alone.data_sha256
    found = [(one.label, one.group, one.photos) for one in outcome.last.strangers]
    assert found == [
        ("neither", "neither", 1),
        ("neither", "odd/birds", 1),
        ("neither", "odd/horses", 1),
        ("neither", "", 3),
        ("both", "odd/both", 1),
    ]
    assert f"{strangers}: left out 1 photo of cats and dogs" in said
    answers = read_answers(config.out)
    assert answers["odd/birds/eagle.jpg"]["label"] == "neither"
    assert answers["odd/both/both.jpg"]["label"] == "both"
    (one,) = json.loads((config.out / "metrics.json").read_text())["stranger_sets"]
    assert (one["path"], one["photos"], len(one["sha256"])) == (str(strangers), 3, 64)
    assert "odd/<wbr>birds/<wbr>eagle.jpg" in (config.out / "report.html").read_text()


def test_folder_that_is_named_for_a_label_gives_it(
    config: EvaluationConfig, strangers: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "more" / "both"
    shutil.copytree(strangers / "both", pairs)
    outcome = evaluate(replace(config, strangers=[str(pairs), str(pairs)]), SilentScreen())
    groups = [one.group for one in outcome.last.strangers if one.label == "both"]
    assert groups == ["both", "both-2", ""]  # named twice, counted twice, under names of their own


def test_strangers_that_are_all_pets_are_refused(config: EvaluationConfig) -> None:
    (Path(config.data).parent / "pets").mkdir()
    draw_photo("cat", 2).save(Path(config.data).parent / "pets" / "cat.2.jpg")
    with pytest.raises(DatasetError, match="Cannot measure on strangers"):
        evaluate(replace(config, strangers=[f"{config.data}/../pets"]), SilentScreen())


@pytest.mark.parametrize(
    "listed", ["cat/wrong.jpg\n", "wrong\nabsent.jpg\n", "x,id\n1,wrong.jpg\n"]
)
def test_photos_without_a_right_answer_are_measured_with_and_without(
    config: EvaluationConfig, tmp_path: Path, listed: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(listed)
    outcome = evaluate(replace(config, no_right_answer=path), SilentScreen())
    photos = {name: metrics.photos for name, metrics in outcome.metrics.items()}
    assert photos == {"raw": 3, "cleaned": 2}
    assert read_answers(config.out)["cat/wrong.jpg"]["label"] == ""
    page = (config.out / "report.html").read_text()
    assert "Cleaning leaves out 1 photo that has no right answer (1 of 1 mistake" in page


@pytest.mark.parametrize(
    ("listed", "message"),
    [(None, "Cannot read the list"), ("\n", "received none"), ("a.jpg\n", "none is in the data")],
)
def test_list_of_other_photos_is_refused(
    config: EvaluationConfig, tmp_path: Path, listed: str | None, message: str
) -> None:
    path = tmp_path / "list.txt"
    if listed is not None:
        path.write_text(listed)
    with pytest.raises(DatasetError, match=message):
        evaluate(replace(config, no_right_answer=path), SilentScreen())


def test_second_look_is_asked_of_both_models(
    config: EvaluationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    load = Classifier.load

    def load_and_note(model: str, *, second_look: str) -> Classifier:
        asked.append((model, second_look))
        return load(model)

    monkeypatch.setattr(Classifier, "load", load_and_note)
    outcome = evaluate(replace(config, second_look="always", compare="fast"), SilentScreen())
    assert asked == [("fast", "always"), ("fast", "always")]
    assert outcome.as_json()["second_look"] == "always"


def test_every_figure_is_documented(
    config: EvaluationConfig, strangers: Path, tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("wrong.jpg\n")
    for number in range(6):
        for label in ("cat", "dog"):
            drawn = Path(config.data) / label / f"drawn{number}.jpg"
            draw_photo(label, number).save(drawn)
    config = replace(config, no_right_answer=path, strangers=[str(strangers)])
    evaluate(replace(config, compare="fast", corruptions=1), SilentScreen())
    written = json.loads((config.out / "metrics.json").read_text())
    guide = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    named = set(re.findall(r"`([a-z0-9_]+)`", guide))
    assert keys_of(written) - named == set()


def keys_of(value: object) -> set[str]:
    """Returns every key within, but the ends of intervals, which are named for their figure."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if not key.endswith(("_low", "_high"))}
    return own.union(*map(keys_of, value.values()))
