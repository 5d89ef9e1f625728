from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from catordog.explore import sentences
from catordog.plots.thumbnails import MeanPhoto


def label_table(cats: int, dogs: int, unlabelled: int = 0) -> pd.DataFrame:
    labels = ["cat"] * cats + ["dog"] * dogs + [""] * unlabelled
    return pd.DataFrame({"label": labels, "split": ""})


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((12_500, 12_500), "Cats and dogs are balanced: 12,500 and 12,500."),
        ((100, 110), "Cats and dogs are balanced: 100 and 110."),
        ((100, 320), "There are 3.2 times as many dogs as cats: 320 and 100."),
        ((60, 0), "Every labelled photo shows a cat: 60."),
        ((0, 0, 0), "There are no photos."),
        ((0, 0, 1), "The one photo has no label."),
        ((0, 0, 9), "None of the 9 photos has a label."),
        ((1, 1, 2), "Cats and dogs are balanced: 1 and 1. 50 % of all photos have no label."),
    ],
)
def test_say_counts(counts: tuple[int, ...], said: str) -> None:
    assert sentences.say_counts(label_table(*counts)) == said


def test_say_counts_compares_splits() -> None:
    table = label_table(6, 6)
    table["split"] = ["train"] * 4 + ["val"] * 2 + ["train"] * 4 + ["test"] * 2
    said = sentences.say_counts(table)
    assert said.endswith("Cats are 50 % of train, all of val and none of test.")


def size_table(*sizes: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(sizes, columns=["width", "height"], dtype="Int64")


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([(200, 200)] * 3, "Every photo has 200 x 200 pixels: 3."),
        (
            [(200, 100)] * 6 + [(50, 60), (1500, 40), (70, 80), (70, 81)],
            "60 % of the photos have exactly 200 x 100 pixels; the others are from 50 to 1,500 "
            "pixels wide and from 40 to 81 high.",
        ),
        (
            [(10, 20)] + [(side, side) for side in range(30, 39)] * 1 + [(10, 20)],
            "There are 10 different sizes",
        ),
        ([], "No photo has a known size."),
    ],
)
def test_say_sizes(sizes: list[tuple[int, int]], said: str) -> None:
    assert sentences.say_sizes(size_table(*sizes)).startswith(said)


def test_say_aspect_counts_wide_tall_and_square() -> None:
    table = size_table((300, 100), (200, 150), (100, 100), (101, 100))
    assert sentences.say_aspect(table) == (
        "50 % are wider than high and 50 % are square; "
        "25 % have one side more than twice the other."
    )
    assert sentences.say_aspect(size_table((50, 90))) == "Every photo is higher than wide."


def test_say_file_size_names_the_largest() -> None:
    sizes = pd.array([1_000, 2_000, 3_000, 4_000, 5_000_000], dtype="Int64")
    table = pd.DataFrame({"id": [*"abcd", "e\n"], "bytes": sizes})
    assert sentences.say_file_size(table) == (
        "The middle half of the files has 2.0 kB to 4.0 kB; the largest, e\\n, has 5.0 MB. "
        "All files together: 5.0 MB."
    )
    assert sentences.say_file_size(table[:1]) == "The one file has 1.0 kB."


def measured(column: str, cats: list[float], dogs: list[float]) -> pd.DataFrame:
    labels = ["cat"] * len(cats) + ["dog"] * len(dogs)
    return pd.DataFrame({"label": labels, column: np.array(cats + dogs, np.float32)})


@pytest.mark.parametrize(
    ("cats", "dogs", "said"),
    [
        ([0.4, 0.5], [0.46], "Cats and dogs are about equally bright: median 0.45 and 0.46."),
        ([0.2], [0.5, np.nan], "Photos of dogs are brighter: median 0.50, cats 0.20;"),
        ([0.2, 0.4], [], "Half of the photos are brighter than 0.30 of 1."),
        ([np.nan], [], "No photo has a known brightness."),
    ],
)
def test_say_brightness(cats: list[float], dogs: list[float], said: str) -> None:
    assert sentences.say_brightness(measured("brightness", cats, dogs)).startswith(said)


@pytest.mark.parametrize(
    ("cats", "dogs", "said"),
    [
        ([100], [110], "Cats and dogs are about equally sharp: median 100 and 110;"),
        ([1200], [0.5], "Photos of cats are sharper: median 1,200, dogs 0.5;"),
        ([], [3], "The median photo has sharpness 3; nine of ten photos lie between 3 and 3."),
        ([0], [0], "Cats and dogs are about equally sharp: median 0 and 0;"),
    ],
)
def test_say_sharpness(cats: list[float], dogs: list[float], said: str) -> None:
    assert sentences.say_sharpness(measured("sharpness", cats, dogs)).startswith(said)


@pytest.mark.parametrize(("levels", "end"), [(9, "too little to tell"), (45, "light alone tells")])
def test_say_means_finds_where_they_differ(levels: int, end: str) -> None:
    cat, dog = (np.full((96, 96, 3), 100.0) for _ in range(2))
    dog[64:, :32] += levels
    means = {"cat": MeanPhoto(cat, 5), "dog": MeanPhoto(dog, 5)}
    assert sentences.say_means(means) == (
        f"They differ most at the bottom left, where the mean dog is brighter by {levels} of 255 "
        f"levels: {end} them apart."
    )


def test_say_means_of_one_class_or_none() -> None:
    one = {"cat": MeanPhoto(np.zeros((96, 96, 3)), 3)}
    assert sentences.say_means(one).startswith("The mean of 3 cats;")
    assert sentences.say_means({}) == "No labelled photo can be decoded."
