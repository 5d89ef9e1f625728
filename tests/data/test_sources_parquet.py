from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catordog.data.parquet_rows import ParquetRows
from catordog.data.photos import Photo, PhotoReader
from catordog.data.sources import open_source
from catordog.errors import DatasetError, ImageReadError, ImageTooLargeError, MissingExtraError
from catordog.images.picture import DecodeLimits
from catordog.labels import Label

CAT, DOG = Label.CAT, Label.DOG


def write_shard(
    path: Path,
    photos: list[bytes | None],
    labels: list[Any] | None,
    *,
    column: str = "labels",
    names: list[str] | None = None,
    group_rows: int = 2,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": data, "path": f"{n}.jpg"} for n, data in enumerate(photos)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns: dict[str, Any] = {"image": pa.array(images, kind)}
    if labels is not None:
        columns[column] = pa.array(labels)
    table = pa.table(columns)
    if names:
        features = {column: {"names": names, "_type": "ClassLabel"}}
        text = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": text})
    pq.write_table(table, path, row_group_size=group_rows)
    return path


def photos(first: int, count: int) -> list[bytes | None]:
    return [b"photo %d" % n for n in range(first, first + count)]


def test_shards_are_numbered_across_files_by_split(tmp_path: Path) -> None:
    write_shard(tmp_path / "data/train-00001-of-00002.parquet", photos(5, 3), [0, 1, -1])
    write_shard(tmp_path / "data/train-00000-of-00002.parquet", photos(0, 5), [0, 0, 1, 1, None])
    write_shard(tmp_path / "data/test-00000-of-00001.parquet", photos(8, 1), [1])
    (tmp_path / "README.md").write_text("# Cats vs. dogs")
    source = open_source(str(tmp_path))
    assert source.layout == "Hugging Face parquet"
    assert [(item.id, item.label, item.split) for item in source.examples] == [
        ("test/0", DOG, "test"),
        *((f"train/{n}", label, "train")
          for n, label in enumerate([CAT, CAT, DOG, DOG, None, CAT, DOG, None])),
    ]  # fmt: skip
    assert source.skipped == {".md": 1}
    last = source.examples[-1].photo
    assert last.path == f"{tmp_path}/data/train-00001-of-00002.parquet/2"
    assert last.archive == f"{tmp_path}/data/train-00001-of-00002.parquet"
    with PhotoReader() as reader:
        assert [reader.read(item.photo) for item in source.examples] == [
            b"photo 8", *(b"photo %d" % n for n in range(8))
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-00000-of-00001.parquet", "train"), ("validation.parquet", "val"),
        ("train-00000-of-00001-8a6f1b7c.parquet", "train"), ("default/train/0000.parquet", "train"),
        ("photos.parquet", ""),
    ],
)  # fmt: skip
def test_split_is_read_off_the_file_or_its_folder(name: str, split: str, tmp_path: Path) -> None:
    write_shard(tmp_path / name, photos(0, 1), [0])
    [example] = open_source(str(tmp_path)).examples
    assert (example.id, example.split) == (f"{split}/0" if split else "0", split)


def test_one_file_reads_as_its_folder_does(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "train-00000-of-00001.parquet", photos(0, 3), [0, 1, 0])
    assert open_source(str(shard)).examples == open_source(str(tmp_path)).examples


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        ([0, 1], {}),
        ([0, 1], {"column": "label"}),
        ([1, 0], {"names": ["Dog", "Cat"]}),
        (["cat", "DOGS"], {}),
    ],
)
def test_labels_are_cat_and_dog_or_as_the_file_names_them(
    labels: list[Any], options: dict[str, Any], tmp_path: Path
) -> None:
    shard = write_shard(tmp_path / "train.parquet", photos(0, 2), labels, **options)
    assert [item.label for item in open_source(str(shard)).examples] == [CAT, DOG]


def test_shard_without_labels_has_none(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "test.parquet", photos(0, 2), None)
    assert [item.label for item in open_source(str(shard)).examples] == [None, None]


@pytest.mark.parametrize(
    ("labels", "names"), [([0, 7], None), ([0, 1], ["cat", "bird"]), (["cat", "bird"], None)]
)
def test_label_that_is_no_class_is_refused(
    labels: list[Any], names: list[str] | None, tmp_path: Path
) -> None:
    shard = write_shard(tmp_path / "train.parquet", photos(0, 2), labels, names=names)
    with pytest.raises(DatasetError, match=r"expected labels of cats and dogs in column 'labels'"):
        open_source(str(shard))


def test_parquet_without_photos_is_no_data_set(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "answers.parquet")
    for path in (tmp_path, tmp_path / "answers.parquet"):
        with pytest.raises(DatasetError, match=r"received 1 \.parquet"):
            open_source(str(path))


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"PAR1 and then nothing PAR1"):
        (tmp_path / "train.parquet").write_bytes(data)
        with pytest.raises(DatasetError, match=r"train\.parquet'.*Download it again"):
            open_source(str(tmp_path))


def test_photo_that_cannot_be_had_fails_on_its_own(tmp_path: Path) -> None:
    rows: list[bytes | None] = [b"a" * 50, None, b"b" * 5000, b"c"]
    shard = str(write_shard(tmp_path / "train.parquet", rows, [0, 1, 0, 1], group_rows=1))
    reader = PhotoReader(DecodeLimits(max_bytes=1000))
    with reader:

        def read(row: str) -> bytes:
            return reader.read(Photo(f"{shard}/{row}", shard, row))

        assert read("0") == b"a" * 50
        with pytest.raises(ImageReadError, match=r"expected a photo's bytes in column 'image'"):
            read("1")
        with pytest.raises(ImageTooLargeError, match="at most 1000 bytes, received 5000"):
            read("2")
        for row in ("4", "-1", "x"):
            with pytest.raises(ImageReadError, match="expected a row from 0 to 3"):
                read(row)
    gone = str(tmp_path / "gone.parquet")
    with pytest.raises(ImageReadError, match=r"gone\.parquet"):
        PhotoReader().read(Photo(f"{gone}/0", gone, "0"))


def test_damage_inside_is_an_error_of_the_photo(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "train.parquet", [b"x" * 4000] * 4, [0] * 4)
    source = open_source(str(path))
    data = bytearray(path.read_bytes())
    data[4:200] = b"\xff" * 196
    path.write_bytes(bytes(data))
    with PhotoReader() as reader, pytest.raises(ImageReadError, match="damaged"):
        reader.read(source.examples[0].photo)


def test_threads_read_rows_in_any_order_from_a_small_cache(tmp_path: Path) -> None:
    shard = str(write_shard(tmp_path / "train.parquet", photos(0, 60), [0] * 60, group_rows=7))
    store = ParquetRows(DecodeLimits(), cache_bytes=200)
    wrong: list[int] = []

    def read(step: int) -> None:
        for n in range(60):
            row = n * step % 60
            if store.read(shard, str(row)) != b"photo %d" % row:
                wrong.append(row)

    threads = [threading.Thread(target=read, args=(step,)) for step in (1, 7, 11, 59)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert wrong == []


def test_stamp_follows_the_file(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "train.parquet", photos(0, 2), [0, 1])
    photo = open_source(str(path)).examples[1].photo
    os.utime(path, ns=(1, 5_000_000_000))
    with PhotoReader() as reader:
        assert reader.stamp(photo) == (path.stat().st_size, 5_000_000_000)
        assert reader.modified_s(photo) == 5.0
        with pytest.raises(ImageReadError, match="expected a row from 0 to 1"):
            reader.stamp(Photo(f"{path}/2", str(path), "2"))


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard(tmp_path / "train.parquet", photos(0, 1), [0])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    for path in (tmp_path, tmp_path / "train.parquet"):
        with pytest.raises(MissingExtraError, match=r"catordog\[parquet\]"):
            open_source(str(path))
