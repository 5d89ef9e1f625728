"""What every walk through folders needs to know: what is a folder, and which links to follow."""

from __future__ import annotations

import os
from pathlib import Path

from catordog.errors import DatasetError


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tells whether an entry is a folder or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def leads_elsewhere(link: str, roots: list[Path]) -> bool:
    """Tells whether a linked folder is to be followed, and if so adds what it leads to.

    Args:
        link: a link to a folder.
        roots: resolved folders that the walk covers without it; links among them may form loops.
    """
    target = Path(link).resolve()
    if any(target.is_relative_to(root) for root in roots):
        return False
    roots.append(target)
    return True


def cannot_list(folder: str, exc: OSError) -> DatasetError:
    """Returns the error for a folder that may not be read."""
    return DatasetError(
        f"Cannot list '{folder}': expected a readable folder, received: {exc.strerror}. "
        "Check its permissions, or name the folders beside it one by one."
    )
