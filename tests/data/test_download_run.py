from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.data.download_server import FileAnswer, Handler, Notes, describe, serving

from catordog.data.download import archives, run
from catordog.data.download.archives import ARCHIVES, Archive, RemoteFile, Way, find_archive
from catordog.data.download.disk import check_space
from catordog.data.download.receipt import RECEIPT, holds_receipt, put_in_place
from catordog.data.download.unpacking import unpack
from catordog.errors import ConfigError, DatasetError, OutputError

PHOTOS = random.Random(1).randbytes(30_000)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


def pack(members: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in special:
            tar.addfile(member)
    return gzip.compress(stream.getvalue(), mtime=0)


def publish(monkeypatch: pytest.MonkeyPatch, *files: RemoteFile, folder: str = "") -> Archive:
    archive = Archive(
        name="small",
        title="Small",
        licence="CC0",
        terms="None.",
        page="https://example.org/small",
        way=Way.HTTPS,
        folder=folder,
        files=files,
        size_bytes=sum(file.size_bytes for file in files),
        unpacked_bytes=50_000 if folder else 0,
    )
    monkeypatch.setattr(archives, "ARCHIVES", {"small": archive})
    return archive


def free(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free_bytes))


def test_published_copies_are_what_their_publishers_say() -> None:
    assert list(ARCHIVES) == ["microsoft", "kaggle", "redux", "huggingface", "oxford-pet"]
    for archive in ARCHIVES.values():
        assert archive.page.startswith("https://")
        assert archive.licence
        assert archive.terms.endswith(".")
        assert bool(archive.handle) == (archive.way is not Way.HTTPS)
        for file in archive.files:
            assert file.url.startswith("https://")
            assert file.url.endswith(f"/{file.name}")
            assert len(bytes.fromhex(file.sha256)) == 32
    assert find_archive("microsoft").files[0].size_bytes == 824_887_076
    assert [file.holds for file in find_archive("oxford-pet").files] == ["images", "annotations"]
    for name in ("microsoft", "oxford-pet"):
        archive = find_archive(name)
        assert archive.size_bytes == sum(file.size_bytes for file in archive.files)


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="microsoft, kaggle, redux, huggingface, oxford-pet"):
        run.download("imagenet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf")])
def test_endless_or_no_wait_is_refused(tmp_path: Path, timeout_s: float) -> None:
    with pytest.raises(ConfigError, match="expected more than 0"):
        run.download("microsoft", tmp_path, timeout_s=timeout_s)


def test_licence_origin_and_size_are_said_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes()
    said_before: list[str] = []
    whole = FileAnswer(PHOTOS)

    def answer(handler: Handler) -> None:
        said_before.extend(notes.said)
        whole(handler)

    with serving(answer) as server:
        publish(monkeypatch, describe(server.url, PHOTOS))
        path = run.download("small", tmp_path / "new" / "out", screen=notes)
        assert said_before == [
            "Small: https://example.org/small",
            "Licence: CC0. None.",
            f"Downloading 0 MB from {server.url}",
        ]
    assert path == tmp_path / "new" / "out" / "photos.zip"
    assert path.read_bytes() == PHOTOS


def test_whole_file_is_checked_and_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FileAnswer(PHOTOS)) as server:
        publish(monkeypatch, describe(server.url, PHOTOS))
        first = run.download("small", tmp_path)
        modified = first.stat().st_mtime_ns
        notes = Notes()
        assert run.download("small", tmp_path, screen=notes) == first
        assert len(server.requests) == 1
    assert notes.said == [f"{first} is there already, complete and verified"]
    assert notes.counts["checking photos.zip"] == [len(PHOTOS)]
    assert first.stat().st_mtime_ns == modified


@pytest.mark.parametrize("content", [b"mine", b"\0" * len(PHOTOS)])
def test_other_file_of_that_name_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "photos.zip").write_bytes(content)
    with serving(FileAnswer(PHOTOS)) as server:
        publish(monkeypatch, describe(server.url, PHOTOS))
        with pytest.raises(OutputError, match="Move it away"):
            run.download("small", tmp_path)
        assert server.requests == []
    assert (tmp_path / "photos.zip").read_bytes() == content


def test_too_little_room_is_said_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FileAnswer(PHOTOS)) as server:
        publish(monkeypatch, describe(server.url, PHOTOS))
        free(monkeypatch, len(PHOTOS) - 1)
        with pytest.raises(OutputError, match="MB free on its disk"):
            run.download("small", tmp_path)
        assert server.requests == []
        # What has arrived before needs no room any more.
        (tmp_path / "photos.zip.part").write_bytes(PHOTOS[:1])
        assert run.download("small", tmp_path).read_bytes() == PHOTOS


def test_room_is_said_in_megabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1_500_000)
    check_space(tmp_path, 1_500_000)
    with pytest.raises(OutputError, match=r"expected 3,000 MB free .* received 2 MB"):
        check_space(tmp_path, 3_000_000_000)


def test_file_where_the_folder_should_be_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="Cannot write"):
        run.download("microsoft", tmp_path / "out")


@pytest.fixture
def pets() -> Callable[[Handler], None]:
    answers = {
        "/images.tar.gz": FileAnswer(pack({"images/Abyssinian_1.jpg": PHOTOS})),
        "/annotations.tar.gz": FileAnswer(pack({"annotations/list.txt": b"Abyssinian_1 1 1 1\n"})),
    }
    return lambda handler: answers[handler.path](handler)


def publish_pets(monkeypatch: pytest.MonkeyPatch, url: str) -> Archive:
    return publish(
        monkeypatch,
        describe(url, pack({"images/Abyssinian_1.jpg": PHOTOS}), "images.tar.gz", "images"),
        describe(
            url,
            pack({"annotations/list.txt": b"Abyssinian_1 1 1 1\n"}),
            "annotations.tar.gz",
            "annotations",
        ),
        folder="pets",
    )


def test_tars_are_unpacked_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pets: Callable[[Handler], None]
) -> None:
    with serving(pets) as server:
        publish_pets(monkeypatch, server.url)
        folder = run.download("small", tmp_path)
        notes = Notes()
        assert run.download("small", tmp_path, screen=notes) == folder
        assert len(server.requests) == 2
    assert folder == tmp_path / "pets"
    assert sorted(path.name for path in folder.iterdir()) == [
        *("annotations", "annotations.tar.gz", "images", "images.tar.gz"),
    ]
    assert (folder / "images" / "Abyssinian_1.jpg").read_bytes() == PHOTOS
    assert (folder / "annotations" / "list.txt").read_text() == "Abyssinian_1 1 1 1\n"
    assert notes.said == [f"{folder} is there already, complete and verified"]


def test_unpacking_that_was_interrupted_is_done_without_fetching_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pets: Callable[[Handler], None]
) -> None:
    with serving(pets) as server:
        publish_pets(monkeypatch, server.url)

        def interrupt(archive: Path, name: str) -> Path:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(run, "unpack", interrupt)
            with pytest.raises(KeyboardInterrupt):
                run.download("small", tmp_path)
        folder = run.download("small", tmp_path)
        assert len(server.requests) == 2
    assert (folder / "images" / "Abyssinian_1.jpg").read_bytes() == PHOTOS


def make_link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "content",
    [
        pack({"images/a.jpg": b"a", "../escaped": b"b"}),
        pack({"images/a.jpg": b"a", "images/../../escaped": b"b"}),
        pack({"images/a.jpg": b"a"}, make_link("images/out", "../../escaped", tarfile.SYMTYPE)),
        pack({"images/a.jpg": b"a"}, make_link("images/out", "../escaped", tarfile.LNKTYPE)),
        pack({"images/a.jpg": b"a"}, make_link("images/dev", "", tarfile.CHRTYPE)),
        pack({"images/a.jpg": PHOTOS})[:10_000],
        b"no tar at all",
    ],
    ids=["parent", "inner parent", "symlink", "hard link", "device", "cut", "not a tar"],
)
def test_tar_that_escapes_or_is_damaged_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "pets"
    folder.mkdir()
    (folder / "images.tar.gz").write_bytes(content)
    with pytest.raises(DatasetError, match="expected a whole tar that stays in its folder"):
        unpack(folder / "images.tar.gz", "images")
    assert [path.name for path in tmp_path.rglob("*")] == ["pets", "images.tar.gz"]


def test_absolute_member_stays_in_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "escaped"
    (tmp_path / "images.tar.gz").write_bytes(pack({"images/a.jpg": b"a", str(outside): b"b"}))
    assert unpack(tmp_path / "images.tar.gz", "images") == tmp_path / "images"
    assert not outside.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "images.tar.gz"]


def test_tar_without_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.tar.gz").write_bytes(pack({"pictures/a.jpg": b"a"}))
    with pytest.raises(DatasetError, match="expected a folder 'images' in it"):
        unpack(tmp_path / "images.tar.gz", "images")
    assert [path.name for path in tmp_path.iterdir()] == ["images.tar.gz"]


def test_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    assert unpack(tmp_path / "images.tar.gz", "images") == tmp_path / "images"
    assert list((tmp_path / "images").iterdir()) == []


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    arrived = tmp_path / ".filled.part"
    (arrived / "data").mkdir(parents=True)
    (arrived / "data" / "a.parquet").write_bytes(b"photos")
    folder = tmp_path / "filled"
    return put_in_place(arrived, folder, origin="https://o", revision="r1", screen=Notes())


def test_receipt_lists_every_file_with_its_hash(filled: Path) -> None:
    assert json.loads((filled / RECEIPT).read_text()) == {
        "origin": "https://o",
        "revision": "r1",
        "files": {
            "data/a.parquet": {
                "bytes": 6,
                # printf photos | sha256sum
                "sha256": "84a6dae49cf0481203aa97872cc3301b73c406b8ac099ee36d2f849365cec06b",
            }
        },
    }
    assert not filled.with_name(".filled.part").exists()
    assert holds_receipt(filled, Notes())
    assert not holds_receipt(filled.with_name("other"), Notes())


def spoil_bytes(folder: Path) -> None:
    (folder / "data" / "a.parquet").write_bytes(b"photoz")


def spoil_size(folder: Path) -> None:
    (folder / "data" / "a.parquet").write_bytes(b"")


def spoil_receipt(folder: Path) -> None:
    (folder / RECEIPT).write_text('{"files": ["a"]}')


def spoil_all(folder: Path) -> None:
    (folder / RECEIPT).unlink()


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (spoil_bytes, "'data/a.parquet' has other bytes"),
        (spoil_size, "'data/a.parquet' is missing or of another size"),
        (spoil_receipt, "is missing or damaged"),
        (spoil_all, "is missing or damaged"),
    ],
)
def test_folder_that_differs_from_its_receipt_is_left_alone(
    filled: Path, spoil: Callable[[Path], None], wrong: str
) -> None:
    spoil(filled)
    before = sorted(filled.rglob("*"))
    with pytest.raises(OutputError, match=f"{wrong}. Move it away"):
        holds_receipt(filled, Notes())
    assert sorted(filled.rglob("*")) == before


def test_folder_of_a_client_is_not_asked_for_again(
    tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.rename(tmp_path / "cats_vs_dogs")

    def refuse(*arguments: object, **options: object) -> Path:
        raise AssertionError("it was asked for again")

    monkeypatch.setattr(run, "download_shards", refuse)
    notes = Notes()
    assert run.download("huggingface", tmp_path, screen=notes) == tmp_path / "cats_vs_dogs"
    assert notes.said == [f"{tmp_path / 'cats_vs_dogs'} is there already, complete and verified"]
