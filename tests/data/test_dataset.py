from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import draw_photo

from catordog.data import load
from catordog.data.dataset import Dataset
from catordog.errors import ConfigError


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for split, count in (("train", 3), ("val", 1)):
        for label in ("cat", "dog"):
            folder = tmp_path / "photos" / split / label
            folder.mkdir(parents=True)
            for index in range(count):
                draw_photo(label, index + (label == "dog") * 100).save(folder / f"{index}.png")
    (tmp_path / "photos" / "train" / "dog" / "9.png").write_bytes(b"nothing")
    return load(str(tmp_path / "photos"), cache=tmp_path / "cache")


def test_loading_lists_without_looking(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a photo was read")

    monkeypatch.setattr("catordog.data.dataset.load_catalog", refuse)
    assert len(dataset) == len(list(dataset)) == 9
    assert dataset.counts == {"cat": 4, "dog": 5}
    assert "class folders, 9 photos: 4 cat, 5 dog" in repr(dataset)


def test_notebook_shows_the_counts_and_escapes_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "<b>pets"
    (folder / "cat").mkdir(parents=True)
    draw_photo("cat", 0).save(folder / "cat" / "a.png")
    html = load(str(folder))._repr_html_()
    assert "&lt;b&gt;pets" in html
    assert "<b>pets" not in html
    assert "<td>cat</td>" in html


def test_table_has_a_row_for_every_photo(dataset: Dataset) -> None:
    assert dataset.table["id"].to_list() == [example.id for example in dataset]
    broken = dataset.table.set_index("id").loc["train/dog/9.png"]
    assert "expected JPEG" in broken["problem"]
    assert dataset.table is dataset.table


def test_batches_hold_every_photo_that_can_be_decoded_in_order(dataset: Dataset) -> None:
    batches = list(dataset.batches(size_px=32, batch_size=3))
    assert [pixels.shape for pixels, _ in batches] == [
        (3, 32, 32, 3),
        (3, 32, 32, 3),
        (2, 32, 32, 3),
    ]
    assert {pixels.dtype for pixels, _ in batches} == {np.dtype(np.uint8)}
    labels = [example.label for example in dataset if example.id != "train/dog/9.png"]
    classes = np.concatenate([classes for _, classes in batches])
    assert classes.tolist() == [int(label == "dog") for label in labels]


def test_batches_of_one_split(dataset: Dataset) -> None:
    ((pixels, classes),) = dataset.batches(size_px=16, split="val")
    assert (pixels.shape, classes.tolist()) == ((2, 16, 16, 3), [0, 1])


def test_every_plot_draws(dataset: Dataset) -> None:
    figures = [
        dataset.plot_counts(),
        dataset.plot_photos("cat", count=2),
        dataset.plot_photos(),
        dataset.plot_sizes(),
        dataset.plot_brightness(),
        dataset.plot_sharpness(),
    ]
    for figure in figures:
        assert figure._repr_png_().startswith(b"\x89PNG")
    titles = {text.get_text() for text in figures[1].axes[0].texts}
    assert len(titles) == 2


def test_unknown_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="no_such_folder"):
        load("no_such_folder")
