"""How right is a model file on photos held out of its training?

    python benchmarks/check_accuracy.py DATA --model FILE --split RUN/split.csv [--part test]
        [--only LIST]

Answers the photos of one part of the split through `Classifier`, the path users take, and prints
JSON with 95 % intervals. LIST is a text file of photo names to count alone, one a line.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from catordog import Classifier, Prediction
from catordog.data.labelled import find_labelled_photos
from catordog.data.photos import PhotoReader
from catordog.labels import CLASSES
from catordog.metrics import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--model", default="accurate")
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--part", default="test")
    parser.add_argument("--only", type=Path)
    options = parser.parse_args()
    with options.split.open(newline="") as file:
        held_out = {Path(r["path"]).name for r in csv.DictReader(file) if r["part"] == options.part}
    if options.only:
        held_out &= set(options.only.read_text().split())
    items = [i for i in find_labelled_photos(options.data) if Path(i.photo.path).name in held_out]
    classifier = Classifier.load(options.model)
    with PhotoReader() as reader:
        answers = list(classifier.predict_many(reader.open(item.photo) for item in items))
    pairs = [(a, i) for a, i in zip(answers, items, strict=True) if isinstance(a, Prediction)]
    probabilities = np.array([(answer.p_cat, answer.p_dog) for answer, _ in pairs])
    classes = np.array([CLASSES.index(item.label) for _, item in pairs])
    wrong = [
        (Path(item.photo.path).name, round(answer.p_dog, 4))
        for answer, item in pairs
        if answer.label is not item.label
    ]
    report = asdict(measure(probabilities, classes)) | {"wrong": wrong, "part": options.part}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
