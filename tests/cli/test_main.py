from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from catordog import __version__
from catordog.cli import app
from catordog.images.preprocess import PreprocessSpec
from catordog.inference import bundle
from catordog.inference.verdict import Thresholds

METRICS = {"test": {"accuracy": 0.99125, "log_loss": 0.0254, "photos": 2500}, "seed": 1}


@pytest.fixture
def two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe(name: str, backbone: str, size_bytes: int) -> SimpleNamespace:
        spec = PreprocessSpec(size_px=224)
        metadata = SimpleNamespace(
            name=name,
            backbone=backbone,
            preprocess=spec,
            thresholds=Thresholds(pet=0.5, both=0.3),
            metrics=METRICS,
        )
        return SimpleNamespace(path=Path(f"{name}.onnx"), size_bytes=size_bytes, metadata=metadata)

    models = [describe("accurate", "lite2", 6_200_000), describe("fast", "lite0", 3_400_000)]
    monkeypatch.setattr(bundle, "list_models", lambda: models)


@pytest.mark.usefixtures("two_models")
def test_models_are_listed_with_what_was_measured() -> None:
    result = CliRunner().invoke(app, ["models"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert [line.strip() for line in result.stdout.splitlines()] == [
        "model               backbone  input   size    measured on held-out photos",
        "accurate (default)  lite2     224 px  6.2 MB  test accuracy 0.9912",
        "test log loss 0.0254",
        "fast                lite0     224 px  3.4 MB  test accuracy 0.9912",
        "test log loss 0.0254",
    ]


@pytest.mark.usefixtures("two_models")
def test_models_as_a_json_array() -> None:
    first, second = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)
    assert (first["name"], first["is_default"], first["metrics"]) == ("accurate", True, METRICS)
    assert (second["size_px"], second["size_bytes"]) == (224, 3_400_000)
    assert second["thresholds"] == {"pet": 0.5, "both": 0.3}


def test_version_and_help() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"catordog {__version__}\n"
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert all(command in text for command in ("predict", "models", "train"))


@pytest.mark.parametrize("arguments", [["nonsense"], ["predict"], ["predict", "a", "--nonsense"]])
def test_bad_use_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.skipif(os.name != "posix", reason="the times of a child are POSIX")
def test_help_answers_at_once() -> None:
    def run() -> float:
        before = os.times()
        command = [sys.executable, "-m", "catordog", "--help"]
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])  # of the processor: a busy machine waits longer

    assert min(run() for _ in range(3)) < 0.5  # 0.2 s on an idle machine
