"""One sentence a picture: what is to be seen in these photos, computed from their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from catordog.labels import CLASSES
from catordog.pages.wording import count_of, file_size, join_words, measure, number, percent
from catordog.plots.charts import SPLITS
from catordog.plots.drawing import readable_name
from catordog.plots.thumbnails import MeanPhoto

_EQUAL = 1.1
"""Up to this ratio two classes are called balanced."""
_CLOSE = 0.03
"""Up to this difference two medians of brightness are called equal."""
_PLACES = (
    *("at the top left", "at the top", "at the top right"),
    *("on the left", "in the middle", "on the right"),
    *("at the bottom left", "at the bottom", "at the bottom right"),
)

CAT, DOG = (str(label) for label in CLASSES)


def say_counts(table: pd.DataFrame) -> str:
    """Says how many cats and dogs there are, and how even the splits are."""
    labels = Counter(table["label"])
    cats, dogs = labels[CAT], labels[DOG]
    labelled = len(table) - labels[""]
    if table.empty:
        return "There are no photos."
    if not labelled:
        many = f"None of the {count_of(len(table), 'photo')} has a label."
        return many if len(table) != 1 else "The one photo has no label."
    if not cats or not dogs:
        only = DOG if dogs else CAT if cats else ""
        named = f"shows a {only}" if only else "shows a single cat or dog"
        said = f"Every labelled photo {named}: {number(labelled)}."
    elif max(cats, dogs) / min(cats, dogs) <= _EQUAL:
        said = f"Cats and dogs are balanced: {number(cats)} and {number(dogs)}."
    else:
        more, fewer = ("cats", "dogs") if cats > dogs else ("dogs", "cats")
        ratio = max(cats, dogs) / min(cats, dogs)
        said = (
            f"There are {ratio:.1f} times as many {more} as {fewer}: "
            f"{number(max(cats, dogs))} and {number(min(cats, dogs))}."
        )
    if labels[""]:
        said += f" {percent(labels[''], len(table))} of all photos have no label."
    return f"{said} {_say_splits(table)}".strip()


def _say_splits(table: pd.DataFrame) -> str:
    pairs = Counter(zip(table["split"], table["label"], strict=True))
    found = {split for split, _ in pairs if split}
    order = [*(s for s in SPLITS if s in found), *sorted(found - set(SPLITS))]
    shares = []
    for split in order:
        cats, dogs = pairs[split, CAT], pairs[split, DOG]
        if cats and dogs:
            shares.append(f"{percent(cats, cats + dogs)} of {split}")
        elif cats or dogs:
            shares.append(f"{'all' if cats else 'none'} of {split}")
    return f"Cats are {join_words(shares)}." if shares and len(order) > 1 else ""


def say_sizes(table: pd.DataFrame) -> str:
    """Says which sizes the photos have."""
    known = table[table["width"].notna() & table["height"].notna()]
    sizes = Counter(zip(known["width"].tolist(), known["height"].tolist(), strict=True))
    if not sizes:
        return "No photo has a known size."
    (width, height), most = sizes.most_common(1)[0]
    if len(sizes) == 1:
        return f"Every photo has {width} x {height} pixels: {number(most)}."
    few = most * 5 < len(known)
    others = [size for size in sizes if few or size != (width, height)]
    widths, heights = [w for w, _ in others], [h for _, h in others]
    spans = (
        f"from {min(widths)} to {number(max(widths))} pixels wide and from {min(heights)} to "
        f"{number(max(heights))} high"
    )
    if few:
        said = f"There are {number(len(sizes))} different sizes, {spans}"
        return f"{said}; the most frequent, {width} x {height}, has {percent(most, len(known))}."
    said = f"{percent(most, len(known))} of the photos have exactly {width} x {height} pixels"
    return f"{said}; the others are {spans}."


def say_aspect(table: pd.DataFrame) -> str:
    """Says how many photos lie, stand or are square."""
    aspect = _numbers(table["width"]) / _numbers(table["height"])
    aspect = aspect[np.isfinite(aspect)]
    if not aspect.size:
        return "No photo has a known size."
    wide, tall = int((aspect > 1.02).sum()), int((aspect < 1 / 1.02).sum())
    shares = {"wider than high": wide, "higher than wide": tall}
    shares["square"] = aspect.size - wide - tall
    order = sorted(shares, key=lambda name: -shares[name])
    parts = [f"{percent(shares[name], aspect.size)} are {name}" for name in order if shares[name]]
    if len(parts) == 1:
        return f"Every photo is {order[0]}."
    far = int((np.maximum(aspect, 1 / aspect) > 2).sum())
    tail = f"; {percent(far, aspect.size)} have one side more than twice the other" if far else ""
    return f"{join_words(parts)}{tail}."


def say_file_size(table: pd.DataFrame) -> str:
    """Says how large the files are."""
    sizes = _numbers(table["bytes"])
    if not np.isfinite(sizes).any():
        return "No file has a known size."
    largest = int(np.nanargmax(sizes))
    name = readable_name(str(table["id"].iloc[largest]), 60)
    low, high = np.nanpercentile(sizes, (25, 75))
    if len(sizes) == 1:
        return f"The one file has {file_size(sizes[0])}."
    return (
        f"The middle half of the files has {file_size(low)} to {file_size(high)}; the largest, "
        f"{name}, has {file_size(sizes[largest])}. All files together: "
        f"{file_size(np.nansum(sizes))}."
    )


def say_brightness(table: pd.DataFrame) -> str:
    """Says whether one class is brighter than the other."""
    medians = _medians(table, "brightness")
    if len(medians) == 2:
        cat, dog = medians[CAT], medians[DOG]
        if abs(cat - dog) <= _CLOSE:
            return f"Cats and dogs are about equally bright: median {cat:.2f} and {dog:.2f}."
        more, less = (CAT, DOG) if cat > dog else (DOG, CAT)
        said = f"Photos of {more}s are brighter: median {medians[more]:.2f}, {less}s"
        return f"{said} {medians[less]:.2f}; a model can learn that instead of the animal."
    values = _numbers(table["brightness"])
    if not np.isfinite(values).any():
        return "No photo has a known brightness."
    return f"Half of the photos are brighter than {np.nanmedian(values):.2f} of 1."


def say_sharpness(table: pd.DataFrame) -> str:
    """Says whether one class is sharper than the other, and how far sharpness spreads."""
    values = _numbers(table["sharpness"])
    if not np.isfinite(values).any():
        return "No photo has a known sharpness."
    medians = _medians(table, "sharpness")
    low, middle, high = np.nanpercentile(values, (5, 50, 95))
    spread = f"nine of ten photos lie between {measure(low)} and {measure(high)}"
    if len(medians) < 2:
        return f"The median photo has sharpness {measure(middle)}; {spread}."
    cat, dog = medians[CAT], medians[DOG]
    ratio = max(cat, dog) / max(min(cat, dog), 1e-12)
    if ratio <= 1.15:
        said = f"Cats and dogs are about equally sharp: median {measure(cat)} and {measure(dog)}"
    else:
        more, less = (CAT, DOG) if cat > dog else (DOG, CAT)
        said = f"Photos of {more}s are sharper: median {measure(medians[more])}, {less}s"
        said += f" {measure(medians[less])}"
    return f"{said}; {spread}."


def say_means(means: Mapping[str, MeanPhoto]) -> str:
    """Says where the mean cat and the mean dog differ most."""
    if not means:
        return "No labelled photo can be decoded."
    if len(means) == 1:
        (name, mean), *_ = means.items()
        return f"The mean of {count_of(mean.photos, name)}; there is nothing to compare it with."
    first, second = list(means)[:2]
    difference = (means[first].pixels - means[second].pixels).mean(axis=2)
    side = len(difference) // 3
    cells = difference[: 3 * side, : 3 * side].reshape(3, side, 3, side).mean(axis=(1, 3)).ravel()
    most = int(np.abs(cells).argmax())
    brighter = first if cells[most] > 0 else second
    said = (
        f"They differ most {_PLACES[most]}, where the mean {brighter} is brighter by "
        f"{abs(cells[most]):.0f} of 255 levels"
    )
    small = np.abs(cells).max() < 16
    return f"{said}: {'too little to tell' if small else 'light alone tells'} them apart."


def _numbers(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)


def _medians(table: pd.DataFrame, column: str) -> dict[str, float]:
    """Returns the median of each of cat and dog that has a value."""
    values, labels = _numbers(table[column]), table["label"].to_numpy(object)
    of_class = {name: values[(labels == name) & np.isfinite(values)] for name in (CAT, DOG)}
    return {name: float(np.median(some)) for name, some in of_class.items() if some.size}
