"""Writes a heat map of each answered photo, under a name that no other photo's map can have."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ConfigError, ImageError, OutputError
from catordog.images.thumbnails import encode_jpeg
from catordog.inference.classifier import Classifier
from catordog.inference.pipeline import available_cores, map_in_order
from catordog.whole_files import write_whole

_QUALITY = 90
_MAX_STEM_BYTES = 120
_HASH_DIGITS = 16


@dataclass(slots=True)
class HeatMapSummary:
    """What became of the heat maps.

    Attributes:
        written: by this run.
        already: lay there, from an earlier run with the same model.
        missing: their photos can no longer be read.
    """

    written: int = 0
    already: int = 0
    missing: int = 0


def check_folder(folder: Path) -> None:
    """Checks that a folder for heat maps can be one; call it before answering anything.

    Raises:
        ConfigError: it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            f"Cannot write heat maps into '{folder}': expected a folder or nothing by that name, "
            "received a file. Name another --explain."
        )


def write_heat_maps(
    classifier: Classifier,
    labelled: Iterable[tuple[Photo, str | None]],
    folder: Path,
    reader: PhotoReader,
    *,
    workers: int | None = None,
) -> HeatMapSummary:
    """Writes one JPEG per answered photo. Interrupted, it can be repeated as it was.

    A file is named after its photo, and after a hash of the photo's full path and the model. So
    one that is there already is the right one, and no other file is ever written over.

    Args:
        classifier: who explains.
        labelled: photos with their label, or None if they have no answer; read as a stream.
        folder: made if it is not there.
        reader: reads the photos.
        workers: threads; default, one per available core.

    Raises:
        OutputError: a file cannot be written; those that are stay.
    """
    summary = HeatMapSummary()

    def explain(pair: tuple[Photo, Path]) -> bool:
        photo, target = pair
        try:
            drawn = classifier.explain(reader.open(photo)).draw()
        except ImageError:
            return False
        with write_whole(target) as file:
            file.write(encode_jpeg(Image.fromarray(drawn), quality=_QUALITY))
        return True

    def wanted() -> Iterator[tuple[Photo, Path]]:
        for photo, label in labelled:
            if label is None:
                continue
            target = folder / _name(photo, classifier)
            if target.exists():
                summary.already += 1
            else:
                yield photo, target

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for is_written in map_in_order(explain, wanted(), workers=workers or available_cores()):
            summary.written += is_written
            summary.missing += not is_written
    except OSError as exc:
        raise OutputError(
            f"Cannot write heat maps into '{folder}': expected to write there, received: "
            f"{exc.strerror or exc}. Mend that and run the same command: it carries on."
        ) from exc
    return summary


def _name(photo: Photo, classifier: Classifier) -> str:
    """Returns the name of a photo's map: the same in every run, and safe on any disk."""
    full = os.path.abspath(photo.path)  # noqa: PTH100  # as text: members of a zip are no files
    parts = (os.fsencode(full), classifier.bundle.sha256.encode(), classifier.second_look.encode())
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:_HASH_DIGITS]
    last = photo.relative.replace("\\", "/").rpartition("/")[2]
    safe = "".join(char if char.isalnum() or char in "-_. " else "_" for char in last)
    stem = safe.encode(errors="ignore")[:_MAX_STEM_BYTES].decode(errors="ignore").strip(" .")
    return f"{stem or 'photo'}.{digest}.jpg"
