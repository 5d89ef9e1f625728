from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from catordog.cli import _Commands
from catordog.cli.download import download
from catordog.data.download import archives, run
from catordog.data.download.archives import Archive, Way
from tests.data.download_server import FileAnswer, describe, serving

BODY = random.Random(3).randbytes(20_000)

# As the command is registered, without the others.
app = typer.Typer(cls=_Commands)
app.command()(download)
app.callback()(lambda: None)


def publish(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    small = Archive(
        name="microsoft",
        title="Small",
        licence="CC0",
        terms="None.",
        page="https://example.org/small",
        way=Way.HTTPS,
        files=(replace(describe(url, BODY), name="photos of [both].zip"),),
    )
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(archives, "ARCHIVES", {"microsoft": small})


def test_download_prints_terms_path_and_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / "photos of [both].zip"
    with serving(FileAnswer(BODY)) as server:
        publish(monkeypatch, server.url)
        arguments = ["download", "microsoft", "--out", str(path.parent)]
        first = CliRunner().invoke(app, arguments)
        second = CliRunner().invoke(app, arguments)
        assert len(server.requests) == 1
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert path.read_bytes() == BODY
    assert first.stdout == second.stdout == f"{path}\n"
    next_command = f"next: catordog explore '{path}' --out report"
    assert first.stderr.splitlines() == [
        "Small: https://example.org/small",
        "Licence: CC0. None.",
        f"Downloading 0 MB from {server.url}",
        next_command,
    ]
    assert second.stderr.splitlines() == [
        f"{path} is there already, complete and verified",
        next_command,
    ]


def test_download_that_fails_is_one_line_and_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FileAnswer(BODY[:-1])) as server:
        publish(monkeypatch, server.url)
        result = CliRunner().invoke(app, ["download", "microsoft", "--out", str(tmp_path)])
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith("error: Cannot download 'http://127.0.0.1")


@pytest.mark.parametrize(
    "arguments",
    [["imagenet", "--out", "x"], ["microsoft"], ["microsoft", "--out", "x", "--timeout-s", "0"]],
)
def test_download_of_nothing_known_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["download", *arguments]).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_download_that_is_interrupted_says_that_it_carries_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "download", interrupt)
    result = CliRunner().invoke(app, ["download", "microsoft", "--out", str(tmp_path)])
    assert result.exit_code == 130
    assert result.stderr.splitlines() == [
        "what has arrived is kept: run the same command to carry on",
        "interrupted",
    ]


def test_download_command_loads_no_client_until_it_runs() -> None:
    code = "import sys; import catordog.cli.download; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert not loaded & {"kagglehub", "huggingface_hub", "requests", "urllib.request", "numpy"}
