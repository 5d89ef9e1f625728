"""Keeps what was found out about each photo of a data set: one Parquet file a data set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catordog.data.fingerprints import TINY_PX
from catordog.data.scan import ScannedPhoto
from catordog.whole_files import write_whole

FIGURES = {
    "width": "Int64",
    "height": "Int64",
    "bytes": "Int64",
    "format": "str",
    "orientation": "Int64",
    "brightness": "float32",
    "sharpness": "float32",
    "entropy": "float32",
    "sha256": "str",
    "phash": "str",
    "problem": "str",
}
"""What is kept of each photo, as columns of the catalog with their types."""

_VERSION = 1
"""Goes up when the same photo would give other figures."""

_FEATURES = 1280
_MODEL = b"model_sha256"
_STAMP = ("location", "size", "time")
_TINY_SHAPE = (TINY_PX, TINY_PX, 3)


class KnownPhotos:
    """What is known of each photo of a data set, and which are still to be looked at.

    Attributes:
        locations: of each photo, within its data set.
        stamps: int64 (N, 2), size and time of change of each.
        missing: bool (N,), which are still to be looked at.
        kept: bool (N,), of which the figures are worth keeping: those that could be decoded. The
            others may be so the next time, when a package is installed or a permission given.
        has_news: whether any was looked at and is worth keeping.
        tiny: uint8 (N, 32, 32, 3).
        thumbnails: bytes objects (N,), JPEG.
        features: float16 (N, 1280), NaN where there are none.
        probabilities: float32 (N, 2), likewise.
        figures: objects (N,) of each name in `FIGURES`.
    """

    def __init__(self, locations: Sequence[str], stamps: np.ndarray) -> None:
        """Begins with nothing known."""
        count = len(locations)
        self.locations, self.stamps = list(locations), stamps
        self.missing, self.kept = np.ones(count, bool), np.zeros(count, bool)
        self.has_news = False
        self.tiny = np.zeros((count, *_TINY_SHAPE), np.uint8)
        self.thumbnails = np.full(count, b"", object)
        self.features = np.full((count, _FEATURES), np.nan, np.float16)
        self.probabilities = np.full((count, 2), np.nan, np.float32)
        self.figures = {
            name: np.full(count, "" if kind == "str" else None, object)
            for name, kind in FIGURES.items()
        }

    def put(self, index: int, result: ScannedPhoto) -> None:
        """Notes what a look at a photo gave."""
        self.missing[index] = False
        self.kept[index] = result.width is not None
        self.has_news |= result.width is not None
        self.tiny[index] = result.fingerprint.tiny
        self.thumbnails[index] = result.fingerprint.thumbnail
        if result.features is not None and result.probabilities is not None:
            self.features[index] = result.features
            self.probabilities[index] = result.probabilities
        for name, values in self.figures.items():
            of_pixels = hasattr(result.fingerprint, name)
            values[index] = getattr(result.fingerprint if of_pixels else result, name)

    def to_frame(self) -> pd.DataFrame:
        """Returns the figures, one row a photo."""
        return pd.DataFrame(
            {name: pd.Series(values, dtype=FIGURES[name]) for name, values in self.figures.items()}
        )


class CatalogCache:
    """The kept file of one data set."""

    def __init__(self, folder: Path | None, source: str, model_sha256: str) -> None:
        """Names the file; None for the folder keeps nothing.

        Args:
            folder: of all that is kept.
            source: path of the data set.
            model_sha256: of the model whose features are wanted; empty for none.
        """
        name = hashlib.sha256(str(Path(source).resolve()).encode(errors="surrogateescape"))
        self._path = folder and folder.expanduser() / f"catalog-{name.hexdigest()[:24]}.parquet"
        self._model = model_sha256

    def load(self, locations: Sequence[str], stamps: np.ndarray) -> KnownPhotos:
        """Returns what is known of photos that have not changed since."""
        known = KnownPhotos(locations, stamps)
        kept = self._read([*_STAMP, *FIGURES, "thumbnail", "tiny"])
        if kept is None:
            return known
        own, rows = _matches(kept, known)
        known.missing[own], known.kept[own] = False, True
        known.tiny[own] = _array(kept["tiny"], np.uint8).reshape(-1, *_TINY_SHAPE)[rows]
        known.thumbnails[own] = kept["thumbnail"].to_numpy()[rows]
        for name, values in known.figures.items():
            values[own] = np.array(kept[name].to_pylist(), object)[rows]
        if self._model:
            self._load_features(known)
            known.missing |= np.isnan(known.probabilities[:, 0])
        return known

    def save(self, known: KnownPhotos) -> None:
        """Keeps what is known; a cache that cannot be written is done without."""
        if self._path is None or not known.has_news:
            return
        if not self._model:  # features of an earlier look are not lost
            self._load_features(known)
        rows = np.flatnonzero(known.kept)
        columns: dict[str, Any] = {
            "location": [known.locations[row].encode(errors="surrogateescape") for row in rows],
            "size": known.stamps[rows, 0],
            "time": known.stamps[rows, 1],
            **{name: values[rows].tolist() for name, values in known.figures.items()},
            "thumbnail": known.thumbnails[rows].tolist(),
            "tiny": _column(known.tiny[rows]),
            "features": _column(known.features[rows]),
            "p": _column(known.probabilities[rows]),
        }
        metadata = {b"version": str(_VERSION).encode(), _MODEL: self._model.encode()}
        table = pa.table(columns).replace_schema_metadata(metadata)
        try:
            with write_whole(self._path) as file:
                pq.write_table(
                    table,
                    file,
                    compression="none",
                    use_dictionary=False,
                    write_page_checksum=True,
                )
        except OSError:
            return

    def _load_features(self, known: KnownPhotos) -> None:
        """Adds kept features of the wanted model, or of any if none is."""
        kept = self._read([*_STAMP, "features", "p"])
        model = "" if kept is None else kept.schema.metadata[_MODEL].decode()
        if kept is None or not model or self._model not in ("", model):
            return
        self._model = model
        own, rows = _matches(kept, known)
        known.features[own] = _array(kept["features"], np.float16).reshape(-1, _FEATURES)[rows]
        known.probabilities[own] = _array(kept["p"], np.float32).reshape(-1, 2)[rows]

    def _read(self, columns: list[str]) -> pa.Table | None:
        """Reads columns of the kept file; None if there is none that this version can use."""
        if self._path is None:
            return None
        try:
            kept = pq.read_table(
                self._path, columns=columns, memory_map=True, page_checksum_verification=True
            )
        except (OSError, ValueError, pa.ArrowException):  # none yet, or a damaged one: look again
            return None
        version = (kept.schema.metadata or {}).get(b"version")
        return kept if version == str(_VERSION).encode() else None


def _matches(kept: pa.Table, known: KnownPhotos) -> tuple[np.ndarray, np.ndarray]:
    """Returns indices of photos that have not changed, and of their rows in the kept table."""
    row_of = {location: row for row, location in enumerate(kept["location"].to_pylist())}
    names = (location.encode(errors="surrogateescape") for location in known.locations)
    rows = np.array([row_of.get(name, -1) for name in names], np.int64)
    then = np.stack([kept["size"].to_numpy(), kept["time"].to_numpy()], axis=1)
    same = (rows >= 0) & (known.stamps[:, 0] >= 0)
    same[same] = (then[rows[same]] == known.stamps[same]).all(axis=1)
    return np.flatnonzero(same), rows[same]


def _column(values: np.ndarray) -> pa.Array:
    """Lays an array out as a column of one fixed-size binary value a row."""
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    kind = pa.binary(flat.shape[1] * flat.itemsize)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(flat), [None, pa.py_buffer(flat)])


def _array(column: pa.ChunkedArray, dtype: type[np.generic]) -> np.ndarray:
    """Reads what `_column` laid out, as one flat array."""
    buffers = [np.frombuffer(chunk.buffers()[1], dtype) for chunk in column.chunks]
    return np.concatenate(buffers) if buffers else np.empty(0, dtype)
