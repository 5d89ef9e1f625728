"""Does `catordog explore` find what is wrong with a data set, and how fast?

Takes real photos, plants copies and wrong labels among them, and counts what is found. Prints
JSON; exit code 1 if a bar is missed. The photos stay as they are; the planted copy lies in a
temporary folder.

    python benchmarks/check_explore.py train.zip --label-errors label_errors.csv

LABEL_ERRORS is a CSV file with the columns `file` and `kind`; those that are `mislabelled`,
`neither` or `drawing` should be among the most suspicious photos.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from catordog.data.labelled import deal_parts, load_labelled_photos
from catordog.data.photos import PhotoReader
from catordog.data.sources import open_source
from catordog.explore.examine import examine
from catordog.progress import SilentScreen

COPIES = {"exact": 100, "quality_60": 100, "resized_70": 100, "mirrored": 100, "cropped_10": 50}
BARS = {"exact": 1.0, "quality_60": 0.99, "resized_70": 0.99, "mirrored": 0.95, "cropped_10": 0.8}
SWAPPED = 200
NO_RIGHT_ANSWER = ("mislabelled", "neither", "drawing")


def make_copy(data: bytes, kind: str, chance: random.Random) -> bytes:
    """Returns a photo as somebody may have saved it again."""
    if kind == "exact":
        return data
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    if kind == "resized_70":
        image = image.resize((round(width * 0.7), round(height * 0.7)), Image.Resampling.BICUBIC)
    elif kind == "mirrored":
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    elif kind == "cropped_10":
        kept_x, kept_y = round(width * 0.9), round(height * 0.9)
        x, y = chance.randint(0, width - kept_x), chance.randint(0, height - kept_y)
        image = image.crop((x, y, x + kept_x, y + kept_y))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=60 if kind == "quality_60" else 90)
    return buffer.getvalue()


def plant(data: str, folder: Path, seed: int) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Writes all photos, the copies and a list with swapped labels into a folder.

    Returns:
        Each copy's id with its kind and the id of its original; the ids with swapped labels.
    """
    chance = random.Random(seed)
    examples = [example for example in open_source(data).examples if example.label]
    kinds = [kind for kind, count in COPIES.items() for _ in range(count)]
    originals = chance.sample(range(len(examples)), len(kinds))
    kind_of = dict(zip(originals, kinds, strict=True))
    swapped = set(chance.sample(sorted(set(range(len(examples))) - set(originals)), SWAPPED))
    copies, lines = {}, []
    with PhotoReader() as reader:
        for index, example in enumerate(examples):
            name, encoded = f"{index}.jpg", reader.read(example.photo)
            (folder / name).write_bytes(encoded)
            other = "dog" if example.label == "cat" else "cat"
            lines.append((name, other if index in swapped else example.label))
            if index in kind_of:
                copy = f"copy{index}.jpg"
                (folder / copy).write_bytes(make_copy(encoded, kind_of[index], chance))
                copies[copy] = (kind_of[index], name)
                lines.append((copy, example.label))
    with (folder / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *lines])
    return copies, {f"{index}.jpg" for index in swapped}


def check_planted(data: str, folder: Path, cache: Path, seed: int) -> dict[str, Any]:
    """Counts which planted copies and labels are found."""
    copies, swapped = plant(data, folder, seed)
    findings = examine(str(folder / "list.csv"), cache=cache, seed=seed)
    group_of = dict(zip(findings.duplicates["id"], findings.duplicates["group"], strict=True))
    found = defaultdict(list)
    for copy, (kind, original) in copies.items():
        found[kind].append(group_of.get(copy, -1) == group_of.get(original, -2))
    planted = set(copies) | {original for _, original in copies.values()}
    others = findings.duplicates[~findings.duplicates["id"].isin(planted)]
    first = set(findings.suspects["id"][: 2 * SWAPPED])
    photos = load_labelled_photos(str(folder / "list.csv"), SilentScreen(), cache=cache)
    parts = deal_parts(photos, val=0.1, test=0.1, seed=seed)
    part_of = {photo.example.id: part for photo, part in zip(photos, parts, strict=True)}
    return {
        "copies_found": {kind: float(np.mean(found[kind])) for kind in COPIES},
        "swapped_labels_in_first_400": len(swapped & first) / SWAPPED,
        "copies_across_parts": sum(part_of[a] != part_of[b] for a, (_, b) in copies.items()),
        "found_copies_across_parts": sum(
            part_of[a] != part_of[b]
            for a, (_, b) in copies.items()
            if group_of.get(a, -1) == group_of.get(b, -2)
        ),
        "not_planted": others.groupby("group")["id"].agg(list).to_list(),
        "not_planted_photos": len(others),
    }


def check_labels(data: str, label_errors: Path, cache: Path) -> dict[str, Any]:
    """Counts which published label errors are among the most suspicious 1 %."""
    table = pd.read_csv(label_errors)
    known = set(table["file"][table["kind"].isin(NO_RIGHT_ANSWER)])
    findings = examine(data, cache=cache)
    most = len(findings.table) // 100
    names = findings.suspects["id"].str.rpartition("/")[2]
    found = known & set(names[:most])
    return {
        "known": len(known),
        "among_first": most,
        "share_found": len(found) / len(known),
        "missed": sorted(known - found),
    }


def look(data: str, cache: Path) -> dict[str, float]:
    """Times catalog and checks without features, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(timed_look, (data, cache))


def timed_look(data: str, cache: Path) -> dict[str, float]:
    started_s = time.perf_counter()
    findings = examine(data, model=None, cache=cache)
    elapsed_s = time.perf_counter() - started_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"photos": len(findings.table), "elapsed_s": elapsed_s, "peak_mb": peak_mb}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--label-errors", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "cache")
        first, second = look(arguments.data, cache), look(arguments.data, cache)
        report: dict[str, Any] = {
            "first": first,
            "photos_per_s": first["photos"] / first["elapsed_s"],
            "second_over_first": second["elapsed_s"] / first["elapsed_s"],
            "seed": arguments.seed,
        }
        if arguments.label_errors:
            report["labels"] = check_labels(arguments.data, arguments.label_errors, cache)
        planted = Path(folder, "planted")
        planted.mkdir()
        report["planted"] = check_planted(arguments.data, planted, cache, arguments.seed)
    print(json.dumps(report, indent=2))
    found = report["planted"]
    holds = [
        *(found["copies_found"][kind] >= bar for kind, bar in BARS.items()),
        found["swapped_labels_in_first_400"] >= 0.95,
        found["found_copies_across_parts"] == 0,
        report.get("labels", {"share_found": 1})["share_found"] >= 0.8,
        report["photos_per_s"] >= 400,
        first["peak_mb"] <= 1024,
        report["second_over_first"] <= 0.05,
    ]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    raise SystemExit(main())
