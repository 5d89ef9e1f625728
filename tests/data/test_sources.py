from __future__ import annotations

import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from catordog.data.photos import PhotoReader
from catordog.data.sources import LAYOUTS, Source, open_source
from catordog.errors import ConfigError, DatasetError

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
KAGGLE = {
    **{f"train/{label}.{n}.jpg": f"{label} {n}".encode() for label in ("cat", "dog")
       for n in (0, 2, 10)},
    **{f"test1/{n}.jpg": b"test %d" % n for n in (1, 2, 10, 100)},
}  # fmt: skip
CSV = {"sampleSubmission.csv": b"id,label\n1,0\n"}


def fold(folder: Path, members: dict[str, bytes]) -> Path:
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def pack(path: Path, members: dict[str, bytes], method: int = DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def below(members: dict[str, bytes], *folders: str) -> dict[str, bytes]:
    return {name: data for name, data in members.items() if name.startswith(folders)}


def under(folder: str, members: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in members.items()}


def inner_zips(tmp: Path, members: dict[str, bytes], method: int = STORED) -> dict[str, bytes]:
    """Packs each top folder as a zip of its own, as Kaggle does; stored or deflated inside."""
    names = sorted({name.partition("/")[0] for name in members})
    return {
        f"{name}.zip": pack(tmp / f"parts{method}/{name}.zip", below(members, f"{name}/"), method)
        .read_bytes()
        for name in names
    }  # fmt: skip


def rows(source: Source) -> list[tuple[str, str, str, bytes]]:
    """What does not depend on the packaging: id, label, split and the bytes."""
    with PhotoReader() as reader:
        return [
            (example.id, str(example.label), example.split, reader.read(example.photo))
            for example in source.examples
        ]


def labels(source: Source) -> dict[str, str]:
    return {example.id: str(example.label) for example in source.examples}


def splits(source: Source) -> dict[str, str]:
    return {example.id: example.split for example in source.examples}


def nested(method: int, inner: int) -> Callable[[Path], Path]:
    def build(tmp: Path) -> Path:
        return pack(tmp / "dogs-vs-cats.zip", CSV | inner_zips(tmp, KAGGLE, inner), method)

    return build


def in_folder(tmp: Path) -> Path:
    pack(tmp / "down/loads/dogs-vs-cats.zip", CSV | inner_zips(tmp, KAGGLE), DEFLATED)
    return tmp / "down"


def zips_and_unpacked(tmp: Path) -> Path:
    fold(tmp / "k", CSV | inner_zips(tmp, KAGGLE) | below(KAGGLE, "train"))
    return pack(tmp / "k/dogs-vs-cats.zip", inner_zips(tmp, KAGGLE)).parent


PACKAGINGS: dict[str, Callable[[Path], Path]] = {
    "zip of stored zips": nested(STORED, DEFLATED),
    "zip of deflated zips": nested(DEFLATED, STORED),
    "zip in a folder": in_folder,
    "folder of zips": lambda tmp: fold(tmp / "k", CSV | inner_zips(tmp, KAGGLE)),
    "zips beside what is in them": zips_and_unpacked,
    "folder": lambda tmp: fold(tmp / "k", CSV | KAGGLE),
    "folder in a folder": lambda tmp: fold(tmp / "k", under("dogs-vs-cats", KAGGLE)),
    "doubled folders": lambda tmp: fold(
        tmp / "k", under("train", below(KAGGLE, "train")) | under("test1", below(KAGGLE, "test1"))
    ),
    "one zip": lambda tmp: pack(tmp / "everything.ZIP", KAGGLE),
    "one zip with a top folder": lambda tmp: pack(tmp / "a.zip", under("dogs-vs-cats", KAGGLE)),
    "folder in a zip": lambda tmp: pack(tmp / "a.zip", {"b.jpg": b""} | under("k", KAGGLE)) / "k",
    "litter": lambda tmp: fold(
        tmp / "k",
        KAGGLE | {"__MACOSX/train/._cat.0.jpg": b"", "train/.DS_Store": b"", "Thumbs.db": b""},
    ),
}


@pytest.mark.parametrize("packaging", PACKAGINGS)
def test_kaggle_reads_the_same_in_every_packaging(packaging: str, tmp_path: Path) -> None:
    source = open_source(str(PACKAGINGS[packaging](tmp_path)))
    assert source.layout == "Kaggle 2013"
    assert rows(source) == [
        *((f"test1/{n}.jpg", "None", "test", b"test %d" % n) for n in (1, 2, 10, 100)),
        *((f"train/{label}.{n}.jpg", label, "train", f"{label} {n}".encode())
          for label in ("cat", "dog") for n in (0, 2, 10)),
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["train", "test1"])
@pytest.mark.parametrize(
    "build",
    [
        lambda tmp, part, files: pack(tmp / f"{part}.zip", files),
        lambda tmp, part, files: fold(tmp, files) / part,
        lambda tmp, part, files: fold(tmp / part, files),
        lambda tmp, part, files: pack(
            tmp / f"{part}.zip", {Path(name).name: data for name, data in files.items()}
        ),
        lambda tmp, part, files: nested(DEFLATED, STORED)(tmp) / f"{part}.zip",
        lambda tmp, part, files: nested(STORED, STORED)(tmp) / f"{part}.zip" / part,
    ],
    ids=["zip", "folder", "doubled", "flat zip", "zip in zip", "folder in zip in zip"],
)
def test_kaggle_part_named_alone_keeps_its_ids(
    part: str, build: Callable[[Path, str, dict[str, bytes]], Path], tmp_path: Path
) -> None:
    whole = open_source(str(fold(tmp_path / "whole", KAGGLE)))
    alone = open_source(str(build(tmp_path / "alone", part, below(KAGGLE, part))))
    assert alone.layout == "Kaggle 2013"
    assert rows(alone) == [row for row in rows(whole) if row[0].startswith(part)]


def test_photo_in_an_inner_zip_says_where_it_is(tmp_path: Path) -> None:
    archive = nested(STORED, STORED)(tmp_path)
    photo = open_source(str(archive)).examples[-1].photo
    assert photo.path == f"{archive}/train.zip/train/dog.10.jpg"
    assert photo.archive == f"{archive}/train.zip"
    assert photo.member == "train/dog.10.jpg"


def test_redux_is_told_by_its_test_folder(tmp_path: Path) -> None:
    files = below(KAGGLE, "train") | {"test/2.jpg": b"", "test/10.jpg": b""}
    source = open_source(str(fold(tmp_path, files)))
    assert source.layout == "Kaggle Redux"
    assert [item.id for item in source.examples[:2]] == ["test/2.jpg", "test/10.jpg"]
    assert set(splits(source).values()) == {"train", "test"}


def test_folder_in_the_current_one_has_a_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold(tmp_path, KAGGLE)
    monkeypatch.chdir(tmp_path / "train")
    assert open_source(".").examples[0].id == "train/cat.0.jpg"


PETS = {
    **{f"PetImages/{label}/{n}.jpg": f"{label} {n}".encode()
       for label in ("Cat", "Dog") for n in (0, 1, 10)},
    "PetImages/Cat/666.jpg": b"",
    "PetImages/Dog/2.jpg": b"BM, not a JPEG",
    "PetImages/Cat/Thumbs.db": b"\xd0\xcf",
    "readme[1].txt": b"read me",
    "CDLA-Permissive-2.0.pdf": b"%PDF",
}  # fmt: skip


@pytest.mark.parametrize(
    "build",
    [
        lambda tmp: pack(tmp / "kagglecatsanddogs_5340.zip", PETS),
        lambda tmp: fold(tmp, PETS),
        lambda tmp: fold(tmp, PETS) / "PetImages",
        lambda tmp: pack(fold(tmp, PETS) / "copy.zip", PETS).parent,
    ],
    ids=["zip", "folder", "PetImages", "zip beside"],
)
def test_pet_images_keep_empty_and_misnamed_photos(
    build: Callable[[Path], Path], tmp_path: Path
) -> None:
    source = open_source(str(build(tmp_path)))
    assert source.layout == "Microsoft PetImages"
    assert rows(source) == [
        ("Cat/0.jpg", "cat", "", b"Cat 0"),
        ("Cat/1.jpg", "cat", "", b"Cat 1"),
        ("Cat/10.jpg", "cat", "", b"Cat 10"),
        ("Cat/666.jpg", "cat", "", b""),
        ("Dog/0.jpg", "dog", "", b"Dog 0"),
        ("Dog/1.jpg", "dog", "", b"Dog 1"),
        ("Dog/2.jpg", "dog", "", b"BM, not a JPEG"),
        ("Dog/10.jpg", "dog", "", b"Dog 10"),
    ]
    assert source.skipped["hidden"] == 1


FILTERED = {
    f"cats_and_dogs_filtered/{split}/{label}s/{label}.{n}.jpg": f"{label} {n}".encode()
    for split, numbers in (("train", (0, 1)), ("validation", (2000, 2001)))
    for label in ("cat", "dog")
    for n in numbers
}


@pytest.mark.parametrize(
    "build",
    [
        lambda tmp: pack(tmp / "a.zip", FILTERED | {"cats_and_dogs_filtered/vectorize.py": b"#"}),
        lambda tmp: fold(tmp, FILTERED),
        lambda tmp: fold(tmp, FILTERED) / "cats_and_dogs_filtered",
    ],
    ids=["zip", "folder", "inside"],
)
def test_filtered_reads_the_same_in_every_packaging(
    build: Callable[[Path], Path], tmp_path: Path
) -> None:
    source = open_source(str(build(tmp_path)))
    assert source.layout == "cats_and_dogs_filtered"
    found = rows(source)
    assert len(found) == 8
    assert found[0] == ("train/cats/cat.0.jpg", "cat", "train", b"cat 0")
    assert found[-1] == ("validation/dogs/dog.2001.jpg", "dog", "val", b"dog 2001")


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train/cat", "train"), ("Training_Set/training_set/Cats", "train"), ("valid/CATS", "val"),
        ("validation/cat", "val"), ("eval/cat", "val"), ("testing/cat", "test"),
        ("test_set/cats", "test"), ("cat/test", "test"), ("cats/2019/may", ""),
    ],
)  # fmt: skip
def test_class_folders_are_known_in_any_form(folder: str, split: str, tmp_path: Path) -> None:
    fold(tmp_path, {f"{folder}/a.jpg": b"", "other/dogs/b.jpg": b""})
    source = open_source(str(tmp_path))
    assert source.layout == "class folders"
    [cat] = [item for item in source.examples if str(item.label) == "cat"]
    assert cat.split == split


def test_doubled_folders_count_once_unless_that_hides_a_photo(tmp_path: Path) -> None:
    doubled = "training_set/training_set/cats/1.jpg"
    assert list(labels(open_source(str(fold(tmp_path / "a", {doubled: b"", "x/y.jpg": b""}))))) == [
        *("training_set/cats/1.jpg", "x/y.jpg")
    ]
    both = {doubled: b"", "training_set/cats/1.jpg": b"", "x/y.jpg": b""}
    assert len(open_source(str(fold(tmp_path / "b", both))).examples) == 3


def test_nearest_class_folder_wins_over_the_name(tmp_path: Path) -> None:
    files = ("cats/dog.3.jpg", "dogs/cats/1.jpg", "cats/old/dog/2.jpg", "both/cat.1.jpg",
             "Neither/dog.9.jpg", "unsorted/4.jpg", "unsorted/cat.4.jpg")  # fmt: skip
    source = open_source(str(fold(tmp_path, dict.fromkeys(files, b""))))
    assert source.layout == "class folders"
    assert labels(source) == {
        "both/cat.1.jpg": "both",
        "cats/dog.3.jpg": "cat",
        "cats/old/dog/2.jpg": "dog",
        "dogs/cats/1.jpg": "cat",
        "Neither/dog.9.jpg": "neither",
        "unsorted/4.jpg": "None",
        "unsorted/cat.4.jpg": "cat",
    }


def test_class_missing_in_a_split_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    files = {"train/cat/1.jpg": b"", "train/dog/1.jpg": b"", "val/dog/2.jpg": b""}
    source = open_source(str(fold(tmp_path, files)))
    assert labels(source)["val/dog/2.jpg"] == "dog"
    assert splits(source) == {
        "train/cat/1.jpg": "train", "train/dog/1.jpg": "train", "val/dog/2.jpg": "val",
    }  # fmt: skip


def test_folders_above_what_is_named_say_nothing(tmp_path: Path) -> None:
    named = fold(tmp_path / "train/cats/photos", {"dog/1.jpg": b"", "2.jpg": b""})
    source = open_source(str(named))
    assert labels(source) == {"2.jpg": "None", "dog/1.jpg": "dog"}
    assert set(splits(source).values()) == {""}
    roll = open_source(str(fold(tmp_path / "cat", {"IMG_1.jpg": b""})))
    assert labels(roll) == {"IMG_1.jpg": "None"}


def test_zips_named_after_classes_are_class_folders(tmp_path: Path) -> None:
    for label in ("cats", "dogs"):
        pack(tmp_path / f"{label}.zip", {"1.jpg": label.encode()})
    assert rows(open_source(str(tmp_path))) == [
        ("cats/1.jpg", "cat", "", b"cats"),
        ("dogs/1.jpg", "dog", "", b"dogs"),
    ]


def test_flat_names_are_labels(tmp_path: Path) -> None:
    fold(tmp_path / "p", {"cat.10.jpg": b"", "Dog.2.PNG": b"", "who.jpg": b""})
    source = open_source(str(tmp_path / "p"))
    assert source.layout == "photos named cat.N, dog.N"
    assert labels(source) == {"cat.10.jpg": "cat", "Dog.2.PNG": "dog", "who.jpg": "None"}


def test_camera_roll_has_no_labels(tmp_path: Path) -> None:
    fold(tmp_path, {"DCIM/1/IMG_1.HEIC": b"", "DCIM/2/IMG_2.jpg": b"", "DCIM/2/a.mov": b""})
    source = open_source(str(tmp_path))
    assert source.layout == "photos without labels"
    assert labels(source) == {"1/IMG_1.HEIC": "None", "2/IMG_2.jpg": "None"}
    assert source.skipped == {".mov": 1}
    [alone] = open_source(str(tmp_path / "DCIM/2/IMG_2.jpg")).examples
    assert (alone.id, alone.label) == ("IMG_2.jpg", None)


def test_file_with_a_strange_suffix_is_a_photo_if_it_begins_like_one(tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n and so on"
    files = {"cat/LICENSE": b"text", "cat/a.mat": b"MATLAB", "cat/noname": png, "cat/b.csv": png}
    for path in (fold(tmp_path / "f", files), pack(tmp_path / "f.zip", files)):
        source = open_source(str(path))
        assert list(labels(source)) == ["cat/b.csv", "cat/noname"]
        assert source.skipped == {"no suffix": 1, ".mat": 1}


def test_nothing_that_is_a_photo_is_said_with_the_layouts(tmp_path: Path) -> None:
    fold(tmp_path, {"notes.txt": b"", "b.txt": b"", "data.h5": b""})
    with pytest.raises(DatasetError) as told:
        open_source(str(tmp_path))
    assert "received 2 .txt, 1 .h5 (first: 'b.txt', " in str(told.value)
    assert all(layout in str(told.value) for layout in LAYOUTS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="received nothing"):
        open_source(str(tmp_path / "empty"))


@pytest.mark.parametrize("name", ["gone", "gone.zip", "gone.csv", "gone.zip/train", "", "nul\0"])
def test_missing_source_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="Cannot find"):
        open_source(name)


@pytest.mark.parametrize(
    "name", ["../x.jpg", "a/../../x.jpg", "/etc/x.jpg", "C:/x.jpg", "..\\x.jpg", "\\\\host\\x.jpg"]
)
def test_member_that_leads_out_of_the_zip_is_refused(name: str, tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"cat.1.jpg": b"", name: b""})
    with pytest.raises(DatasetError, match="leads out"):
        open_source(str(path))


def test_name_with_two_dots_is_no_way_out(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"cat..1.jpg": b"", "a...b/cat.1.jpg": b""})
    assert len(open_source(str(path)).examples) == 2


def test_backslashes_in_a_zip_are_folders(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"pets\\cat\\1.jpg": b"1", "pets\\dog\\2.jpg": b"2"})
    assert rows(open_source(str(path))) == [
        ("cat/1.jpg", "cat", "", b"1"),
        ("dog/2.jpg", "dog", "", b"2"),
    ]


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"cat.1.jpg": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DatasetError, match=r"password.*cat\.1\.jpg"):
        open_source(str(path))


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\5\6" + struct.pack("<HHHHIIH", *[9] * 7)])
def test_damaged_zip_is_refused_outside_and_inside(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_bytes(damage)
    with pytest.raises(DatasetError, match=r"t\.zip'.*Download or pack it again"):
        open_source(str(tmp_path / "t.zip"))
    outer = pack(tmp_path / "o.zip", {"train.zip": damage})
    with pytest.raises(DatasetError, match=r"o\.zip/train\.zip'"):
        open_source(str(outer))


def test_zips_deeper_than_two_are_not_looked_into(tmp_path: Path) -> None:
    deep = pack(tmp_path / "1/train.zip", {"cat.1.jpg": b""})
    deeper = pack(tmp_path / "2/middle.zip", {"train.zip": deep.read_bytes()})
    outer = pack(tmp_path / "3/outer.zip", {"middle.zip": deeper.read_bytes()})
    with pytest.raises(DatasetError, match=r"1 \.zip \(first: 'middle/train\.zip'\)"):
        open_source(str(outer))


def test_two_photos_with_one_id_are_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "t.zip", {"cat/1.jpg": b"", "cat\\1.jpg": b"", "dog/1.jpg": b""})
    with pytest.raises(DatasetError, match=r"'cat/1\.jpg' for .* and "):
        open_source(str(path))


def test_many_photos_are_listed_quickly(tmp_path: Path) -> None:
    path = pack(tmp_path / "train.zip", {f"train/cat.{n}.jpg": b"" for n in range(10_000)}, STORED)
    began_s = time.process_time()
    assert len(open_source(str(path)).examples) == 10_000
    assert time.process_time() - began_s < 2  # takes 0.2; anything quadratic takes minutes
