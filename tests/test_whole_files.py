from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catordog.whole_files import write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def umask() -> Iterator[int]:
    """An unusual one, so that a mode can only come from it."""
    before = os.umask(0o026)
    yield 0o026
    os.umask(before)


def test_bytes_are_written_and_the_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    with write_whole(path) as file:
        file.write(b"\x00\xff\r\n")
        assert not path.exists()  # not before it is whole
    assert path.read_bytes() == b"\x00\xff\r\n"
    assert names(path.parent) == ["file"]


def test_text_keeps_its_line_ends_and_names_that_are_not_utf8(tmp_path: Path) -> None:
    with write_whole(tmp_path / "file", text=True) as file:
        file.write("ä\n\r\ncaf\udce9\r")
    assert (tmp_path / "file").read_bytes() == "ä\n\r\ncaf".encode() + b"\xe9\r"


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_error_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error), write_whole(path) as file:
        file.write(b"half of the new")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_unwritable_text_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(UnicodeEncodeError), write_whole(path, text=True) as file:
        file.write("\ud800")  # half a character, and no byte of a file name
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_where_no_file_can_be_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    for path in (tmp_path / "folder", tmp_path / "file" / "below", Path(os.devnull) / "x"):
        with pytest.raises(OSError), write_whole(path) as file:
            file.write(b"new")
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []
    assert (tmp_path / "file").read_bytes() == b"old"


def test_longest_name_a_folder_can_hold_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)  # 254 bytes of 255
    with write_whole(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_mode_is_that_of_any_new_file(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "file"
    path.touch(mode=0o600)
    with write_whole(path) as file:
        file.write(b"new")
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_mask_of_the_process_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # It can be read only by setting it, and two threads that do so may leave it at 0.
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the process's mask was set"))
    with write_whole(tmp_path / "file") as file:
        file.write(b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_concurrent_writers_leave_one_whole_file_and_readers_see_no_half(tmp_path: Path) -> None:
    path, size = tmp_path / "file", 300_000
    path.write_bytes(b"\x00" * size)
    seen: set[tuple[int, int]] = set()
    is_over = threading.Event()

    def write(value: int) -> None:
        with write_whole(path) as file:
            for _ in range(30):
                file.write(bytes([value]) * (size // 30))

    def read() -> None:
        while not is_over.is_set():
            data = path.read_bytes()
            seen.add((len(data), len(set(data))))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with ThreadPoolExecutor(8) as executor:
            list(executor.map(write, range(1, 101)))
    finally:
        is_over.set()
        reader.join()
    assert seen == {(size, 1)}
    assert path.stat().st_size == size
    assert names(tmp_path) == ["file"]
