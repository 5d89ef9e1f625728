"""Expands patterns as a shell would, in folders whose links form loops too."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from catordog.data.file_kinds import is_litter, natural_key
from catordog.data.folders import cannot_list, is_folder, leads_elsewhere

_SEPARATORS = f"[/{re.escape(os.sep)}]"
_FOLDERS_BELOW = re.compile(rf"(?:^|(?<={_SEPARATORS}))(?:\*\*(?:{_SEPARATORS}+|$))+")


def expand(pattern: str) -> list[str]:
    """Returns the files and folders that a pattern matches, each once, in natural order.

    `**` stands for any number of folders. They are walked here because `glob` runs in circles
    where links to folders do.

    Raises:
        DatasetError: a folder below `**` cannot be listed.
    """
    return sorted(dict.fromkeys(_match(pattern)), key=natural_key)


def _match(pattern: str) -> Iterator[str]:
    below = _FOLDERS_BELOW.search(pattern)
    # Not Path.glob: it loses a leading "./" and so changes the row's path.
    if below is None:
        yield from glob.glob(pattern)  # noqa: PTH207
        return
    above, rest = pattern[: below.start()], pattern[below.end() :]
    for start in glob.glob(above) if above else [""]:  # noqa: PTH207
        if rest:
            for folder in _walk(start):
                yield from _match(glob.escape(folder) + rest)
        elif start:
            yield start  # with all that is in it
        else:
            yield from _match("*")


def _walk(start: str) -> Iterator[str]:
    """Yields a folder and those below it, each ready to have a name appended."""
    roots = [Path(start).resolve()]
    stack = [start]
    while stack:
        folder = stack.pop()
        yield folder
        try:
            with os.scandir(folder or ".") as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if is_litter(entry.name) or not is_folder(entry):
                        continue
                    if not entry.is_symlink() or leads_elsewhere(entry.path, roots):
                        stack.append(f"{folder}{entry.name}{os.sep}")
        except OSError as exc:
            raise cannot_list(folder, exc) from exc
