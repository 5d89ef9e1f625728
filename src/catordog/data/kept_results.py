"""Keeps results that follow from arrays alone, so that the same arrays need no second thought."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from catordog.whole_files import write_whole


def keep(
    folder: Path | None,
    name: str,
    inputs: Sequence[np.ndarray],
    compute: Callable[[], dict[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Returns the kept result of the same inputs, or computes and keeps it.

    Args:
        folder: of all that is kept; None keeps nothing.
        name: of what is computed; another name after every change of how.
        inputs: numbers or texts that the result follows from.
        compute: called if there is no kept result.
    """
    if folder is None:
        return compute()
    digest = hashlib.sha256()
    for values in inputs:
        digest.update(f"{values.dtype} {values.shape} ".encode())
        digest.update(np.ascontiguousarray(values).data)
    path = folder.expanduser() / f"{name}-{digest.hexdigest()[:24]}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # none yet, or a damaged one
        result = compute()
    try:
        with write_whole(path) as file:
            np.savez(file, **result)  # type: ignore[arg-type]
    except OSError:  # what cannot be kept is computed again
        pass
    return result
