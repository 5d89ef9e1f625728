from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
import typer
from click.testing import Result
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from catordog.cli.review import review, review_items
from catordog.data.decision_log import DecisionLog
from catordog.errors import ConfigError, DatasetError
from catordog.review.server import open_socket, url_of
from tests.review.test_queue import find

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "cats.example", ""])
def test_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"expected 127.0.0.1, ::1 or localhost.*ssh -L"):
        open_socket(host, 8765)


def test_port_that_is_taken_is_an_error_with_a_next_step() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port}: .*in use.*--port \d+"):
            open_socket("localhost", port)


def test_free_port_is_taken_and_named() -> None:
    with open_socket("127.0.0.1", 0) as opened:
        host, port = opened.getsockname()
        assert host == "127.0.0.1"
        assert url_of(opened) == f"http://127.0.0.1:{port}/"


def test_empty_queue_needs_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = DecisionLog(tmp_path / "d.csv")
    with open_socket("127.0.0.1", 0) as opened:
        review_items([], lambda _: b"", log, opened)
    assert capsys.readouterr().out == "Nothing to review: no photo looks suspicious.\n"
    assert not log.path.exists()


def run_command(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(review)
    return CliRunner().invoke(app, list(arguments))


def test_what_can_be_refused_is_refused_before_exploring(
    tmp_path: Path, tiny_zip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "catordog.explore.examine.examine", lambda *_, **__: pytest.fail("explored")
    )
    other = tmp_path / "photos.csv"
    other.write_text("id,label\n")
    fresh = str(tmp_path / "d.csv")
    for arguments, error, words in [
        (("--decisions", str(other)), DatasetError, "this one was left as it is"),
        (("--decisions", fresh, "--host", "0.0.0.0"), ConfigError, "expected 127.0.0.1"),
    ]:
        result = run_command(str(tiny_zip), *arguments)
        assert isinstance(result.exception, error)
        assert words in str(result.exception)
    assert not Path(fresh).exists()


def test_command_reviews_what_was_found_with_the_photos_of_the_data_set(
    tmp_path: Path, tiny_zip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspect = ("train/cat.0.jpg", "cat", 0.1, 0.9, "dog", "label", 0.9, "the model reads dog")
    with zipfile.ZipFile(tiny_zip) as archive:
        photo = archive.read("train/cat.0.jpg")
    sha256 = hashlib.sha256(photo).hexdigest()
    findings = find(table=[("train/cat.0.jpg", sha256, "cat")], suspects=[suspect])
    monkeypatch.setattr("catordog.explore.examine.examine", lambda *_, **__: findings)
    shown = []

    def serve(app: FastAPI, opened: socket.socket, **_: object) -> None:
        with TestClient(app, base_url="http://localhost") as page:
            queue = page.get("/api/queue").json()["queue"]
            shown.append(page.get(f"/photos/{queue}/0/large").status_code)

    monkeypatch.setattr("catordog.review.server.serve", serve)
    path = tmp_path / "d.csv"
    result = run_command(str(tiny_zip), "--decisions", str(path), "--port", "0", "--no-browser")
    assert result.exception is None
    assert re.fullmatch(
        rf"1 photo to review: http://127.0.0.1:\d+/ \(Ctrl-C ends\)\n\n0 decisions in {path}\n",
        result.output,
    )
    assert shown == [200]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_ends_cleanly_and_says_where_the_decisions_are(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.review.queue_of_drawings", str(path), "0"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"8 photos to review: (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends\)\n", line)
    assert found
    url = found[1]
    with httpx.Client(base_url=url, headers={"Origin": url}) as client:
        queue = client.get("/api/queue").json()["queue"]
        for index in (0, 1):
            body = {"queue": queue, "index": index, "decision": "keep"}
            assert client.post("/api/decisions", json=body).status_code == 200
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (0, "")
    assert stdout == f"\n2 decisions in {path}\n"
