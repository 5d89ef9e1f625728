from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catordog import Classifier, Prediction
from catordog.data.photos import PhotoReader
from catordog.data.sources import open_source
from catordog.errors import ConfigError
from catordog.training.run import TrainConfig, train
from tests.training.conftest import SilentScreen


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_run_folder_holds_all_that_explains_it(tiny_run: Path) -> None:
    names = {path.name for path in tiny_run.iterdir()}
    assert names == {
        "model.onnx",
        "model.keras",
        "split.csv",
        "left_out.csv",
        "history.csv",
        "history.png",
        "config.json",
        "metrics.json",
    }
    rows = read_csv(tiny_run / "split.csv")
    assert len(rows) == 48
    assert {row["split"] for row in rows} == {"train", "val", "test"}
    assert rows[0]["id"] == "train/cat.0.jpg"
    history = read_csv(tiny_run / "history.csv")
    assert [row["stage"] for row in history] == ["head"] * 5 + ["fine-tune", "averaged"]
    config = json.loads((tiny_run / "config.json").read_text())
    assert config["seed"] == "0"
    assert "keras" in config["packages"]


def test_trained_file_learned_and_says_what_it_is(tiny_run: Path, tiny_zip: Path) -> None:
    classifier = Classifier.load(tiny_run / "model.onnx")
    assert classifier.name == "tiny"
    assert classifier.bundle.metadata.training["photos"] == 24
    assert classifier.bundle.metadata.preprocess.size_px == 256  # fine-tuned: larger than 224
    items = open_source(str(tiny_zip)).examples
    with PhotoReader() as reader:
        answers = list(classifier.predict_many(reader.open(item.photo) for item in items))
    right = [
        isinstance(answer, Prediction) and answer.label is item.label
        for answer, item in zip(answers, items, strict=True)
    ]
    assert np.mean(right) > 0.9


def test_same_seed_gives_the_same_split_and_the_same_head(
    tiny_run: Path, tiny_zip: Path, tmp_path: Path, samples: Path
) -> None:
    predictions, parts = [], []
    for name in ("one", "two"):
        renamed = tmp_path / f"{name}.zip"
        renamed.write_bytes(tiny_zip.read_bytes())
        config = TrainConfig(
            data=str(renamed),
            out=tmp_path / name,
            backbone="lite0",
            val=0.25,
            test=0.25,
            cache=tiny_run.parent / "cache",
        )
        screen = SilentScreen()
        train(config, screen)
        assert screen.done == 48  # looked at; the features were found in the cache
        rows = read_csv(tmp_path / name / "split.csv")
        parts.append({row["id"]: row["split"] for row in rows})
        classifier = Classifier.load(tmp_path / name / "model.onnx")
        assert classifier.bundle.metadata.preprocess.size_px == 224
        predictions.append(classifier.predict(samples / "dog.jpg"))
    assert parts[0] == parts[1]
    assert predictions[0] == predictions[1]


def test_existing_run_is_kept_unless_told_otherwise(tiny_run: Path, tiny_zip: Path) -> None:
    config = TrainConfig(data=str(tiny_zip), out=tiny_run)
    with pytest.raises(ConfigError, match="expected a new folder"):
        train(config, SilentScreen())
    assert (tiny_run / "model.onnx").exists()


def test_unknown_backbone_is_refused(tmp_path: Path, tiny_zip: Path) -> None:
    config = TrainConfig(data=str(tiny_zip), out=tmp_path / "run", backbone="lite9")
    with pytest.raises(ConfigError, match="expected one of lite0, lite2"):
        train(config, SilentScreen())


def test_interrupted_run_leaves_nothing_behind(tiny_zip: Path, tmp_path: Path) -> None:
    class Interrupted(SilentScreen):
        def stage(self, name: str, total: int):  # type: ignore[no-untyped-def]
            if name == "computing activations, plain":
                raise KeyboardInterrupt
            return super().stage(name, total)

    config = TrainConfig(
        data=str(tiny_zip), out=tmp_path / "run", backbone="lite0", cache=tmp_path / "cache"
    )
    with pytest.raises(KeyboardInterrupt):
        train(config, Interrupted())
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert not list((tmp_path / "cache").glob(".unfinished-*"))


def test_bad_photo_is_left_out_and_recorded(tiny_zip: Path, tmp_path: Path) -> None:
    import zipfile

    data = tmp_path / "photos"
    with zipfile.ZipFile(tiny_zip) as archive:
        archive.extractall(data)
    (data / "train" / "cat.99.jpg").write_bytes(b"<html>not here</html>")
    config = replace(
        TrainConfig(data=str(data), out=tmp_path / "run", backbone="lite0", val=0.25, epochs=1),
        cache=tmp_path / "cache",
    )
    screen = SilentScreen()
    train(config, screen)
    assert "1 photos cannot be decoded and are left out" in screen.lines
    rows = read_csv(tmp_path / "run" / "split.csv")
    assert len(rows) == 49
    (bad,) = read_csv(tmp_path / "run" / "left_out.csv")
    assert bad["id"] == "train/cat.99.jpg"
    assert "an HTML page" in bad["error"]
