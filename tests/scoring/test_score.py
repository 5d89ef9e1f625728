from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catordog.errors import ConfigError, OutputError
from catordog.inference.second_look import SecondLook
from catordog.scoring import score as score_module
from catordog.scoring.score import score
from catordog.scoring.store import AnswerStore
from catordog.scoring.summary import Hooks, ScoringInterrupted
from tests.scoring.fake_classifier import FakeClassifier, fake_answer, make_photos

OUT = Path("a.csv")
PARTIAL = Path("a.csv.partial")


class Crash(BaseException):
    """Stands for anything that ends a run half-way."""


def crash_at(count: int, error: type[BaseException] = Crash) -> FakeClassifier:
    def before(seen: int) -> None:
        if seen == count:
            raise error

    return FakeClassifier(before=before)


def names_in(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def read(out: Path = OUT) -> list[dict[str, str]]:
    with out.open(newline="", errors="surrogateescape") as stream:
        return list(csv.DictReader(stream))


def check_answers(rows: list[dict[str, str]], paths: list[str]) -> None:
    assert [row["path"] for row in rows] == paths
    for row in rows:
        answer = fake_answer(Path(row["path"]).read_bytes())
        assert row["label"] == getattr(answer, "label", "")


def test_every_photo_is_a_row_once_and_in_order(photos_30: str) -> None:
    summary = score(FakeClassifier(), [photos_30, "p/3.jpg", photos_30], out=OUT, batch_size=4)
    check_answers(read(), [f"p/{n}.jpg" for n in range(30)])
    assert (summary.photos, summary.answered, summary.failed) == (30, 27, 3)
    assert summary.cats + summary.dogs == 27
    assert names_in() == ["a.csv", "p"]


@settings(max_examples=15, deadline=None)
@given(
    crashes=st.lists(st.integers(0, 30), max_size=4),
    batch_size=st.integers(1, 8),
    commit_every_s=st.sampled_from([0.0, 9.0]),
)
def test_run_resumes_after_a_crash_anywhere(
    crashes: list[int], batch_size: int, commit_every_s: float
) -> None:
    make_photos(Path("p"), 30)
    OUT.unlink(missing_ok=True)
    kept_s, score_module.COMMIT_EVERY_S = score_module.COMMIT_EVERY_S, commit_every_s
    try:
        remaining, failed = 27, 3
        for crash in crashes:
            classifier = crash_at(crash)
            try:
                score(classifier, ["p"], out=OUT, batch_size=batch_size)
            except Crash:
                assert not OUT.exists()
        if not OUT.exists():
            last = FakeClassifier()
            summary = score(last, ["p"], out=OUT, batch_size=batch_size)
            assert last.seen == remaining - summary.resumed + failed  # failures are tried again
    finally:
        score_module.COMMIT_EVERY_S = kept_s
    check_answers(read(), [f"p/{n}.jpg" for n in range(30)])
    assert not PARTIAL.exists()


def test_failed_photos_are_tried_again_on_resume(photos_30: str) -> None:
    with pytest.raises(Crash):
        score(crash_at(25), [photos_30], out=OUT)
    Path("p/9.jpg").write_bytes(b"good now")
    summary = score(FakeClassifier(), [photos_30], out=OUT)
    assert (summary.failed, summary.resumed) == (2, 23)
    assert read()[9]["label"] != ""


def test_listing_is_taken_anew_on_resume(photos_30: str) -> None:
    with pytest.raises(Crash):
        score(crash_at(20), [photos_30], out=OUT)
    Path("p/0.jpg").unlink()
    Path("p/5b.jpg").write_bytes(b"new")
    score(FakeClassifier(), [photos_30], out=OUT)
    names = [str(n) for n in range(1, 30)]
    names.insert(names.index("5") + 1, "5b")
    check_answers(read(), [f"p/{name}.jpg" for name in names])


def test_ctrl_c_says_how_many_answers_are_kept(photos_30: str) -> None:
    with pytest.raises(ScoringInterrupted) as caught:
        score(crash_at(12, KeyboardInterrupt), [photos_30], out=OUT)
    assert caught.value.kept == 12
    assert score(FakeClassifier(), [photos_30], out=OUT).resumed == 11  # one of the 12 was bad


def test_other_model_cannot_carry_on_a_run(photos_30: str) -> None:
    with pytest.raises(Crash):
        score(crash_at(10), [photos_30], out=OUT)
    with pytest.raises(ConfigError, match=r"begun with, 'fake' .*received 'other'.*--overwrite"):
        score(FakeClassifier("other"), [photos_30], out=OUT)
    assert score(FakeClassifier("other"), [photos_30], out=OUT, overwrite=True).resumed == 0


def test_other_second_look_cannot_carry_on_a_run(photos_30: str) -> None:
    with pytest.raises(Crash):
        score(crash_at(20), [photos_30], out=OUT)
    off = FakeClassifier(second_look=SecondLook.OFF)
    with pytest.raises(ConfigError, match=r"expected --second-look auto.*received off"):
        score(off, [photos_30], out=OUT)
    assert score(FakeClassifier(), [photos_30], out=OUT).resumed > 0
    OUT.unlink()
    with pytest.raises(Crash):
        score(crash_at(20), [photos_30], out=OUT)
    assert score(off, [photos_30], out=OUT, overwrite=True).resumed == 0


@pytest.mark.parametrize("content", [b"my notes", b"x" * 5000])
def test_file_in_the_place_of_the_answers_is_left_alone(photos_30: str, content: bytes) -> None:
    PARTIAL.write_bytes(content)
    for overwrite in (False, True):
        with pytest.raises(ConfigError, match=r"a\.csv\.partial.*Move it away"):
            score(FakeClassifier(), [photos_30], out=OUT, overwrite=overwrite)
    assert PARTIAL.read_bytes() == content


def test_other_database_is_left_alone(photos_30: str) -> None:
    other = sqlite3.connect(PARTIAL)
    other.execute("CREATE TABLE mine(x)")
    other.close()
    with pytest.raises(ConfigError, match="Move it away"):
        score(FakeClassifier(), [photos_30], out=OUT, overwrite=True)


def test_second_run_on_the_same_answers_is_refused(photos_30: str) -> None:
    with AnswerStore(PARTIAL), pytest.raises(ConfigError, match="another run is writing"):
        score(FakeClassifier(), [photos_30], out=OUT)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_finished_table_is_not_answered_again(photos_30: str, suffix: str) -> None:
    out = Path(f"a{suffix}")
    first = score(FakeClassifier(), [photos_30], out=out)
    before = out.read_bytes()
    classifier = FakeClassifier()
    again = score(classifier, [photos_30], out=out)
    assert (classifier.seen, again.was_complete, out.read_bytes()) == (0, True, before)
    assert (again.cats, again.dogs, again.failed) == (first.cats, first.dogs, first.failed)
    with pytest.raises(ConfigError, match=r"these 1 photos in this order.*--overwrite"):
        score(classifier, ["p/1.jpg"], out=out)
    assert score(classifier, ["p/1.jpg"], out=out, overwrite=True).photos == 1


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "path,label,p_cat\n"])
def test_other_table_is_not_overwritten(photos_30: str, content: str) -> None:
    OUT.write_text(content)
    with pytest.raises(ConfigError, match="--overwrite"):
        score(FakeClassifier(), [photos_30], out=OUT)
    assert OUT.read_text() == content
    score(FakeClassifier(), [photos_30], out=OUT, overwrite=True)


def test_no_photos_is_an_error_that_says_what_was_found() -> None:
    Path("p").mkdir()
    Path("p/a.txt").write_text("text")
    with pytest.raises(ConfigError, match=r"Cannot answer 'p'.*received none \(skipped 1 \.txt\)"):
        score(FakeClassifier(), ["p"], out=OUT)
    with pytest.raises(ConfigError, match="Cannot find 'gone'"):
        score(FakeClassifier(), ["p", "gone"], out=OUT)
    assert names_in() == ["p"]


def test_own_files_are_not_photos(photos_30: str) -> None:
    out = Path("p/a.csv")
    with pytest.raises(Crash):
        score(crash_at(10), ["p"], out=out)
    names = [f"p/{name}" for name in names_in("p")]  # as the shell expands p/*
    score(FakeClassifier(), names, out=out)
    again = [f"p/{name}" for name in names_in("p")]
    assert score(FakeClassifier(), again, out=out, overwrite=True).photos == 30


def test_list_of_paths_is_read_and_missing_ones_fail(photos_30: str) -> None:
    stdin = io.BytesIO(b"p/1.jpg\r\n\np/gone.jpg\np/2.jpg")
    summary = score(FakeClassifier(), ["p/0.jpg", "-"], out=OUT, stdin=stdin)
    assert [row["path"] for row in read()] == ["p/0.jpg", "p/1.jpg", "p/gone.jpg", "p/2.jpg"]
    assert summary.failed == 1
    assert "No such file" in read()[2]["error"]
    stdin = io.BytesIO(b"p/1.jpg\0p/2.jpg\0")
    assert score(FakeClassifier(), ["-"], stdin=stdin).answered == 2


def test_zip_members_are_answered_in_place() -> None:
    with zipfile.ZipFile("t.zip", "w") as archive:
        for name in ("b10.jpg", "b2.jpg", "bad.jpg"):
            archive.writestr(name, f"{name[:3]} photo")
    score(FakeClassifier(), ["t.zip"], out=OUT)
    assert [row["path"] for row in read()] == ["t.zip/b2.jpg", "t.zip/b10.jpg", "t.zip/bad.jpg"]
    assert [bool(row["label"]) for row in read()] == [True, True, False]


@pytest.mark.parametrize(
    "name", ["a b.jpg", "q'\"uote,.jpg", "new\nline.jpg", "ünï.jpg", "-.jpg", "caf\udce9.jpg"]
)
def test_odd_names_come_back_as_they_are(name: str) -> None:
    Path("p").mkdir()
    Path(f"p/{name}").write_bytes(b"photo")
    score(FakeClassifier(), ["p"], out=OUT)
    assert [row["path"] for row in read()] == [f"p/{name}"]
    score(FakeClassifier(), ["p"], out=Path("a.jsonl"))
    assert json.loads(Path("a.jsonl").read_text())["path"] == f"p/{name}"
    score(FakeClassifier(), ["p"], out=Path("a.parquet"))
    assert score(FakeClassifier(), ["p"], out=Path("a.parquet")).was_complete


def test_table_that_cannot_be_written_keeps_the_answers(
    photos_30: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space")))
        with pytest.raises(OutputError, match=r"'a\.csv'.*No space.*every answer is kept"):
            score(FakeClassifier(), [photos_30], out=OUT)
    assert names_in() == ["a.csv.partial", "p"]
    assert score(FakeClassifier(), [photos_30], out=OUT).resumed == 27


def test_run_killed_between_table_and_clean_up_ends_well(photos_30: str) -> None:
    with pytest.raises(Crash):
        score(crash_at(15), [photos_30], out=OUT)
    shutil.copy(PARTIAL, "kept")
    score(FakeClassifier(), [photos_30], out=OUT)
    shutil.move("kept", PARTIAL)
    score(FakeClassifier(), [photos_30], out=OUT)
    check_answers(read(), [f"p/{n}.jpg" for n in range(30)])


MEASURE_MEMORY = """
import io, tracemalloc
from pathlib import Path
from catordog.scoring.score import score
from tests.scoring.fake_classifier import FakeClassifier, fake_answer

class InstantClassifier(FakeClassifier):
    def predict_many(self, photos, **_):  # reads nothing: what is measured is scoring's own
        return (fake_answer(b"photo") for _ in photos)

for count in (5_000, 20_000):
    lines = b"".join(b"no/such/folder/%d.jpg\\n" % n for n in range(count))
    tracemalloc.start()
    score(InstantClassifier(), ["-"], out=Path(f"{count}.csv"), stdin=io.BytesIO(lines))
    print(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""


def test_memory_does_not_grow_with_the_photos() -> None:
    # In a process of its own: pytest's table of interned strings grows with any work at all.
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    result = subprocess.run(
        [sys.executable, "-c", MEASURE_MEMORY],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=True,
    )
    few_bytes, many_bytes = map(int, result.stdout.split())
    assert many_bytes < few_bytes + 1_500_000  # a list of the photos would take 5 MB more
    assert Path("20000.csv").read_bytes().count(b"\n") == 20_001


def test_hooks_see_every_row_and_the_end(photos_30: str) -> None:
    rows, steps = [], []
    hooks = Hooks(on_row=rows.append, on_progress=lambda done, total: steps.append((done, total)))
    score(FakeClassifier(), [photos_30], hooks=hooks)
    assert [row.path for row in rows] == [f"p/{n}.jpg" for n in range(30)]
    assert steps[-1] == (30, 30)
