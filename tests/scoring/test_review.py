"""What a reviewer tried: runs stopped and repeated, in ways that once lost answers or photos."""

from __future__ import annotations

import csv
import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catordog.cli import app
from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ConfigError
from catordog.inference.classifier import Classifier
from catordog.scoring import score as score_module
from catordog.scoring.score import score
from catordog.scoring.sort import SortMode, SortPlan, SortSummary, sort_photos
from catordog.scoring.store import AnswerStore
from catordog.scoring.summary import ScoringInterrupted, Summary
from tests.scoring.fake_classifier import FakeClassifier

OUT = Path("a.csv")
PARTIAL = Path("a.csv.partial")
MOVE = SortPlan(Path("d"), SortMode.MOVE)


@pytest.fixture(autouse=True)
def ten_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_ten("p", b"photo %d")


def write_ten(folder: str, data: bytes) -> None:
    Path(folder).mkdir()
    for number in range(10):
        Path(f"{folder}/{number}.jpg").write_bytes(data % number)


def run(*arguments: str, model: str = "fake", **options: Any) -> tuple[Summary, int]:
    """Returns the summary, and how many photos the model was asked for."""
    classifier = FakeClassifier(model)
    return score(classifier, arguments or ("p",), **options), classifier.seen  # type: ignore


def interrupt(*arguments: str, after: int = 5, **options: Any) -> int:
    """Presses Ctrl-C after some answers; returns how many are said to be kept."""

    def stop(seen: int) -> None:
        if seen == after:
            raise KeyboardInterrupt

    with pytest.raises(ScoringInterrupted) as caught:
        score(FakeClassifier(before=stop), arguments or ("p",), **options)  # type: ignore
    return caught.value.kept


def interrupt_sorting(monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Presses Ctrl-C when half of the photos are moved."""
    whole = score_module.sort_photos

    def half(labelled: Any, *args: Any, **kwargs: Any) -> None:
        whole(itertools.islice(labelled, 5), *args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(ScoringInterrupted):
        patched.setattr(score_module, "sort_photos", half)
        run(**options)


def table_paths(out: Path = OUT) -> list[str]:
    with out.open(newline="") as stream:
        return [row["path"] for row in csv.DictReader(stream)]


def sorted_names() -> list[str]:
    return sorted(path.name for path in Path("d").rglob("*") if path.is_file())


def test_overwrite_discards_the_answers_of_another_model() -> None:
    interrupt(out=OUT)
    assert run(out=OUT, overwrite=True, model="other")[1] == 10


def test_overwrite_discards_answers_that_were_not_begun_by_it() -> None:
    interrupt(out=OUT)
    assert run(out=OUT, overwrite=True)[1] == 10


def test_interrupted_overwrite_carries_on_when_repeated() -> None:
    OUT.write_text("old")
    interrupt(out=OUT, overwrite=True)
    summary, asked = run(out=OUT, overwrite=True)
    assert (summary.resumed, asked, len(table_paths())) == (5, 5, 10)


def test_interrupted_overwrite_starts_anew_with_another_model() -> None:
    interrupt(out=OUT, overwrite=True)
    assert run(out=OUT, overwrite=True, model="other")[1] == 10


def test_overwrite_and_move_carry_on_with_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_sorting(monkeypatch, out=OUT, overwrite=True, sort=MOVE)
    with pytest.raises(ConfigError, match=r"received 'other'.*or remove 'a\.csv\.partial'"):
        run(out=OUT, overwrite=True, sort=MOVE, model="other")
    run(out=OUT, overwrite=True, sort=MOVE)
    assert (len(table_paths()), len(sorted_names())) == (10, 10)


def test_overwrite_does_not_end_another_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_sorting(monkeypatch, out=OUT, sort=MOVE)
    for plan in (None, SortPlan(Path("e"), SortMode.MOVE)):
        with pytest.raises(ConfigError, match="expected the command that was stopped") as caught:
            run(out=OUT, overwrite=True, sort=plan)
        assert "--overwrite" not in str(caught.value)
    assert len(table_paths()) == 10


def test_new_photo_while_sorting_is_not_to_be_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_sorting(monkeypatch, out=OUT, sort=MOVE)
    Path("p/new.jpg").write_bytes(b"new")
    with pytest.raises(ConfigError, match=r"'p/new\.jpg' too") as caught:
        run(out=OUT, sort=MOVE)
    assert "--overwrite" not in str(caught.value)


def test_sorting_does_not_go_on_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SortPlan(tmp_path / "d", SortMode.MOVE)
    interrupt_sorting(monkeypatch, out=OUT.absolute(), sort=plan)
    with monkeypatch.context() as inside:
        inside.chdir("p")
        with pytest.raises(ConfigError, match="expected the command that was stopped"):
            run(out=tmp_path / OUT, sort=plan)
    assert run(out=OUT, sort=plan)[0].sorted == SortSummary(placed=5, already=5)


def test_move_by_a_finished_table_carries_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run(out=OUT)
    interrupt_sorting(monkeypatch, out=OUT, sort=MOVE)
    run(out=OUT, sort=MOVE)
    assert (len(sorted_names()), PARTIAL.exists()) == (10, False)


def test_move_by_a_finished_table_killed_while_reading_it_carries_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(out=OUT)
    with monkeypatch.context() as patch, pytest.raises(ScoringInterrupted):
        patch.setattr(AnswerStore, "count", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        run(out=OUT, sort=MOVE)
    summary, asked = run(out=OUT, sort=MOVE)
    assert (asked, summary.was_complete, len(sorted_names())) == (0, True, 10)


def test_recursive_pattern_leaves_out_what_is_sorted_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = SortPlan(Path("p/d"), SortMode.MOVE)
    interrupt_sorting(monkeypatch, out=OUT, sort=plan)
    assert run("p/**/*.jpg", out=OUT, sort=plan)[0].sorted == SortSummary(placed=5, already=5)


def test_table_that_appeared_beside_the_answers_is_not_overwritten() -> None:
    interrupt(out=OUT)
    OUT.write_text("precious")
    with pytest.raises(ConfigError, match="Move it away"):
        run(out=OUT)
    assert OUT.read_text() == "precious"
    OUT.unlink()
    assert run(out=OUT)[0].resumed == 5


def test_table_that_appeared_during_the_run_is_not_overwritten() -> None:
    def appear(seen: int) -> None:
        OUT.write_text("precious")

    with pytest.raises(ConfigError, match="every answer is kept"):
        score(FakeClassifier(before=appear), ["p"], out=OUT)  # type: ignore[arg-type]
    assert OUT.read_text() == "precious"
    OUT.unlink()
    assert run(out=OUT)[1] == 0


def test_same_names_in_another_folder_are_other_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    out = OUT.absolute()
    write_ten("q", b"other %d")
    with monkeypatch.context() as inside:
        inside.chdir("p")
        interrupt(".", out=out)
    with monkeypatch.context() as inside:
        inside.chdir("q")
        assert run(".", out=out)[1] == 10
    assert table_paths() == [f"./{number}.jpg" for number in range(10)]


@pytest.mark.parametrize("again", ["./p/1.jpg", "././/p/1.jpg", "{}/p/1.jpg"])
def test_photo_named_in_two_ways_is_one_row(again: str) -> None:
    assert run("p", again.format(Path.cwd()))[0].photos == 10


def test_photos_that_differ_by_a_parent_folder_stay_two() -> None:
    assert run("p/1.jpg", "p/../p/1.jpg")[0].photos == 2  # p might be a link


def test_kept_answers_count_a_repeated_failure_once() -> None:
    for number in range(3):
        Path(f"p/{number}.jpg").write_bytes(b"bad")
    assert interrupt(out=OUT, after=8) == 8
    assert interrupt(out=OUT, after=4) == 9


@pytest.mark.parametrize("begun", [False, True])
def test_dry_run_writes_nothing(begun: bool) -> None:
    if begun:
        interrupt(out=OUT)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    plan = SortPlan(Path("d"), SortMode.MOVE, dry_run=True)
    summary, asked = run(out=OUT, sort=plan)
    assert (summary.photos, asked) == (10, 5 if begun else 10)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_interrupted_dry_run_keeps_no_answers() -> None:
    assert interrupt(out=OUT, sort=SortPlan(Path("d"), dry_run=True)) == 0
    assert not PARTIAL.exists()


def test_dry_run_beside_another_run_is_refused() -> None:
    plan = SortPlan(Path("d"), dry_run=True)
    with AnswerStore(PARTIAL), pytest.raises(ConfigError, match=r"partial'.*another run"):
        run(out=OUT, sort=plan)


@pytest.mark.parametrize("arguments", [("empty",), ("gone",)])
def test_arguments_without_photos_keep_earlier_answers(arguments: tuple[str, ...]) -> None:
    interrupt(out=OUT)
    Path("empty").mkdir()
    with pytest.raises(ConfigError):
        run(*arguments, out=OUT)
    summary, asked = run(out=OUT)
    assert (summary.resumed, asked) == (5, 5)


def test_carriage_return_in_a_name_comes_back() -> None:
    Path("p/Icon\r").write_bytes(b"photo")
    run("p/Icon\r", out=OUT)
    assert table_paths() == ["p/Icon\r"]
    assert run("p/Icon\r", out=OUT)[0].was_complete


def sort(plan: SortPlan, *found: tuple[str, str]) -> SortSummary:
    """Sorts files as cats, each under the relative path beside it."""
    with PhotoReader() as reader:
        photos = ((Photo(path, None, relative), "cat") for path, relative in found)
        return sort_photos(photos, plan, reader)


def tree() -> dict[str, bytes]:
    files = (path for path in Path("d").rglob("*") if path.is_file())
    return {path.relative_to("d/cat").as_posix(): path.read_bytes() for path in files}


def test_folder_gives_way_to_a_file_of_its_name() -> None:
    found = [("p/1.jpg", "x"), ("p/2.jpg", "x/y/2.jpg"), ("p/3.jpg", "x/y/3.jpg")]
    places = ["x", "x (2)/y/2.jpg", "x (2)/y/3.jpg"]
    assert sort(SortPlan(Path("d")), *found).placed == 3
    assert sorted(tree()) == places
    assert sort(SortPlan(Path("d")), *found) == SortSummary(already=3)
    assert sorted(tree()) == places


def test_file_gives_way_to_a_folder_of_its_name() -> None:
    sort(SortPlan(Path("d")), ("p/2.jpg", "x/2.jpg"), ("p/1.jpg", "x"))
    assert sorted(tree()) == ["x (2)", "x/2.jpg"]


def test_dry_run_plans_files_and_folders_of_one_name() -> None:
    lines: list[str] = []
    photos = [("1", "x"), ("2", "x/2.jpg"), ("3", "z/3.jpg"), ("4", "z")]
    with PhotoReader() as reader:
        sort_photos(
            ((Photo(f"p/{name}.jpg", None, relative), "cat") for name, relative in photos),
            SortPlan(Path("d"), dry_run=True),
            reader,
            on_line=lines.append,
        )
    assert [line.split("d/cat/")[1] for line in lines] == [
        *("x", "x (2)/2.jpg", "z/3.jpg", "z (2)"),
    ]


@pytest.mark.parametrize("name", ["a" * 251 + ".jpg", "é" * 125 + ".jpeg", "b." + "c" * 253])
def test_longest_names_are_cut_where_they_are_numbered(name: str) -> None:
    found = [("p/1.jpg", name), ("p/2.jpg", name), ("p/3.jpg", name)]
    assert sort(SortPlan(Path("d")), *found).placed == 3
    assert sorted(tree().values()) == [b"photo 1", b"photo 2", b"photo 3"]
    assert sort(SortPlan(Path("d")), *found) == SortSummary(already=3)


def test_name_too_long_for_a_disk_is_cut() -> None:
    assert sort(SortPlan(Path("d")), ("p/1.jpg", f"{'f' * 300}/{'n' * 300}.jpg")).placed == 1
    assert sort(SortPlan(Path("d")), ("p/1.jpg", f"{'f' * 300}/{'n' * 300}.jpg")).already == 1


def is_across_disks(path: Path, target: Path) -> bool:
    return path.parts[0] == "p" and target.parts[0] == "d"


@pytest.mark.parametrize("killed_at", ["p/1.jpg", "d/cat/.catordog-moving"])
def test_move_to_another_disk_ends_after_a_kill(
    killed_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename: Callable[[Path, Path], Path] = Path.rename
    unlink: Callable[..., None] = Path.unlink

    def across(self: Path, target: Path) -> Path:
        if is_across_disks(self, Path(target)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    def killed(self: Path, missing_ok: bool = False) -> None:
        if self == Path(killed_at):
            raise KeyboardInterrupt
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "rename", across)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", killed)
        sort(MOVE, ("p/1.jpg", "1.jpg"))
    Path("p/2.jpg").write_bytes(b"photo 1")  # the user's other copy of it
    found = [("p/1.jpg", "1.jpg"), ("p/2.jpg", "1.jpg")]
    assert sort(MOVE, *found) == SortSummary(already=2)
    assert tree() == {"1.jpg": b"photo 1"}
    assert not Path("p/1.jpg").exists()
    assert Path("p/2.jpg").exists()  # a copy that no run of ours made may be the user's only backup


def test_command_that_ends_in_an_error_prints_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "load", lambda *_, **__: FakeClassifier())
    result = CliRunner().invoke(app, ["predict", "gone"])
    assert (result.exit_code, result.stdout) == (2, "")


def test_dry_run_does_not_say_that_it_wrote_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "load", lambda *_, **__: FakeClassifier())
    options = ["--out", "a.csv", "--sort-into", "d", "--dry-run"]
    result = CliRunner().invoke(app, ["predict", "p", *options])
    assert (result.exit_code, "wrote" in result.stderr, OUT.exists()) == (0, False, False)
