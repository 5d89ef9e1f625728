"""Real processes, really killed: what a mocked crash cannot show."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catordog.scoring.store import AnswerStore
from tests.scoring.fake_classifier import make_photos

ROOT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and limits")
LIMIT_CODE = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
runpy.run_module("tests.scoring.fake_classifier", run_name="__main__")
"""


def start(*arguments: str, pause_s: float = 0.0, limit_bytes: int = 0) -> subprocess.Popen[str]:
    """Starts the command line with a fake model that takes `pause_s` a photo."""
    program = ["-m", "tests.scoring.fake_classifier"]
    if limit_bytes:
        program = ["-c", LIMIT_CODE, str(limit_bytes)]
    return subprocess.Popen(
        [sys.executable, *program, str(pause_s), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


def wait_for_answers() -> None:
    """Waits until the run has listed its photos, and then for its first commits."""
    partial = Path("a.csv.partial")
    deadline_s = time.monotonic() + 20
    while not partial.exists() or partial.stat().st_size < 20_000:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    time.sleep(1.0)


def rows() -> list[dict[str, str]]:
    with Path("a.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@posix_only
def test_killed_runs_answer_each_photo_once() -> None:
    make_photos(Path("p"), 400)
    for kill in range(3):
        process = start("predict", "p", "--out", "a.csv", pause_s=0.02)
        wait_for_answers()
        time.sleep(0.13 * kill)
        process.kill()
        assert finish(process)[0] == -signal.SIGKILL
        assert not Path("a.csv").exists()
    code, stderr = finish(start("predict", "p", "--out", "a.csv"))
    assert (code, "from an earlier run" in stderr) == (1, True)  # the bad photos
    assert [row["path"] for row in rows()] == [f"p/{n}.jpg" for n in range(400)]
    assert sum(not row["label"] for row in rows()) == 40
    assert sorted(path.name for path in Path().iterdir()) == ["a.csv", "p"]


@posix_only
def test_ctrl_c_keeps_what_was_answered() -> None:
    make_photos(Path("p"), 400)
    process = start("predict", "p", "--out", "a.csv", pause_s=0.02)
    wait_for_answers()
    process.send_signal(signal.SIGINT)
    code, stderr = finish(process)
    assert code == 130
    assert "answers kept: run the same command to carry on" in stderr
    assert "Traceback" not in stderr


@posix_only
def test_full_disk_keeps_what_was_answered() -> None:
    make_photos(Path("p"), 2000)
    code, stderr = finish(start("predict", "p", "--out", "a.csv", limit_bytes=150_000))
    assert code == 1
    assert stderr.count("\n") == 1
    assert "Free space and run the same command: " in stderr
    code, stderr = finish(start("predict", "p", "--out", "a.csv"))
    assert code == 1
    assert len(rows()) == 2000


@posix_only
def test_second_process_is_refused() -> None:
    make_photos(Path("p"), 3)
    with AnswerStore(Path("a.csv.partial")):
        code, stderr = finish(start("predict", "p", "--out", "a.csv"))
    assert (code, "another run is writing" in stderr) == (2, True)


@posix_only
def test_reader_that_goes_away_is_no_error() -> None:
    make_photos(Path("p"), 3000)
    process = start("predict", "p")
    assert process.stdout is not None
    assert process.stdout.readline() == "path,label,p_cat,p_dog,width,height,error\n"
    process.stdout.close()
    assert process.stderr is not None
    stderr = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=20), stderr) == (1, "")
