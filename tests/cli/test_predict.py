from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from catordog.cli import app, screen
from catordog.cli.screen import Output, Screen
from catordog.errors import BundleError
from catordog.inference.classifier import Classifier
from catordog.scoring.score import score
from tests.scoring.fake_classifier import FakeClassifier, make_photos

TABLE = """\
path,label,p_cat,p_dog,width,height,error
p/a.jpg,dog,0.105469,0.894531,640,480,
p/bad.jpg,,,,,,Cannot decode the photo: it is bad.
p/cut.jpg,cat,0.785156,0.214844,640,480,cut short
"""


@pytest.fixture(autouse=True)
def three_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo, a bad one and a cut one in the folder `p`, and a fake model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Classifier, "load", lambda *_: FakeClassifier())
    Path("p").mkdir()
    for name, data in (("a", b"photo 1"), ("bad", b"bad"), ("cut", b"cut")):
        Path(f"p/{name}.jpg").write_bytes(data)


def predict(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["predict", *arguments], input=stdin)


def test_csv_goes_to_what_is_no_terminal() -> None:
    result = predict("p")
    assert (result.exit_code, result.stdout) == (1, TABLE)
    assert result.stderr.startswith("3 photos: 1 cat, 1 dog, 1 failed, 1 damaged but answered (")
    assert "\r" not in result.stderr


def test_table_is_written_and_standard_output_stays_empty() -> None:
    result = predict("p", "--out", "a.csv")
    assert (result.exit_code, result.stdout, Path("a.csv").read_text()) == (1, "", TABLE)
    assert result.stderr.endswith("wrote a.csv\n")


def test_second_run_says_there_is_nothing_to_do() -> None:
    predict("p/a.jpg", "--out", "a.csv")
    result = predict("p/a.jpg", "--out", "a.csv")
    said = "a.csv already holds the one answer; --overwrite answers it again\n"
    assert (result.exit_code, result.stderr) == (0, said)
    predict("p", "--out", "b.csv")
    result = predict("p", "--out", "b.csv")
    said = "b.csv already holds all 3 answers; --overwrite answers them again\n"
    assert (result.exit_code, result.stderr) == (1, said)
    assert predict("p", "--out", "b.csv", "--overwrite").exit_code == 1


def test_json_is_all_there_is_on_standard_output() -> None:
    rows = [json.loads(line) for line in predict("p", "--json").stdout.splitlines()]
    assert [row["label"] for row in rows] == ["dog", None, "cat"]
    totals = json.loads(predict("p", "--json", "--out", "a.csv").stdout)
    assert (totals["photos"], totals["failed"], totals["damaged"]) == (3, 1, 1)


@pytest.mark.parametrize("more", [[], ["--out", "a.csv"], ["--json"]])
def test_quiet_says_nothing_but_answers(more: list[str]) -> None:
    assert predict("p", "--quiet", *more).stderr == ""


def test_paths_are_read_from_standard_input() -> None:
    result = predict("-", stdin=b"p/a.jpg\np/gone.jpg\n")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1] == TABLE.splitlines()[1]
    assert result.stdout.splitlines()[2].startswith('p/gone.jpg,,,,,,"Cannot read')


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.jpg"], "error: Cannot find 'gone.jpg': expected a file, folder or zip"),
        (["empty"], "error: Cannot answer 'empty': expected at least one photo"),
        (["p", "--out", "a.txt"], "error: Cannot write 'a.txt': expected a name that ends in"),
        (["p", "--move"], "error: Cannot use --move: expected --sort-into"),
        (["p", "--sort-into", "s", "--move", "--link"], "received --move and --link."),
        (["p", "--sort-into", "s", "--dry-run", "--json"], "error: Cannot use --json"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    Path("empty").mkdir()
    result = predict(*arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr


def test_bad_model_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BundleError("Cannot read model 'x':\nexpected a model file.")

    monkeypatch.setattr(Classifier, "load", refuse)
    result = predict("p", "--model", "x")
    said = "error: Cannot read model 'x': expected a model file.\n"
    assert (result.exit_code, result.stderr) == (3, said)


def test_ctrl_c_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(seen: int) -> None:
        if seen == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "load", lambda *_: FakeClassifier(before=stop))
    result = predict("p", "--out", "a.csv")
    said = "interrupted; 2 answers kept: run the same command to carry on\n"
    assert (result.exit_code, result.stderr) == (130, said)
    assert predict("p").stderr == "interrupted\n"


def test_dry_run_prints_each_step() -> None:
    result = predict("p", "--sort-into", "s", "--move", "--dry-run")
    assert result.stdout == "move p/a.jpg -> s/dog/a.jpg\nmove p/cut.jpg -> s/cat/cut.jpg\n"
    assert result.stderr.endswith("sorted into s: 2 to be moved, 1 unanswered\n")
    assert sorted(os.walk("."))[0][1] == ["p"]


def test_sorting_copies_unless_told_otherwise() -> None:
    result = predict("p", "--sort-into", "s", "--quiet")
    assert (result.exit_code, result.stderr) == (1, "")
    assert Path("s/dog/a.jpg").exists()
    assert Path("s/cat/cut.jpg").exists()
    assert len(list(Path("p").iterdir())) == 3


def show_table(monkeypatch: pytest.MonkeyPatch, *paths: str) -> tuple[list[str], list[str]]:
    """Runs the screen that a terminal of 60 columns gets; returns its two outputs."""
    stdout, stderr = io.StringIO(), io.StringIO()

    def console(**options: object) -> Console:
        is_error = bool(options.pop("stderr", False))
        return Console(file=stderr if is_error else stdout, width=60, **options)  # type: ignore

    monkeypatch.setattr(screen, "Console", console)
    with Screen(Output.TABLE, quiet=False) as shown:
        summary = score(FakeClassifier(), paths, hooks=shown.hooks)  # type: ignore[arg-type]
    shown.finish(summary, out=None, plan=None)
    lines = [line.rstrip() for line in stdout.getvalue().splitlines()]
    return lines, stderr.getvalue().splitlines()


def test_few_photos_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout, stderr = show_table(monkeypatch, "p")
    assert stdout == [
        "path       verdict  p_cat           p_dog",
        "p/a.jpg    dog      0.105 █░░░░░░░  0.895 ███████░",
        "p/bad.jpg  failed",
        "p/cut.jpg  cat      0.785 ██████░░  0.215 ██░░░░░░",
        "p/bad.jpg: Cannot decode the photo: it is bad.",
        "p/cut.jpg: cut short",
    ]
    assert len(stderr) == 1


def test_both_and_neither_have_two_bars_each(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout, stderr = show_table(monkeypatch, *write_both_and_neither())
    assert stdout == [
        "path           verdict  p_cat           p_dog",
        "q/both.jpg     both     0.750 ██████░░  0.750 ██████░░",
        "q/neither.jpg  neither  0.250 ██░░░░░░  0.250 ██░░░░░░",
    ]
    assert stderr[0].startswith("2 photos: 0 cats, 0 dogs, 1 both, 1 neither (")


def write_both_and_neither() -> list[str]:
    Path("q").mkdir()
    for label in ("both", "neither"):
        Path(f"q/{label}.jpg").write_bytes(label.encode())
    return ["q/both.jpg", "q/neither.jpg"]


def test_totals_as_json_count_every_label() -> None:
    paths = write_both_and_neither()
    totals = json.loads(predict("p", *paths, "--json", "--out", "a.csv").stdout)
    counts = [totals[name] for name in ("cats", "dogs", "both", "neither", "failed")]
    assert counts == [1, 1, 1, 1, 1]


def test_sorting_makes_a_folder_for_both_and_neither_only_if_needed() -> None:
    predict("p", "--sort-into", "s", "--quiet")
    assert sorted(path.name for path in Path("s").iterdir()) == ["cat", "dog"]
    predict("p", *write_both_and_neither(), "--sort-into", "s", "--quiet")
    assert sorted(path.name for path in Path("s").iterdir()) == ["both", "cat", "dog", "neither"]
    assert Path("s/neither/neither.jpg").read_bytes() == b"neither"


def test_many_photos_are_totals_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    make_photos(Path("many"), 60)
    stdout, stderr = show_table(monkeypatch, "many")
    assert stdout == []
    assert stderr[0].startswith("60 photos: ")
    assert stderr[1] == "To keep the answers, give a table to write: --out answers.csv"
