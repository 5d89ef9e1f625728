"""The photos of a training run: listed, split, ready to be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from catordog.data.labelled import LabelledPhoto, data_sha256
from catordog.data.photos import PhotoReader
from catordog.data.split import Part
from catordog.errors import ImageError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.labels import CLASSES


@dataclass(frozen=True)
class TrainingPhotos:
    """The photos of a run.

    Attributes:
        items: each photo with its label, in the order of their digests.
        parts: what each photo is used for.
        reader: open for as long as the photos are read.
        spec: how each becomes a network's input.
    """

    items: list[LabelledPhoto]
    parts: list[Part]
    reader: PhotoReader
    spec: PreprocessSpec

    @property
    def classes(self) -> np.ndarray:
        """Int (N,): index of each label in `labels.CLASSES`."""
        return np.array([CLASSES.index(item.label) for item in self.items])

    @property
    def sha256s(self) -> list[str]:
        """Hex digest of each photo's bytes, ascending."""
        return [item.sha256 for item in self.items]

    @property
    def sha256(self) -> str:
        """Names the photos and their labels by content."""
        return data_sha256(self.items)

    def indices(self, part: Part, *, without: Iterable[int] = ()) -> np.ndarray:
        """Returns int (M,): which photos are used for a purpose, but for some."""
        own = [index for index, other in enumerate(self.parts) if other is part]
        return np.setdiff1d(np.array(own, dtype=np.int64), np.fromiter(without, np.int64))

    def read_input(self, index: int) -> np.ndarray:
        """Returns one photo's network input, uint8 (S, S, 3).

        Raises:
            ImageError: it cannot be read or decoded.
        """
        data = self.reader.read(self.items[index].example.photo)
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
