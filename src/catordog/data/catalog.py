"""One table of a data set: a row a photo, each read and decoded once, kept for the next look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from catordog.cache_folder import CACHE
from catordog.data.catalog_cache import FIGURES, CatalogCache
from catordog.data.photos import PhotoReader
from catordog.data.scan import scan
from catordog.data.sources import open_source
from catordog.data.sources.example import Example, Source
from catordog.errors import ImageReadError
from catordog.inference.bundle import Bundle
from catordog.progress import Screen, SilentScreen

COLUMNS = {
    **dict.fromkeys(("id", "location"), "object"),  # pandas' own texts must be UTF-8, names not
    **dict.fromkeys(("label", "split", "breed"), "str"),
    **FIGURES,
}
"""The table's columns and their types; `fingerprints.Fingerprint` says what the figures mean."""


@dataclass(frozen=True)
class Catalog:
    """A data set, looked at.

    Attributes:
        source: the data set as it was found.
        table: one row a photo, columns as `COLUMNS`; texts are empty and numbers <NA> where
            there is nothing to say.
        tiny: uint8 (N, 32, 32, 3), each photo squashed; black where it cannot be decoded.
        thumbnails: JPEG of each photo, longest side 96 px; empty where it cannot be decoded.
        features: float32 (N, 1280), NaN where it cannot be decoded; None if not asked for.
        probabilities: float32 (N, 2), the model's p_cat and p_dog; likewise.
    """

    source: Source
    table: pd.DataFrame
    tiny: np.ndarray
    thumbnails: list[bytes]
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None

    @property
    def decodable(self) -> np.ndarray:
        """Bool (N,): which photos could be decoded."""
        return self.table["width"].notna().to_numpy()


def load_catalog(
    source: Source | str,
    *,
    model: Bundle | None = None,
    cache: Path | None = CACHE,
    screen: Screen | None = None,
) -> Catalog:
    """Looks at every photo of a data set, or only at what is new since the last look.

    A photo counts as unchanged while its size and time of change are; a zip's member while the
    zip's are. One that could not be decoded is tried again every time.

    Args:
        source: an open source, or the path of a data set.
        model: also compute its features, which takes several times as long.
        cache: folder for what was found out; None keeps nothing.
        screen: is told of the progress.

    Raises:
        DatasetError: there are no photos, or an archive is damaged.

    Example:
        >>> row = load_catalog("samples", cache=None).table.iloc[0]
        >>> f"{row['id']}: {row['format']}, {row['width']} pixels wide"
        'both.jpg: JPEG, 634 pixels wide'
    """
    screen = screen or SilentScreen()
    if isinstance(source, str):
        source = open_source(source)
    model_sha256 = model.sha256 if model is not None else ""
    with PhotoReader() as reader:
        stamps = _stamps(source.examples, reader)
        kept = CatalogCache(cache, source.path, model_sha256)
        known = kept.load(_locations(source), stamps)
        missing = np.flatnonzero(known.missing).tolist()
        if missing:
            advance = screen.stage("looking at photos", len(missing))
            photos = (source.examples[index].photo for index in missing)
            try:
                for index, result in zip(missing, scan(photos, reader, model), strict=True):
                    known.put(index, result)
                    advance(1)
            finally:  # an interrupted look is not lost either
                kept.save(known)
    table = _describe(source.examples).join(known.to_frame())
    return Catalog(
        source,
        table,
        known.tiny,
        known.thumbnails.tolist(),
        None if model is None else known.features.astype(np.float32),
        None if model is None else known.probabilities,
    )


def _stamps(examples: Sequence[Example], reader: PhotoReader) -> np.ndarray:
    """Returns int64 (N, 2): size and time of each photo, -1 where there is none."""
    stamps = np.full((len(examples), 2), -1, np.int64)
    for index, example in enumerate(examples):
        try:
            stamps[index] = reader.stamp(example.photo)
        except ImageReadError:
            continue
    return stamps


def _locations(source: Source) -> list[str]:
    """Returns where each photo is within what the user named, from whichever folder that was."""
    named = source.path.rstrip("/\\")
    return [example.photo.path.removeprefix(named) for example in source.examples]


def _describe(examples: Sequence[Example]) -> pd.DataFrame:
    columns = {
        "id": [example.id for example in examples],
        "location": [example.photo.path for example in examples],
        "label": [example.label or "" for example in examples],
        "split": [example.split for example in examples],
        "breed": [example.breed for example in examples],
    }
    return pd.DataFrame(
        {name: pd.Series(values, dtype=COLUMNS[name]) for name, values in columns.items()}
    )
