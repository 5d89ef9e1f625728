from __future__ import annotations

import io
import os
import struct
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest

from catordog.data import inner_zips
from catordog.data.photos import Photo, PhotoReader
from catordog.data.sources import open_source
from catordog.errors import DatasetError, ImageReadError

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def zipped(members: dict[str, bytes], method: int = STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def open_files() -> int:
    """How many files this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def photo_in(outer: Path, member: str) -> Photo:
    return Photo(f"{outer}/train.zip/{member}", f"{outer}/train.zip", member)


@pytest.fixture(params=[STORED, DEFLATED], ids=["stored", "deflated"])
def outer(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    inner = zipped({f"train/cat.{n}.jpg": b"%d" % n * 3000 for n in range(100)}, DEFLATED)
    path = tmp_path / "outer.zip"
    path.write_bytes(
        b"bytes before the zip" + zipped({"a.txt": b"a", "train.zip": inner}, request.param)
    )
    return path


def test_threads_read_an_inner_zip(outer: Path) -> None:
    examples = open_source(str(outer)).examples
    assert len(examples) == 100
    wrong = []
    with PhotoReader() as reader:

        def read(step: int) -> None:
            for n in range(100):
                at = n * step % 100
                if reader.read(examples[at].photo) != b"%d" % at * 3000:
                    wrong.append(at)

        threads = [threading.Thread(target=read, args=(step,)) for step in (1, 3, 7, 99)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_inner_zip_is_opened_once(outer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_inner = inner_zips.open_inner
    monkeypatch.setattr(
        "catordog.data.zips.open_inner",
        lambda *arguments: opened.append(arguments) or open_inner(*arguments),
    )
    with PhotoReader() as reader:
        for n in (99, 0, 50):
            assert reader.read(photo_in(outer, f"train/cat.{n}.jpg")) == b"%d" % n * 3000
    assert len(opened) == 1


def test_leaving_the_reader_closes_what_it_opened(outer: Path) -> None:
    before = open_files()
    with PhotoReader() as reader:
        reader.read(photo_in(outer, "train/cat.0.jpg"))
    assert open_files() == before
    assert list(outer.parent.iterdir()) == [outer]


def test_missing_member_is_an_error_of_the_photo(outer: Path) -> None:
    with PhotoReader() as reader, pytest.raises(ImageReadError, match=r"train\.zip/gone\.jpg"):
        reader.read(photo_in(outer, "gone.jpg"))
    with PhotoReader() as reader, pytest.raises(ImageReadError, match=r"outer\.zip/none\.zip'"):
        reader.read(Photo(f"{outer}/none.zip/a.jpg", f"{outer}/none.zip", "a.jpg"))


def test_bomb_ends_in_a_clear_error_and_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inner_zips, "MAX_INNER_BYTES", 100_000)
    inner = zipped({"train/cat.0.jpg": bytes(200_000)})
    path = tmp_path / "o.zip"
    path.write_bytes(zipped({"train.zip": inner}, DEFLATED))
    with pytest.raises(DatasetError, match=r"at most 100000 bytes inflated, received 200\d\d\d"):
        open_source(str(path))
    lie = path.read_bytes().replace(struct.pack("<L", len(inner)), struct.pack("<L", 99_000))
    path.write_bytes(lie)
    made: list[object] = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda **options: made.append(1) or make(**options)
    )
    with PhotoReader() as reader:
        for _ in range(3):
            with pytest.raises(ImageReadError, match=r"o\.zip/train\.zip'.*whole zip"):
                reader.read(photo_in(path, "train/cat.0.jpg"))
    assert made == [1]


def test_no_room_to_inflate_is_said(outer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", fail)
    with zipfile.ZipFile(outer) as archive:
        is_stored = archive.getinfo("train.zip").compress_type == STORED
    if is_stored:
        assert len(open_source(str(outer)).examples) == 100
    else:
        with pytest.raises(DatasetError, match=r"expected room for \d+ bytes.*Set TMPDIR"):
            open_source(str(outer))


def test_inner_zip_of_another_method_or_encrypted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.zip"
    path.write_bytes(zipped({"train.zip": zipped({"cat.0.jpg": b"0"})}, zipfile.ZIP_LZMA))
    with pytest.raises(DatasetError, match="compression method 14"):
        open_source(str(path))
    data = bytearray(zipped({"train.zip": b"no zip"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DatasetError, match=r"password.*train\.zip"):
        open_source(str(path))


def test_window_is_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"..0123456789..")
    with inner_zips.Window(str(path), 2, 10) as window:
        assert window.read() == b"0123456789"
        assert (window.seek(-3, io.SEEK_END), window.read(9)) == (7, b"789")
        assert (window.seek(2), window.read(2), window.tell()) == (2, b"23", 4)
        assert (window.seek(20), window.read(1)) == (20, b"")
        with pytest.raises(ValueError, match="before the start"):
            window.seek(-1)


def test_stamp_is_the_size_and_the_age_of_what_lies_on_disk(outer: Path, tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "cat.jpg", ns=(0, 7))
    os.utime(outer, ns=(0, 9_000_000_000))
    with PhotoReader() as reader:
        assert reader.stamp(Photo(f"{tmp_path}/cat.jpg", None, "cat.jpg")) == (5, 7)
        assert reader.stamp(photo_in(outer, "train/cat.10.jpg")) == (6000, 9_000_000_000)
        assert reader.stamp(Photo(f"{outer}/a.txt", str(outer), "a.txt")) == (1, 9_000_000_000)
    os.utime(outer, ns=(0, 10_000_000_000))
    with PhotoReader() as reader:
        assert reader.stamp(photo_in(outer, "train/cat.10.jpg"))[1] == 10_000_000_000


@pytest.mark.parametrize(
    ("path", "archive"),
    [("gone.jpg", None), ("nul\0", None), ("gone.zip/a.jpg", "gone.zip"),
     ("{}/gone.jpg", "{}"), ("{}/train.zip/gone.jpg", "{}/train.zip")],
)  # fmt: skip
def test_stamp_of_what_is_missing_is_an_error(path: str, archive: str | None, outer: Path) -> None:
    photo = Photo(path.format(outer), archive and archive.format(outer), "")
    with PhotoReader() as reader, pytest.raises(ImageReadError, match="Cannot read"):
        reader.stamp(photo)


def test_stamps_are_cheap(outer: Path) -> None:
    with PhotoReader() as reader:
        photo = photo_in(outer, "train/cat.0.jpg")
        reader.stamp(photo)
        began_s = time.process_time()
        for _ in range(5000):
            reader.stamp(photo)
        assert time.process_time() - began_s < 0.5  # takes 0.02; a look into the zip takes 5
