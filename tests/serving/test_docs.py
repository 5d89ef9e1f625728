"""docs/serving.md and the example say what the server does."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catordog.serving.settings import ServeSettings
from tests.serving.running_server import RunningServer

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/serving.md").read_text()
SHOWN = "http://127.0.0.1:8000/"


def test_guide_names_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|", GUIDE, re.MULTILINE))
    defaults = {
        name: default
        for names, cell in rows.items()
        for name, default in zip(re.findall(r"`(\w+)`", names), cell.split(", "), strict=True)
    }
    assert set(defaults) == set(ServeSettings.model_fields)
    sizes = {"MiB": 1024**2, "million": 10**6}
    for name, field in ServeSettings.model_fields.items():
        shown = defaults[name]
        number, _, unit = shown.partition(" ")
        if unit in sizes:
            assert int(number) * sizes[unit] == field.default
        elif shown not in ("one per core", "none", "a SQLite file"):
            assert json.dumps(field.default).strip('"').removesuffix(".0") == shown


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_guides_commands_and_example_work() -> None:
    with RunningServer("--workers", "1") as server:
        server.wait_until_ready()
        commands = re.findall(r"^\$ (curl .*)$", GUIDE, re.MULTILINE)
        assert len(commands) == 3
        answers = []
        for command in commands:
            words = shlex.split(command.replace(SHOWN, server.url))
            result = subprocess.run([*words, "-sS"], cwd=ROOT, capture_output=True, check=True)
            answers.append(json.loads(result.stdout))
        assert [answer["label"] for answer in answers[0]["answers"]] == ["dog", "cat"]
        assert set(answers[1]["answers"][0]["heat_maps"]) == {"cat", "dog"}
        assert answers[2]["models"][0]["thresholds"]["pet"] > 0
        example = [sys.executable, "examples/ask_server.py", server.url]
        result = subprocess.run(
            [*example, "samples/dog.jpg", "README.md"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.splitlines()[0].startswith("samples/dog.jpg: dog (cat 0.0")
        assert "README.md: Cannot decode" in result.stdout
