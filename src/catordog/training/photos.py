"""The photos of a training run: listed, hashed, split, ready to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from catordog.data.labelled import LabelledPhoto, find_labelled_photos
from catordog.data.photos import PhotoReader
from catordog.data.split import Part, hash_data, split_photos
from catordog.errors import DatasetError, ImageError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.pipeline import available_cores, map_in_order
from catordog.labels import CLASSES


@dataclass(frozen=True)
class TrainingPhotos:
    """The photos of a run, in the order of their content's digest.

    That order makes a run independent of file names and listing order.

    Attributes:
        items: each photo with its label.
        sha256s: hex digest of each photo's bytes, ascending.
        parts: what each photo is used for.
        classes: int (N,), index of each label in `labels.CLASSES`.
        reader: open for as long as the photos are read.
        spec: how each becomes a network's input.
    """

    items: list[LabelledPhoto]
    sha256s: list[str]
    parts: list[Part]
    classes: np.ndarray
    reader: PhotoReader
    spec: PreprocessSpec

    @property
    def sha256(self) -> str:
        """Names the photos and their labels by content."""
        return hash_data(self.sha256s, [item.label for item in self.items])

    def indices(self, part: Part, *, without: Iterable[int] = ()) -> np.ndarray:
        """Returns int (M,): which photos are used for a purpose, but for some."""
        own = [index for index, other in enumerate(self.parts) if other is part]
        return np.setdiff1d(np.array(own, dtype=np.int64), np.fromiter(without, np.int64))

    def read_input(self, index: int) -> np.ndarray:
        """Returns one photo's network input, uint8 (S, S, 3).

        Raises:
            ImageError: it cannot be read or decoded.
        """
        data = self.reader.open(self.items[index].photo).read_bytes()
        return decode_and_preprocess(data, self.spec).pixels

    def read_inputs(self, indices: np.ndarray, most: int) -> np.ndarray:
        """Returns uint8 (M, S, S, 3): the first `most` of some photos that can be decoded."""
        inputs: list[np.ndarray] = []
        for index in indices:
            if len(inputs) == most:
                break
            try:
                inputs.append(self.read_input(index))
            except ImageError:  # told of, with every other, when activations are computed
                continue
        return np.stack(inputs)


def load_photos(
    source: str,
    reader: PhotoReader,
    spec: PreprocessSpec,
    *,
    val: float,
    test: float,
    seed: int,
    begin: Callable[[str, int], Callable[[int], None]],
) -> TrainingPhotos:
    """Lists, hashes and splits the photos of a data set.

    Args:
        source: as for `find_labelled_photos`.
        reader: open; used again whenever a photo is read.
        spec: how each becomes a network's input.
        val: share held out to choose by.
        test: share held out to be read once.
        seed: of the split.
        begin: tells of a stage and its number of photos, returns what to tell of each done.

    Raises:
        DatasetError: the data has no labels, one class or too few photos, or cannot be read.
    """
    items = find_labelled_photos(source)
    advance = begin("reading photos", len(items))

    def digest(item: LabelledPhoto) -> str:
        try:
            return hashlib.sha256(reader.open(item.photo).read_bytes()).hexdigest()
        except ImageError as exc:
            raise DatasetError(f"{exc} Training needs every photo readable.") from exc

    sha256s = []
    for sha256 in map_in_order(digest, items, workers=available_cores()):
        sha256s.append(sha256)
        advance(1)
    order = sorted(range(len(items)), key=lambda index: (sha256s[index], items[index].photo.path))
    items, sha256s = [items[i] for i in order], [sha256s[i] for i in order]
    labels = [item.label for item in items]
    parts = split_photos(sha256s, labels, val=val, test=test, seed=seed)
    classes = np.array([CLASSES.index(label) for label in labels])
    return TrainingPhotos(items, sha256s, parts, classes, reader, spec)
