"""What the frozen trunk makes of the views of one pass over the photos, kept on disk."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from catordog.errors import ImageError
from catordog.inference.bundle import INPUT, Bundle, open_session
from catordog.inference.pipeline import available_cores, chunked, map_in_order

_CHUNK = 16
_ERRORS_FILE = "errors.json"


class DrawView(Protocol):
    """Draws the views of a pass; called from many threads.

    Attributes:
        size_px: side of the views, in pixels.
    """

    @property
    def size_px(self) -> int: ...  # noqa: D102

    def __call__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns a view's uint8 (S, S, 3) pixels and its float32 (2,) targets.

        Targets say whether it shows a cat, a dog.
        """


OnProgress = Callable[[int], None]
"""Called with the number of views just finished."""


@dataclass(frozen=True)
class Pass:
    """The trunk's output for every view of a pass.

    Attributes:
        arrays: by output name, shape (N, ...), float16 or uint8, read from disk as needed.
        targets: float32 (N, 2): does the view show a cat, a dog.
        errors: why a view has none, by its place; its rows above are zeros.
        teacher: float32 (N, 2), a teacher's answers; None without one.
    """

    arrays: dict[str, np.ndarray]
    targets: np.ndarray
    errors: dict[int, str]
    teacher: np.ndarray | None = None


def cached_pass(
    folder: Path,
    outputs: Sequence[str],
    trunk: Callable[[], bytes] | None,
    views: int,
    draw: DrawView,
    on_progress: Callable[[], OnProgress],
) -> Pass:
    """Loads a pass from a folder, or computes and keeps it.

    Args:
        folder: named after everything the pass follows from; complete or absent.
        outputs: names of the trunk's outputs.
        trunk: returns the trunk as a serialized ONNX model with those outputs, when needed; None
            keeps the pixels themselves, under the one name in `outputs`.
        views: how many there are.
        draw: gives each view.
        on_progress: asked, if something is to be computed, for whom to tell of progress.
    """
    if not (folder / _ERRORS_FILE).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unfinished-"))
        try:
            _compute(scratch, outputs, trunk and trunk(), views, draw, on_progress())
            shutil.rmtree(folder, ignore_errors=True)
            scratch.replace(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in outputs}
    errors = json.loads((folder / _ERRORS_FILE).read_text())
    return Pass(
        arrays,
        np.load(folder / "targets.npy"),
        {int(place): error for place, error in errors.items()},
    )


def ask_teacher(
    views: Pass, folder: Path, teacher: Bundle, draw: DrawView, on_progress: OnProgress
) -> Pass:
    """Adds a teacher's answers to the same views, drawn at the size it takes; keeps them too."""
    path = folder / f"teacher-{teacher.sha256[:16]}.npy"
    if not path.exists():
        answers = np.zeros((len(views.targets), 2), np.float32)

        def run(places: Sequence[int]) -> tuple[Sequence[int], np.ndarray]:
            pixels = np.stack([draw(place)[0] for place in places])
            return places, teacher.predict_proba(pixels)

        good = [place for place in range(len(answers)) if place not in views.errors]
        for places, said in map_in_order(run, chunked(good, _CHUNK), workers=available_cores()):
            answers[places] = said
            on_progress(len(places))
        unfinished = path.with_suffix(".unfinished.npy")
        np.save(unfinished, answers)
        unfinished.replace(path)
    return replace(views, teacher=np.load(path))


def _compute(
    folder: Path,
    outputs: Sequence[str],
    trunk: bytes | None,
    views: int,
    draw: DrawView,
    on_progress: OnProgress,
) -> None:
    session = open_session(trunk) if trunk is not None else None
    errors: dict[int, str] = {}
    targets = np.zeros((views, 2), np.float32)

    def run(places: Sequence[int]) -> list[np.ndarray]:
        pixels = np.zeros((len(places), draw.size_px, draw.size_px, 3), np.uint8)
        for row, place in enumerate(places):
            try:
                pixels[row], targets[place] = draw(place)
            except ImageError as exc:
                errors[place] = str(exc)
        if session is None:
            return [pixels]
        found: list[np.ndarray] = session.run(list(outputs), {INPUT: pixels})
        return found

    arrays: list[Any] = []
    done = 0
    for found in map_in_order(run, chunked(range(views), _CHUNK), workers=available_cores()):
        if not arrays:
            arrays = [
                np.lib.format.open_memmap(
                    folder / f"{name}.npy",
                    "w+",
                    np.uint8 if session is None else np.float16,
                    (views, *output.shape[1:]),
                )
                for name, output in zip(outputs, found, strict=True)
            ]
        count = len(found[0])
        for array, output in zip(arrays, found, strict=True):
            array[done : done + count] = output
        done += count
        on_progress(count)
    for array in arrays:
        array.flush()
    np.save(folder / "targets.npy", targets)
    # Written last: its presence says that the rest is whole.
    (folder / _ERRORS_FILE).write_text(json.dumps(errors))
