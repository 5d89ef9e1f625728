from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from catordog.data.patterns import expand
from catordog.data.photos import list_photos


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(b"photo")


def paths(*arguments: str, **options: object) -> list[str]:
    return [photo.path for photo in list_photos(arguments, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("p/**/*.jpg", ["p/1.jpg", "p/a/2.jpg", "p/a/b/10.jpg"]),
        ("./p/**/*.jpg", ["./p/1.jpg", "./p/a/2.jpg", "./p/a/b/10.jpg"]),
        ("**/2.jpg", ["p/a/2.jpg"]),
        ("p/**/**/2.jpg", ["p/a/2.jpg"]),
        ("p/**/b/**/*.jpg", ["p/a/b/10.jpg"]),
        ("*/**/b", ["p/a/b"]),
        ("p/**", ["p/"]),
        ("**", ["p"]),
        ("q/**/*.jpg", []),
        ("p/*.jpg", ["p/1.jpg"]),
    ],
)
def test_stars_stand_for_any_folders(pattern: str, expected: list[str]) -> None:
    write("p/1.jpg", "p/a/2.jpg", "p/a/b/10.jpg", "p/a/b/3.png", "p/.hidden/4.jpg")
    assert expand(pattern) == expected


def test_whole_path_may_hold_the_pattern(tmp_path: Path) -> None:
    write("[p]/a/1.jpg")
    assert expand(f"{tmp_path}/[[]p]/**/*.jpg") == [f"{tmp_path}/[p]/a/1.jpg"]


@pytest.mark.timeout(20)
def test_recursive_pattern_ends_where_links_form_loops() -> None:
    write(*(f"p/{number}.jpg" for number in range(10)))
    Path("p/again").symlink_to("../p")
    Path("p/and_again").symlink_to("../p")
    assert len(paths("p/**/*.jpg")) == 10


def test_recursive_pattern_follows_a_link_that_leads_elsewhere_once() -> None:
    write("p/1.jpg", "q/2.jpg")
    Path("p/b").symlink_to("../q")
    Path("p/a").symlink_to("../q")
    assert paths("p/**/*.jpg") == ["p/1.jpg", "p/a/2.jpg"]


def test_recursive_pattern_may_match_zips_and_folders() -> None:
    write("p/train/1.jpg")
    with zipfile.ZipFile("p/z.zip", "w") as archive:
        archive.writestr("2.jpg", b"photo")
    assert paths("p/**/*.zip", "p/**/train") == ["p/z.zip/2.jpg", "p/train/1.jpg"]


def test_recursive_pattern_leaves_out_what_is_excluded() -> None:
    write("p/1.jpg", "p/sorted/cat/2.jpg")
    assert paths("p/**/*.jpg", exclude=[Path("p/sorted")]) == ["p/1.jpg"]


@pytest.mark.parametrize("argument", ["z.zip/", "z.ZIP//"])
def test_zip_named_as_a_folder_is_opened(argument: str) -> None:
    name = argument.rstrip("/")
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("a.jpg", b"photo")
    assert paths(argument) == [f"{name}/a.jpg"]
