from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catordog.data.photos import PhotoReader
from catordog.data.sources import open_source
from catordog.errors import DatasetError, ImageReadError
from catordog.labels import Label

OXFORD_NAMES = ("Abyssinian_1", "Abyssinian_10", "Abyssinian_2", "yorkshire_terrier_3")
OXFORD = {
    "annotations/list.txt": b"#Image CLASS-ID SPECIES BREED ID\n#ID: 1:37 class ids\n"
    b"Abyssinian_10 1 1 1\nAbyssinian_2 1 1 1\nyorkshire_terrier_3 37 2 25\nAbyssinian_1 1 1 1\n",
    "annotations/trainval.txt": b"Abyssinian_10 1 1 1\nyorkshire_terrier_3 37 2 25\n",
    "annotations/test.txt": b"Abyssinian_2 1 1 1\n",
    "annotations/trimaps/Abyssinian_10.png": b"mask",
    "annotations/xmls/Abyssinian_10.xml": b"<annotation>",
    "images/Abyssinian_100.mat": b"MATLAB 5.0",
    "images/unlisted_1.jpg": b"",
    **{f"images/{name}.jpg": name.encode() for name in OXFORD_NAMES if name != "Abyssinian_2"},
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("packaging", ["folder", "doubled folders", "zip", "zips"])
def test_oxford_labels_breeds_and_splits_come_from_its_lists(
    packaging: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "oxford", {f"oxford-iiit-pet/{k}": v for k, v in OXFORD.items()})
    if packaging == "zip":
        path = pack(tmp_path / "oxford.zip", OXFORD)
    if packaging == "doubled folders":
        doubled = {f"{name.partition('/')[0]}/{name}": data for name, data in OXFORD.items()}
        path = write(tmp_path / "doubled", doubled)
    if packaging == "zips":
        path = tmp_path / "zips"
        path.mkdir()
        for part in ("images", "annotations"):
            files = {name: data for name, data in OXFORD.items() if name.startswith(part)}
            pack(path / f"{part}.zip", files)
    source = open_source(str(path))
    assert source.layout == "Oxford-IIIT Pet"
    assert [(item.id, item.label, item.breed, item.split) for item in source.examples] == [
        ("images/Abyssinian_1.jpg", Label.CAT, "Abyssinian", ""),
        ("images/Abyssinian_2.jpg", Label.CAT, "Abyssinian", "test"),
        ("images/Abyssinian_10.jpg", Label.CAT, "Abyssinian", "train"),
        ("images/yorkshire_terrier_3.jpg", Label.DOG, "yorkshire_terrier", "train"),
    ]
    assert source.skipped == {".txt": 3, ".xml": 1, ".mat": 1, ".png": 1, ".jpg": 1}
    with PhotoReader() as reader:
        for item in source.examples:
            if "Abyssinian_2" in item.id:
                with pytest.raises(ImageReadError, match=r"Abyssinian_2\.jpg"):
                    reader.read(item.photo)
            else:
                assert reader.read(item.photo) == Path(item.id).stem.encode()


@pytest.mark.parametrize("line", ["Abyssinian_1 1 3 1", "Abyssinian_1 1", "Abyssinian_10 1 1 1"])
def test_damaged_oxford_list_is_told_with_its_line(line: str, tmp_path: Path) -> None:
    files = OXFORD | {"annotations/list.txt": f"# a\nAbyssinian_10 1 1 1\n{line}\n".encode()}
    with pytest.raises(DatasetError, match=rf"list\.txt', line 3: .*'{line}'"):
        open_source(str(write(tmp_path, files)))


def manifest(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> str:
    (tmp_path / "list.csv").write_text(text, encoding=encoding)
    return str(tmp_path / "list.csv")


def test_manifest_keeps_order_and_says_what_each_column_says(tmp_path: Path) -> None:
    write(tmp_path, {"b/1.jpg": b"1", "a.jpg": b"a"})
    outside = tmp_path / "a.jpg"
    source = open_source(
        manifest(
            tmp_path,
            "id,path,label,split,breed\n"
            f"one,b/1.jpg, Cats ,validation,Bengal\n\n,{outside},DOG,,\n"
            "three,gone.jpg,Neither,test1,\nfour,b\\1.jpg,both,train,\nfive,./a.jpg,,,\n",
        )
    )
    assert source.layout == "manifest"
    assert [
        (item.id, item.label, item.split, item.breed, item.photo.path) for item in source.examples
    ] == [
        ("one", Label.CAT, "val", "Bengal", str(tmp_path / "b/1.jpg")),
        (str(outside), Label.DOG, "", "", str(outside)),
        ("three", Label.NEITHER, "test", "", str(tmp_path / "gone.jpg")),
        ("four", Label.BOTH, "train", "", str(tmp_path / "b/1.jpg")),
        ("five", None, "", "", str(tmp_path / "a.jpg")),
    ]
    with PhotoReader() as reader:
        read = [reader.read(item.photo) for item in source.examples if item.id != "three"]
        assert read == [b"1", b"a", b"1", b"a"]
        with pytest.raises(ImageReadError, match=r"gone\.jpg"):
            reader.read(source.examples[2].photo)


def test_manifest_leads_into_zips(tmp_path: Path) -> None:
    train = pack(tmp_path / "train.zip", {"train/cat.0.jpg": b"cat"})
    pack(tmp_path / "outer.zip", {"inner/train.zip": train.read_bytes()})
    write(tmp_path, {"folder.zip/1.jpg": b"no zip"})
    paths = ("train.zip/train/cat.0.jpg", "outer.zip/inner/train.zip/train/cat.0.jpg",
             "folder.zip/1.jpg", "train.zip/gone.jpg")  # fmt: skip
    source = open_source(manifest(tmp_path, "path,label\n" + "".join(f"{p},cat\n" for p in paths)))
    assert [item.id for item in source.examples] == list(paths)
    with PhotoReader() as reader:
        read = [reader.read(item.photo) for item in source.examples[:3]]
        assert read == [b"cat", b"cat", b"no zip"]
        with pytest.raises(ImageReadError, match=r"train\.zip/gone\.jpg"):
            reader.read(source.examples[3].photo)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,label\na.jpg,cat\nb.jpg,kitten\n",
         r"line 3: expected a label \(cat, dog, both, neither or empty\), received 'kitten'"),
        ("path,label,split\na.jpg,cat,holdout\n",
         r"line 2: expected a split \(train, val, test or empty\), received 'holdout'"),
        ("path,label\n,cat\n", "line 2: expected a path, received an empty one"),
        ("path,label\na.jpg,cat\nb.jpg,dog\na.jpg,dog\n",
         r"line 4: expected each id once, received 'a\.jpg' a second time \(line 2\)"),
        ("path,label\na.jpg,cat,dog\n", "line 2: expected 2 columns, received 3"),
        ("id,label\n1,0\n", "expected columns path and label .*received id, label"),
        ("path,label,label\na.jpg,cat,dog\n", "each once, received path, label, label"),
        ("path,label\n", "expected a row for each photo, received none"),
        ("", "received none"),
        ('path,label\n"a.jpg"x,cat\n', "in UTF-8, received one that cannot be read"),
    ],
)  # fmt: skip
def test_manifest_that_is_wrong_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=said):
        open_source(manifest(tmp_path, text))


def test_manifest_as_spreadsheets_write_it(tmp_path: Path) -> None:
    text = "path;label\r\nkäthe, 1.jpg;Dog\r\n"
    [example] = open_source(manifest(tmp_path, text, encoding="utf-8-sig")).examples
    assert (example.id, example.label) == ("käthe, 1.jpg", Label.DOG)
    with pytest.raises(DatasetError, match="Save it again as CSV UTF-8"):
        open_source(manifest(tmp_path, text, encoding="cp1252"))


def test_manifest_beside_photos_is_not_opened_with_their_folder(tmp_path: Path) -> None:
    manifest(tmp_path, "path,label\ncat/1.jpg,dog\n")
    source = open_source(str(write(tmp_path, {"cat/1.jpg": b""})))
    assert (source.layout, source.skipped) == ("class folders", Counter({".csv": 1}))


def test_parquet_manifest_reads_as_csv_does(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    rows = {"path": ["a.jpg", "b.jpg"], "label": ["Dogs", None], "split": ["val", None]}
    pq.write_table(pa.table({**rows, "width": [1, 2]}), path)
    source = open_source(str(path))
    assert source.layout == "manifest"
    assert [(item.id, item.label, item.split) for item in source.examples] == [
        ("a.jpg", Label.DOG, "val"),
        ("b.jpg", None, ""),
    ]
    pq.write_table(pa.table({**rows, "label": ["dog", "bird"]}), path)
    with pytest.raises(DatasetError, match=r"list\.parquet', row 1: .*received 'bird'"):
        open_source(str(path))
