from __future__ import annotations

import csv
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image
from typer.testing import CliRunner

from catordog.cli import app
from catordog.data.labelled import load_labelled_photos
from catordog.labels import Label
from catordog.progress import SilentScreen
from tests.conftest import draw_photo

READY = re.compile(r"(\d+) photos? to review(.*): (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends\)\n")


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders with a photo that is in both, and one that cannot be decoded."""
    folder = tmp_path_factory.mktemp("review") / "pets"
    for animal in ("cat", "dog"):
        (folder / f"{animal}s").mkdir(parents=True)
        for at in range(6):
            drawn = draw_photo(animal, at + (100 if animal == "dog" else 0))
            drawn.save(folder / f"{animal}s/{at}.jpg")
    (folder / "dogs/copy.jpg").write_bytes((folder / "cats/2.jpg").read_bytes())
    (folder / "dogs/bad.jpg").write_bytes(b"no photo")
    return folder


class Review:
    """A running `catordog review`, and the page's side of it."""

    def __init__(self, process: subprocess.Popen[str], client: httpx.Client, said: str) -> None:
        self.process, self.client, self.said = process, client, said
        self.queue = client.get("/api/queue").json()

    def index_of(self, id: str) -> int:
        return [item["id"] for item in self.queue["items"]].index(id)

    def decide(self, id: str, decision: str) -> int:
        body = {"queue": self.queue["queue"], "index": self.index_of(id), "decision": decision}
        return self.client.post("/api/decisions", json=body).status_code

    def end(self) -> str:
        """Ends it with Ctrl-C; returns what it says last."""
        self.process.send_signal(signal.SIGINT)
        stdout, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return stdout


@contextmanager
def review(data: Path, decisions: Path, *more: str) -> Iterator[Review]:
    options = ["--decisions", str(decisions), "--port", "0", "--no-browser"]
    options += ["--cache", str(data.parent / "cache"), *more]
    process = subprocess.Popen(
        [sys.executable, "-m", "catordog", "review", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = READY.fullmatch(process.stdout.readline())
        assert found, process.communicate(timeout=30)
        url = found[3]
        with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30) as client:
            yield Review(process, client, found[2])
    finally:
        process.kill()
        process.communicate()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_review_from_start_to_labels(pets: Path, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    with review(pets, path) as page:
        items = {item["id"]: item for item in page.queue["items"]}
        assert {"cats/2.jpg", "dogs/copy.jpg", "dogs/bad.jpg"} <= items.keys()
        assert items["dogs/bad.jpg"]["kind"] == "unreadable"
        assert "exact duplicate labelled cat" in items["dogs/copy.jpg"]["reason"]
        queue, at = page.queue["queue"], page.index_of("dogs/copy.jpg")
        photo = page.client.get(f"/photos/{queue}/{at}/large")
        assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
        with Image.open(io.BytesIO(photo.content)) as image:
            assert image.size == (64, 64)
        assert page.said == ""
        assert not path.exists()
        assert page.decide("dogs/copy.jpg", "cat") == 200
        assert page.decide("dogs/bad.jpg", "drop") == 200
        assert [row["id"] for row in rows_of(path)] == ["dogs/copy.jpg", "dogs/bad.jpg"]
        assert page.end() == f"\n2 decisions in {path}\n"

    with review(pets, path) as page:
        assert page.said == ", 2 decided before"
        assert page.decide("dogs/copy.jpg", "undecided") == 200
        assert page.decide("cats/2.jpg", "dog") == 200
        assert page.end() == f"\n2 decisions in {path}\n"

    assert [(row["id"], row["label"], row["decision"]) for row in rows_of(path)] == [
        ("dogs/copy.jpg", "dog", "cat"),
        ("dogs/bad.jpg", "dog", "drop"),
        ("dogs/copy.jpg", "dog", "undecided"),
        ("cats/2.jpg", "cat", "dog"),
    ]
    photos = load_labelled_photos(str(pets), SilentScreen(), decisions=path, cache=None)
    labels = {photo.example.id: photo.label for photo in photos}
    assert len(labels) == 13
    assert labels["cats/2.jpg"] is labels["dogs/copy.jpg"] is Label.DOG
    assert (pets / "dogs/bad.jpg").read_bytes() == b"no photo"


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_decision_outlives_a_killed_server(pets: Path, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    with review(pets, path) as page:
        assert page.decide("dogs/copy.jpg", "cat") == 200
        page.process.kill()
        page.process.wait()
    assert [row["decision"] for row in rows_of(path)] == ["cat"]
    with review(pets, path) as page:
        assert page.said == ", 1 decided before"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone"], 2, "Cannot find 'gone': expected a folder, zip"),
        (["empty"], 3, "Cannot find photos in 'empty'"),
        (["pets", "--decisions", "no/d.csv"], 2, "received no folder 'no'. Make the folder"),
        (["pets", "--decisions", "other.csv"], 3, "this one was left as it is."),
        (["pets", "--host", "0.0.0.0"], 2, "expected 127.0.0.1, ::1 or localhost"),
        (["pets", "--port", "99999"], 2, "Invalid value for '--port'"),
    ],
)
def test_what_cannot_be_reviewed_is_refused_before_a_photo_is_read(
    pets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(
        "catordog.explore.examine.examine", lambda *_, **__: pytest.fail("explored")
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets").symlink_to(pets)
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.csv").write_text("id,label\n")
    result = CliRunner().invoke(app, ["review", *arguments])
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "decisions.csv").exists()
    assert (tmp_path / "other.csv").read_text() == "id,label\n"


def test_port_that_is_taken_is_refused_before_a_photo_is_read(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "catordog.explore.examine.examine", lambda *_, **__: pytest.fail("explored")
    )
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["review", str(pets), "--port", str(port)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert (
        f"port {port}: expected an address of this computer and a port that is free"
        in result.stderr
    )


def test_nothing_suspicious_ends_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    draw_photo("cat", 1).save(data / "cat.1.jpg")
    draw_photo("dog", 2).save(data / "dog.2.jpg")
    options = ["--decisions", "d.csv", "--port", "0", "--no-browser", "--cache"]
    result = CliRunner().invoke(app, ["review", str(data), *options, str(tmp_path / "cache")])
    assert (result.exit_code, result.stdout) == (
        0,
        "Nothing to review: no photo looks suspicious.\n",
    )
    assert not (tmp_path / "d.csv").exists()
