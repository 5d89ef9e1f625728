"""Computes what the frozen trunk makes of every photo, once, and keeps it on disk."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catordog.errors import ImageError
from catordog.inference.bundle import INPUT, open_session
from catordog.inference.pipeline import available_cores, chunked, map_in_order

VIEWS = ("plain", "mirrored")
"""How each photo is looked at. A mirrored cat is a cat; few other changes are as safe."""

_CHUNK = 16
_ERRORS_FILE = "errors.json"

ReadInput = Callable[[int], np.ndarray]
"""Takes a photo's index, returns its uint8 (S, S, 3) network input; called from many threads."""

OnProgress = Callable[[int], None]
"""Called with the number of photos just finished."""


@dataclass(frozen=True)
class Activations:
    """The trunk's output for each photo and view.

    Attributes:
        views: one array per name in `VIEWS`, shape (N, ...), float16, read from disk as needed.
        errors: why a photo has none, by its index; its rows above are zeros.
    """

    views: tuple[np.ndarray, ...]
    errors: dict[int, str]

    def batch(self, indices: np.ndarray, view: int = 0) -> np.ndarray:
        """Returns float32 activations of some photos, in the order of `indices`."""
        return np.asarray(self.views[view][indices], dtype=np.float32)


def cached_activations(
    folder: Path,
    build_trunk: Callable[[], Any],
    photos: int,
    read_input: ReadInput,
    on_progress: OnProgress,
) -> Activations:
    """Loads activations from a folder, or computes and keeps them.

    Args:
        folder: named after everything the activations follow from; complete or absent.
        build_trunk: returns the trunk as an `onnx.ModelProto` with one output, when needed.
        photos: how many there are.
        read_input: gives each photo's network input.
        on_progress: told of progress, from this thread.
    """
    if not (folder / _ERRORS_FILE).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unfinished-"))
        try:
            _compute(scratch, build_trunk(), photos, read_input, on_progress)
            shutil.rmtree(folder, ignore_errors=True)
            scratch.replace(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    views = tuple(np.load(folder / f"{view}.npy", mmap_mode="r") for view in VIEWS)
    errors = json.loads((folder / _ERRORS_FILE).read_text())
    return Activations(views, {int(index): error for index, error in errors.items()})


def _compute(
    folder: Path, trunk: Any, photos: int, read_input: ReadInput, on_progress: OnProgress
) -> None:
    session = open_session(trunk.SerializeToString())
    shape = [dim.dim_value for dim in trunk.graph.input[0].type.tensor_type.shape.dim[1:]]
    errors: dict[int, str] = {}

    def run(indices: Sequence[int]) -> list[np.ndarray]:
        pixels = np.zeros((len(indices), *shape), np.uint8)
        for row, index in enumerate(indices):
            try:
                pixels[row] = read_input(index)
            except ImageError as exc:
                errors[index] = str(exc)
        mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
        return [session.run(None, {INPUT: view})[0] for view in (pixels, mirrored)]

    arrays: list[np.ndarray] = []
    done = 0
    chunks = chunked(range(photos), _CHUNK)
    for outputs in map_in_order(run, chunks, workers=available_cores()):
        if not arrays:
            arrays = [_create(folder / f"{v}.npy", photos, outputs[0].shape[1:]) for v in VIEWS]
        count = len(outputs[0])
        for array, output in zip(arrays, outputs, strict=True):
            array[done : done + count] = output
        done += count
        on_progress(count)
    for array in arrays:
        array.flush()  # type: ignore[attr-defined]  # a memmap
    # Written last: its presence says that the rest is whole.
    (folder / _ERRORS_FILE).write_text(json.dumps(errors))


def _create(path: Path, photos: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, "w+", np.float16, (photos, *shape))
