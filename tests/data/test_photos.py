from __future__ import annotations

import os
import struct
import sys
import threading
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from catordog.data.file_kinds import natural_key
from catordog.data.photos import Photo, PhotoReader, list_photos
from catordog.errors import ConfigError, DatasetError, ImageReadError, ImageTooLargeError
from catordog.images.picture import DecodeLimits

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture(autouse=True)
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(*paths: str, data: bytes = b"photo") -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)


def pack(path: str, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def paths(*arguments: str, **options: object) -> list[str]:
    return [photo.path for photo in list_photos(arguments, **options)]  # type: ignore[arg-type]


def test_folder_is_listed_recursively_in_natural_order() -> None:
    write("p/10.jpg", "p/2.jpg", "p/b/1.jpg", "p/B.jpg", "p/a 1.jpg", "p/noname")
    found = list(list_photos(["p"]))
    assert [photo.path for photo in found] == [
        *("p/2.jpg", "p/10.jpg", "p/a 1.jpg", "p/b/1.jpg", "p/B.jpg", "p/noname")
    ]
    assert found[3] == Photo("p/b/1.jpg", None, "b/1.jpg")


@pytest.mark.parametrize("argument", ["p/", "./p", "p/../p"])
def test_path_is_shown_as_the_folder_was_named(argument: str) -> None:
    write("p/a.jpg")
    assert paths(argument) == [f"{argument.rstrip('/')}/a.jpg"]


def test_arguments_keep_their_order() -> None:
    write("b.jpg", "a.jpg", "c/d.jpg")
    assert paths("b.jpg", "c", "a.jpg") == ["b.jpg", "c/d.jpg", "a.jpg"]


def test_what_is_no_photo_is_counted_by_suffix() -> None:
    write("p/a.jpg", "p/notes.TXT", "p/a.xmp", "p/b.xmp", "p/film.mp4", "p/inner.zip")
    write("p/.DS_Store", "p/Thumbs.db", "p/desktop.ini", "p/__MACOSX/._a.jpg", "p/.git/a.jpg")
    write("p/really.txt", data=PNG)
    skipped: Counter[str] = Counter()
    assert paths("p", skipped=skipped) == ["p/a.jpg", "p/really.txt"]
    assert skipped == {".txt": 1, ".xmp": 2, ".mp4": 1, ".zip": 1, "hidden": 5}


def test_file_named_on_its_own_is_a_photo_whatever_it_is_called() -> None:
    write("notes.txt", ".hidden.jpg")
    assert paths("notes.txt", ".hidden.jpg") == ["notes.txt", ".hidden.jpg"]


def test_folder_links_are_followed_once_and_loops_end() -> None:
    write("p/a.jpg", "elsewhere/b.jpg")
    Path("p/loop").symlink_to(Path("p").resolve())
    Path("p/out").symlink_to(Path("elsewhere").resolve())
    Path("p/out2").symlink_to(Path("elsewhere").resolve())
    Path("elsewhere/back").symlink_to(Path("p").resolve())
    Path("p/self.jpg").symlink_to("self.jpg")
    skipped: Counter[str] = Counter()
    assert paths("p", skipped=skipped) == ["p/a.jpg", "p/out/b.jpg", "p/self.jpg"]
    assert skipped == {"folder link": 3}


def test_broken_link_is_a_photo_that_cannot_be_read() -> None:
    write("p/a.jpg")
    Path("p/b.jpg").symlink_to("gone.jpg")
    assert paths("p") == ["p/a.jpg", "p/b.jpg"]
    with pytest.raises(ImageReadError, match=r"p/b\.jpg"):
        PhotoReader().open(Photo("p/b.jpg", None, "b.jpg")).read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipes_are_skipped_and_never_opened() -> None:
    write("p/a.jpg")
    os.mkfifo("p/pipe.jpg")
    Path("p/link.txt").symlink_to("pipe.jpg")
    assert paths("p") == ["p/a.jpg"]


def test_folder_that_cannot_be_listed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    write("p/a/1.jpg", "p/b/1.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path == "p/b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"Cannot list 'p/b'.*Permission denied"):
        paths("p")


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_names_that_are_not_utf8_survive() -> None:
    write("p/a.jpg")
    Path(os.fsdecode(b"p/caf\xe9.jpg")).write_bytes(b"photo")
    found = paths("p")
    assert [os.fsencode(path) for path in found] == [b"p/a.jpg", b"p/caf\xe9.jpg"]
    assert PhotoReader().open(Photo(found[1], None, "")).read_bytes() == b"photo"


def test_excluded_files_and_folders_are_left_out() -> None:
    write("p/a.jpg", "p/out.csv", "p/sorted/cat/a.jpg", "q/sorted/b.jpg")
    excluded = [Path("p/out.csv"), Path("p/sorted")]
    assert paths("p", "q", "p/out.csv", exclude=excluded) == ["p/a.jpg", "q/sorted/b.jpg"]


def test_patterns_are_expanded_and_must_match() -> None:
    write("p/10.jpg", "p/2.jpg", "p/3.png", "p/q/4.jpg", "odd[1].jpg")
    assert paths("p/*.jpg") == ["p/2.jpg", "p/10.jpg"]
    assert paths("./p/**/4.*") == ["./p/q/4.jpg"]
    assert paths("odd[1].jpg") == ["odd[1].jpg"]  # a file by that very name comes first
    with pytest.raises(ConfigError, match=r"'p/\*\.gif'.*no match"):
        paths("p/*.gif")


@pytest.mark.parametrize("argument", ["gone.jpg", "", "gone.zip/a.jpg", "a.jpg/b", "nul\0byte"])
def test_missing_argument_is_refused_but_is_a_row_in_a_list(argument: str) -> None:
    write("a.jpg")
    with pytest.raises(ConfigError, match="Cannot find"):
        paths("a.jpg", argument)
    assert paths("a.jpg", argument, missing_is_row=True) == ["a.jpg", argument]
    with PhotoReader() as reader, pytest.raises(ImageReadError):
        reader.open(Photo(argument, None, "")).read_bytes()


def test_zip_is_read_in_place_in_natural_order() -> None:
    pack("t.ZIP", **{f"train/{n}.jpg": b"%d" % n for n in (10, 2)}, **{"__MACOSX/._2.jpg": b""})
    found = list(list_photos(["t.ZIP"]))
    assert [photo.path for photo in found] == ["t.ZIP/train/2.jpg", "t.ZIP/train/10.jpg"]
    assert found[0] == Photo("t.ZIP/train/2.jpg", "t.ZIP", "train/2.jpg")
    with PhotoReader() as reader:
        assert [reader.open(photo).read_bytes() for photo in found] == [b"2", b"10"]


@pytest.mark.parametrize(
    ("argument", "relatives"),
    [("t.zip/train", ["1.jpg", "2.jpg"]), ("t.zip/train/", ["1.jpg", "2.jpg"]),
     ("t.zip/train/2.jpg", ["2.jpg"])],
)  # fmt: skip
def test_path_inside_a_zip_can_be_given(argument: str, relatives: list[str]) -> None:
    pack("t.zip", **{"train/1.jpg": b"1", "train/2.jpg": b"2", "other/3.jpg": b"3"})
    found = list(list_photos([argument]))
    assert [photo.relative for photo in found] == relatives
    assert all(photo.path == f"t.zip/train/{photo.relative}" for photo in found)


def test_zip_in_a_zip_and_texts_are_counted() -> None:
    pack("t.zip", **{"inner.zip": b"PK\3\4", "a.csv": b"1,2", "b.csv": PNG, "c.jpg": b"c"})
    skipped: Counter[str] = Counter()
    assert paths("t.zip", skipped=skipped) == ["t.zip/b.csv", "t.zip/c.jpg"]
    assert skipped == {".zip": 1, ".csv": 1}


def test_damaged_zip_is_a_dataset_error() -> None:
    pack("t.zip", **{"a.jpg": b"a" * 500})
    data = Path("t.zip").read_bytes()
    for damaged in (data[:-30], b"no zip", b""):
        write("t.zip", data=damaged)
        with pytest.raises(DatasetError, match=r"'t\.zip'.*whole zip"):
            paths("t.zip")


def test_encrypted_and_damaged_members_fail_on_their_own() -> None:
    pack("t.zip", **{"a.jpg": b"a" * 500, "b.jpg": b"b", "c.jpg": bytes(range(256)) * 8})
    data = bytearray(Path("t.zip").read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1  # the flag of a.jpg
    data[data.index(b"c.jpg") + 20] ^= 255  # inside the deflated bytes
    write("t.zip", data=bytes(data))
    with PhotoReader() as reader:
        a, b, c = list_photos(["t.zip"])
        with pytest.raises(ImageReadError, match=r"t\.zip/a\.jpg.*encrypted"):
            reader.open(a).read_bytes()
        assert reader.open(b).read_bytes() == b"b"
        with pytest.raises(ImageReadError, match=r"t\.zip/c\.jpg.*whole member"):
            reader.open(c).read_bytes()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_member_over_the_limit_is_not_inflated_even_if_the_zip_lies(method: int) -> None:
    size = 20_000_000
    pack("true.zip", method, **{"a.jpg": bytes(size), "a.csv": bytes(size)})
    lie = Path("true.zip").read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 50))
    write("lie.zip", data=lie)
    reader = PhotoReader(DecodeLimits(max_bytes=1000))
    tracemalloc.start()
    with pytest.raises((ImageTooLargeError, ImageReadError)) as told:
        reader.open(next(list_photos(["true.zip"]))).read_bytes()
    with pytest.raises(ImageReadError):
        reader.open(next(list_photos(["lie.zip"]))).read_bytes()
    assert paths("lie.zip") == ["lie.zip/a.jpg"]
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    expected = f"at most 1000 bytes, received {size}" if method == 8 else "stored or deflated"
    assert expected in str(told.value)


def test_file_over_the_limit_is_not_read() -> None:
    write("a.jpg", data=b"12345")
    reader = PhotoReader(DecodeLimits(max_bytes=4))
    with pytest.raises(ImageTooLargeError, match="at most 4 bytes, received 5"):
        reader.open(Photo("a.jpg", None, "a.jpg")).read_bytes()


def test_threads_share_a_reader() -> None:
    pack("t.zip", **{f"{n}.jpg": b"%d" % n * 5000 for n in range(200)})
    wrong = []
    with PhotoReader() as reader:

        def read() -> None:
            for number, photo in enumerate(list_photos(["t.zip"])):
                if reader.open(photo).read_bytes() != b"%d" % number * 5000:
                    wrong.append(photo)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_listing_is_lazy() -> None:
    write("a.jpg")
    photos = list_photos(iter(["a.jpg", "gone.jpg"]))
    assert next(photos).path == "a.jpg"
    with pytest.raises(ConfigError):
        next(photos)


def test_natural_key_treats_leading_zeros_and_long_numbers() -> None:
    names = ["a10", "a9", "a009", "a", "a99999999999999999999", "A9"]
    assert sorted(names, key=natural_key) == [
        *("a", "A9", "a009", "a9", "a10", "a99999999999999999999")
    ]
