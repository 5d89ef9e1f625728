"""Looks at the halves of a photo: one that reads cat and one that reads dog are a hint of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from catordog.data.kept_results import keep
from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ImageError
from catordog.images.decode import decode_image
from catordog.images.preprocess import preprocess
from catordog.inference.bundle import Bundle
from catordog.inference.pipeline import available_cores, map_in_order


def read_halves(
    photos: Sequence[Photo], sha256s: Sequence[str], model: Bundle, *, cache: Path | None = None
) -> np.ndarray:
    """Reads each photo's upper, lower, left and right half, and the whole.

    Args:
        photos: to look at.
        sha256s: hex digest of each.
        model: answers both questions.
        cache: folder for the result; None keeps nothing.

    Returns:
        float32 (N, 2): the highest p_cat and the highest p_dog among the five; zeros where a
        photo cannot be read.
    """

    def compute() -> dict[str, np.ndarray]:
        def best_of(photo: Photo) -> np.ndarray:
            try:
                return _best(reader.read(photo), model)
            except ImageError:
                return np.zeros(2, np.float32)

        with PhotoReader() as reader:
            rows = list(map_in_order(best_of, photos, workers=available_cores()))
        return {"best": np.array(rows, np.float32).reshape(-1, 2)}

    return keep(cache, "halves", [np.array([model.sha256, *sha256s])], compute)["best"]


def _best(data: bytes, model: Bundle) -> np.ndarray:
    spec = model.metadata.preprocess
    pixels = decode_image(data, target_px=2 * spec.size_px).pixels
    middle, centre = (max(1, side // 2) for side in pixels.shape[:2])
    parts = (
        *(pixels, pixels[:middle], pixels[-middle:]),
        *(pixels[:, :centre], pixels[:, -centre:]),
    )
    inputs = np.stack([preprocess(np.ascontiguousarray(part), spec) for part in parts])
    best: np.ndarray = model.predict_proba(inputs).max(axis=0)
    return best
