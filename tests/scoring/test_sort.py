from __future__ import annotations

import errno
import os
import sys
import zipfile
from pathlib import Path

import pytest

from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ConfigError, OutputError
from catordog.scoring.score import score
from catordog.scoring.sort import SortMode, SortPlan, SortSummary, safe_parts, sort_photos
from catordog.scoring.summary import Hooks, ScoringInterrupted
from tests.scoring.fake_classifier import FakeClassifier

DIR = Path("s")
OUT = Path("a.csv")
COPY, MOVE, LINK = (SortPlan(DIR, mode) for mode in SortMode)


def write(*paths: str, data: bytes | None = None) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(path.encode() if data is None else data)


def tree(folder: str | Path = DIR) -> dict[str, bytes]:
    root = Path(folder)
    files = (path for path in sorted(root.rglob("*")) if not path.is_dir())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def sort(plan: SortPlan, *labelled: tuple[str, str | None]) -> SortSummary:
    """Sorts files, each found below its own first folder."""
    photos = ((Photo(path, None, path.partition("/")[2]), label) for path, label in labelled)
    with PhotoReader() as reader:
        return sort_photos(photos, plan, reader)


def test_copies_keep_sub_folders_times_and_sources() -> None:
    write("p/x/a.jpg", "p/b.jpg", "p/c.jpg")
    os.utime("p/b.jpg", (1e9, 1e9))
    summary = sort(COPY, ("p/x/a.jpg", "cat"), ("p/b.jpg", "dog"), ("p/c.jpg", None))
    assert tree() == {"cat/x/a.jpg": b"p/x/a.jpg", "dog/b.jpg": b"p/b.jpg"}
    assert (DIR / "dog/b.jpg").stat().st_mtime == 1e9
    assert len(tree("p")) == 3
    assert summary == SortSummary(placed=2, unanswered=1)


@pytest.mark.parametrize("plan", [COPY, MOVE, LINK])
def test_repeating_changes_nothing(plan: SortPlan) -> None:
    write("p/a.jpg", "q/a.jpg", "r/a.jpg")
    everything = [("p/a.jpg", "cat"), ("q/a.jpg", "cat"), ("r/a.jpg", "cat")]
    assert sort(plan, *everything).placed == 3
    first = tree()
    assert first == {
        "cat/a.jpg": b"p/a.jpg",
        "cat/a (2).jpg": b"q/a.jpg",
        "cat/a (3).jpg": b"r/a.jpg",
    }
    assert sort(plan, *everything) == SortSummary(already=3)
    assert tree() == first


def test_a_file_of_the_user_is_never_overwritten() -> None:
    write("p/a.jpg")
    write("s/cat/a.jpg", "s/cat/a (2).jpg", data=b"mine")
    Path("s/cat/a (3).jpg").symlink_to("nowhere")
    sort(MOVE, ("p/a.jpg", "cat"))
    assert Path("s/cat/a.jpg").read_bytes() == Path("s/cat/a (2).jpg").read_bytes() == b"mine"
    assert Path("s/cat/a (4).jpg").read_bytes() == b"p/a.jpg"
    assert not Path("p/a.jpg").exists()


def test_a_photo_to_move_stays_where_an_identical_one_lies_already() -> None:
    write("p/a.jpg", "s/cat/a.jpg", data=b"same")
    assert sort(MOVE, ("p/a.jpg", "cat")) == SortSummary(already=1)
    assert Path("p/a.jpg").exists()


def test_links_lead_to_the_photo() -> None:
    write("p/a.jpg")
    sort(LINK, ("p/a.jpg", "dog"))
    assert Path("s/dog/a.jpg").readlink() == Path("p/a.jpg").absolute()


def test_moved_link_still_leads_to_its_photo() -> None:
    write("far/a.jpg")
    Path("p").mkdir()
    Path("p/l.jpg").symlink_to("../far/a.jpg")
    sort(MOVE, ("p/l.jpg", "cat"))
    assert tree() == {"cat/l.jpg": b"far/a.jpg"}
    assert Path("far/a.jpg").exists()
    assert not Path("p/l.jpg").is_symlink()


def test_move_to_another_disk_copies_then_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    write("p/a.jpg")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self == Path("p/a.jpg"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    sort(MOVE, ("p/a.jpg", "cat"))
    assert (tree(), tree("p")) == ({"cat/a.jpg": b"p/a.jpg"}, {})


def test_missing_photo_is_counted() -> None:
    write("p/b.jpg")
    assert sort(COPY, ("p/a.jpg", "cat"), ("p/b.jpg", "cat")) == SortSummary(placed=1, missing=1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' chmod does not protect folders")
def test_folder_that_cannot_be_written_is_an_output_error() -> None:
    write("p/a.jpg", "s/cat")
    with pytest.raises(OutputError, match=r"Cannot copy 'p/a\.jpg' into 's/cat'.*same command"):
        sort(COPY, ("p/a.jpg", "cat"))


def test_file_in_the_place_of_the_folder_is_refused() -> None:
    write("p/a.jpg", "s")
    with pytest.raises(ConfigError, match="received a file"):
        score(FakeClassifier(), ["p"], sort=COPY)


def test_zip_members_are_copied_inside_the_folder_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b/c")
    with zipfile.ZipFile("t.zip", "w") as archive:
        for name in ("x/a.jpg", "../../evil.jpg", "/abs.jpg"):
            archive.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6)), name)
    summary = score(FakeClassifier(), ["t.zip"], sort=COPY)
    assert summary.sorted == SortSummary(placed=3)
    names = {name.partition("/")[2] for name in tree()}
    assert names == {"x/a.jpg", "evil.jpg", "abs.jpg"}
    assert len(tree(tmp_path)) == 3 + len(["t.zip"])
    copied = next(DIR.rglob("a.jpg"))
    assert abs(copied.stat().st_mtime - 981_173_106) < 86_400
    assert score(FakeClassifier(), ["t.zip"], sort=COPY).sorted == SortSummary(already=3)


@pytest.mark.parametrize("plan", [MOVE, LINK])
def test_zip_members_cannot_be_moved_or_linked(plan: SortPlan) -> None:
    with zipfile.ZipFile("t.zip", "w") as archive:
        archive.writestr("a.jpg", b"a")
    classifier = FakeClassifier()
    with pytest.raises(ConfigError, match=r"'t\.zip/a\.jpg'.*Use --copy"):
        score(classifier, ["t.zip"], sort=plan, out=OUT)
    assert (classifier.seen, [path.name for path in Path().iterdir()]) == (0, ["t.zip"])


def test_dry_run_tells_each_step_and_touches_nothing() -> None:
    write("p/a.jpg", "q/a.jpg", "p/bad.jpg", data=b"bad")
    write("p/a.jpg", "q/a.jpg", data=b"photo 1")
    lines: list[str] = []
    plan = SortPlan(DIR, SortMode.MOVE, dry_run=True)
    hooks = Hooks(on_line=lines.append)
    summary = score(FakeClassifier(), ["p", "q"], sort=plan, hooks=hooks)
    label = lines[0].split("/")[-2]
    assert lines == [f"move p/a.jpg -> s/{label}/a.jpg", f"move q/a.jpg -> s/{label}/a (2).jpg"]
    assert summary.sorted == SortSummary(placed=2, unanswered=1)
    assert not DIR.exists()
    assert len(tree("p") | tree("q")) == 2


def test_folder_is_no_source_of_photos() -> None:
    write("p/a.jpg")
    plan = SortPlan(Path("p/sorted"))
    assert score(FakeClassifier(), ["p"], sort=plan).sorted == SortSummary(placed=1)
    assert score(FakeClassifier(), ["p"], sort=plan).sorted == SortSummary(already=1)
    assert score(FakeClassifier(), ["p"], sort=SortPlan(Path("p"))).photos == 2


@pytest.mark.parametrize("label", ["both", "neither"])
def test_folder_of_photos_that_are_no_single_pet_is_no_source_either(label: str) -> None:
    write("p/a.jpg", data=label.encode())
    plan = SortPlan(Path("p"))
    assert score(FakeClassifier(), ["p"], sort=plan).sorted == SortSummary(placed=1)
    assert tree("p") == {"a.jpg": label.encode(), f"{label}/a.jpg": label.encode()}
    assert score(FakeClassifier(), ["p"], sort=plan).photos == 1


@pytest.mark.parametrize("stop_after", [0, 1, 3, 5])
def test_interrupted_move_carries_on(stop_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    write(*(f"p/{n}.jpg" for n in range(6)))
    rename, moved = Path.rename, []

    def stop(self: Path, target: Path) -> Path:
        if len(moved) == stop_after:
            raise KeyboardInterrupt
        moved.append(self)
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop)
        with pytest.raises(ScoringInterrupted):
            score(FakeClassifier(), ["p"], out=OUT, sort=MOVE)
    table = OUT.read_bytes()
    assert table.count(b"\n") == 7  # final before the first photo moves

    with pytest.raises(ConfigError, match="expected the command that was stopped"):
        score(FakeClassifier(), ["p"], out=OUT)
    write("p/new.jpg")
    with pytest.raises(ConfigError, match=r"'p/new\.jpg' too"):
        score(FakeClassifier(), ["p"], out=OUT, sort=MOVE)
    Path("p/new.jpg").unlink()
    dry = SortPlan(DIR, SortMode.MOVE, dry_run=True)
    assert score(FakeClassifier(), ["p"], out=OUT, sort=dry).sorted == SortSummary(
        placed=6 - stop_after, already=stop_after
    )

    classifier = FakeClassifier()
    summary = score(classifier, ["p"], out=OUT, sort=MOVE)
    assert summary.sorted == SortSummary(placed=6 - stop_after, already=stop_after)
    assert (classifier.seen, OUT.read_bytes(), len(tree()), tree("p")) == (0, table, 6, {})
    assert not Path("a.csv.partial").exists()


def test_finished_table_is_sorted_from_without_answering() -> None:
    write("p/a.jpg", "p/b.jpg")
    score(FakeClassifier(), ["p"], out=OUT)
    classifier = FakeClassifier()
    summary = score(classifier, ["p"], out=OUT, sort=MOVE)
    assert (classifier.seen, summary.sorted) == (0, SortSummary(placed=2))


@pytest.mark.parametrize(
    ("relative", "parts"), [("a/../../b.jpg", ["a", "b.jpg"]), ("../..", ["photo"])]
)
def test_relative_paths_cannot_climb(relative: str, parts: list[str]) -> None:
    assert safe_parts(relative) == parts
