"""Keeps results that follow from arrays alone, so that the same arrays need no second thought."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from catordog.whole_files import write_whole

_DIGEST_BYTES = hashlib.sha256().digest_size


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
    path = folder.expanduser() / f"{name}-{digest.hexdigest()[:24]}.kept"
    kept = _read(path)
    if kept is not None:
        return kept
    result = compute()
    buffer = io.BytesIO()
    np.savez(buffer, **result)  # type: ignore[arg-type]
    data = buffer.getvalue()
    try:
        with write_whole(path) as file:
            file.write(hashlib.sha256(data).digest() + data)
    except OSError:  # what cannot be kept is computed again
        pass
    return result


def _read(path: Path) -> dict[str, np.ndarray] | None:
    """Returns the kept result; None if there is none, or a damaged one."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(data).digest() != digest:  # NumPy would raise anything, or nothing
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        return dict(kept)
