"""Which photos are measured, by which labels: as given, and cleaned."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from catordog.data.catalog import Catalog
from catordog.data.labelled import LabelledPhoto, load_labelled_photos, read_parts
from catordog.data.split import Part
from catordog.errors import DatasetError
from catordog.evaluation.stranger_sets import StrangerSet
from catordog.evaluation.strangers import name_group
from catordog.labels import CLASSES, Label
from catordog.progress import Screen

RAW, CLEANED = "raw", "cleaned"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The photos to measure.

    Attributes:
        readings: by each set of labels, `raw` first: labelled photos, strangers included.
        groups: of each photo labelled both or neither by any of them, by its id.
    """

    readings: Mapping[str, list[LabelledPhoto]]
    groups: Mapping[str, str]


def choose_photos(
    catalog: Catalog,
    sets: Sequence[StrangerSet],
    screen: Screen,
    *,
    split: Path | None = None,
    part: Part = Part.TEST,
    decisions: Path | None = None,
    no_right_answer: Path | None = None,
) -> Chosen:
    """Chooses cats and dogs of one part, every photo labelled both or neither, and the strangers.

    Those labelled both or neither are in no split, as no model was trained on them.

    Args:
        catalog: of the data set.
        sets: of strangers, from beside it.
        screen: is told what is left out.
        split: from `catordog split`; None chooses every labelled photo.
        part: which part of the split.
        decisions: from `catordog review`; they make the cleaned labels.
        no_right_answer: a list of photos that the cleaned labels leave out.

    Raises:
        DatasetError: a file is of other photos, or a class has no photo.
    """
    raw = _choose(catalog, screen, split, part, None)
    readings = {RAW: raw}
    if decisions is not None or no_right_answer is not None:
        cleaned = raw
        if decisions is not None:
            decided = _choose(catalog, screen, split, part, decisions)
            cleaned = _leave_out_other_parts(decided, raw)
        if no_right_answer is not None:
            cleaned = _leave_out_listed(cleaned, catalog, no_right_answer, screen)
        readings[CLEANED] = cleaned
    groups = {
        photo.example.id: name_group(photo.example.id, photo.label)
        for some in readings.values()
        for photo in some
        if photo.label not in CLASSES
    }
    for one in sets:
        for photo in one.photos:
            name = photo.example.id
            groups[name] = name_group(name, photo.label, within=one.name)
    strangers = [photo for one in sets for photo in one.photos]
    return Chosen({name: [*some, *strangers] for name, some in readings.items()}, groups)


def pets_of(photos: Sequence[LabelledPhoto]) -> list[LabelledPhoto]:
    """Returns those labelled cat or dog."""
    return [photo for photo in photos if photo.label in CLASSES]


def _choose(
    catalog: Catalog, screen: Screen, split: Path | None, part: Part, decisions: Path | None
) -> list[LabelledPhoto]:
    photos = load_labelled_photos(
        catalog, screen, decisions=decisions, labels=tuple(Label), compares=False
    )
    if split is None:
        return photos
    pets = pets_of(photos)
    parts = read_parts(pets, split, decisions)
    kept = {p.example.id for p, its in zip(pets, parts, strict=True) if its is part}
    return [p for p in photos if p.label not in CLASSES or p.example.id in kept]


def _leave_out_other_parts(
    decided: list[LabelledPhoto], raw: list[LabelledPhoto]
) -> list[LabelledPhoto]:
    """Leaves out cats and dogs of other parts that were decided to be neither or both.

    The model may have been trained on them.
    """
    measured = {photo.example.id for photo in raw}
    return [
        p
        for p in decided
        if p.label in CLASSES or p.example.label not in CLASSES or p.example.id in measured
    ]


def _leave_out_listed(
    photos: list[LabelledPhoto], catalog: Catalog, path: Path, screen: Screen
) -> list[LabelledPhoto]:
    names = read_names(path)
    known = {form for example in catalog.source.examples for form in _forms(example.id)}
    found = names & known
    if not found:
        first = catalog.source.examples[0].id
        raise DatasetError(
            f"Cannot leave out the photos that '{path}' lists: expected ids or names such as "
            f"'{first}', received {len(names):,} of which none is in the data set. Name a list of "
            "photos of this data set."
        )
    kept = [photo for photo in photos if not names & _forms(photo.example.id)]
    screen.say(
        f"{path}: {len(photos) - len(kept):,} of the photos measured have no right answer"
        + (f", {len(names) - len(found):,} are not in the data set" if names - found else "")
    )
    return kept


def read_names(path: Path) -> set[str]:
    """Reads a list of photos: one a line, or a CSV file with a column `id`.

    Raises:
        DatasetError: it cannot be read, or lists nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as exc:
        raise DatasetError(
            f"Cannot read the list '{path}': expected a text or CSV file of photos, received: "
            f"{exc.strerror or exc}. Check the path."
        ) from exc
    lines = text.splitlines()
    header = next(csv.reader(lines[:1]), [])
    if "id" in header:
        rows = csv.DictReader(lines)
        names = {(row["id"] or "").strip() for row in rows}
    else:
        names = {line.strip() for line in lines}
    if not names - {""}:
        raise DatasetError(
            f"Cannot use the list '{path}': expected ids or names of photos, one a line or in a "
            "column 'id', received none. Check the file."
        )
    return names - {""}


def _forms(photo_id: str) -> set[str]:
    """Returns how a list may name a photo: by id, by name, by name without its suffix.

    Example:
        >>> sorted(_forms("train/cat.7.jpg"))
        ['cat.7', 'cat.7.jpg', 'train/cat.7.jpg']
    """
    path = PurePosixPath(photo_id)
    return {photo_id, path.name, path.stem}
