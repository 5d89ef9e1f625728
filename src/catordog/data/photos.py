"""Finds photos in files, folders, zips and patterns, in a stable order."""

from __future__ import annotations

import glob
import os
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from catordog.data.file_kinds import NOT_PHOTO_SUFFIXES, is_litter, natural_key, suffix_of
from catordog.data.folders import cannot_list, is_folder, leads_elsewhere
from catordog.data.patterns import expand
from catordog.data.photo_reader import Photo, PhotoBytes, PhotoReader
from catordog.data.zips import archives_above, open_zip, read_head
from catordog.errors import ConfigError
from catordog.images.sniffing import HEAD_BYTES, sniff_format

__all__ = ["Photo", "PhotoBytes", "PhotoReader", "list_photos"]


def list_photos(
    arguments: Iterable[str],
    *,
    exclude: Collection[Path] = (),
    skipped: Counter[str] | None = None,
    others: list[Photo] | None = None,
    missing_is_row: bool = False,
) -> Iterator[Photo]:
    """Finds photos, lazily: no more than one folder's or one zip's names are in memory.

    A file named on its own is a photo whatever it is called. In folders (recursively) and in zips
    every regular file is one, except what the operating system left there, and files whose suffix
    says something else (`NOT_PHOTO_SUFFIXES`) and whose first bytes do not contradict it. A zip is
    read in place when it is named, and skipped where it merely lies in a folder or a zip.

    Args:
        arguments: files, folders, zips, paths inside zips (`train.zip/train`), or patterns
            (`photos/**/*.jpg`), each match of which counts as an argument of its own.
        exclude: files and folders to leave out silently, such as the caller's own output.
        skipped: counts what is left out of folders and zips, by suffix.
        others: collects what is left out of folders for its suffix.
        missing_is_row: list a path that does not exist, to fail when it is read, and take
            patterns literally: right for lists of paths that another program wrote.

    Returns:
        The photos: arguments in their order, what is inside each in natural order of its names; a
        path that two arguments lead to comes twice.

    Raises:
        ConfigError: an argument does not exist, or a pattern matches nothing.
        DatasetError: a folder cannot be listed, or a zip is damaged.
    """
    listing = _Listing(exclude, skipped, others)
    for argument in arguments:
        found = listing.find(argument)
        if found is None and missing_is_row:
            found = iter([Photo(argument, None, Path(argument).name)])
        yield from listing.match(argument) if found is None else found


class _Listing:
    """What the search leaves out, and the count of it."""

    def __init__(
        self,
        exclude: Collection[Path],
        skipped: Counter[str] | None,
        others: list[Photo] | None,
    ) -> None:
        self._excluded = frozenset(path.resolve() for path in exclude)
        self._excluded_names = frozenset(path.name for path in self._excluded)
        self._skipped = Counter() if skipped is None else skipped
        self._others = others

    def find(self, argument: str) -> Iterator[Photo] | None:
        """Lists one existing file, folder, zip or part of a zip; None if there is no such thing."""
        path = Path(argument)
        if argument and _exists(path):
            if path.is_dir():
                return self._list_folder(argument)
            if self._is_excluded(argument, path.name):
                return iter(())
            named = argument.rstrip(f"/{os.sep}")  # train.zip/ is what it holds
            if named.lower().endswith(".zip"):
                return self._list_zip(named)
            return iter([Photo(argument, None, path.name)])
        for archive in archives_above(argument):
            inner = argument[len(archive) + 1 :]
            if Path(archive).is_file():
                return self._list_zip(archive, inner.replace(os.sep, "/").rstrip("/"))
        return None

    def match(self, pattern: str) -> Iterator[Photo]:
        """Lists every match of a pattern as the shell would have passed it."""
        is_pattern = glob.has_magic(pattern)
        matches = expand(pattern) if is_pattern else []
        if not matches:
            what = "a pattern that matches a photo" if is_pattern else "a file, folder or zip"
            received = "no match" if is_pattern else "nothing by that name"
            raise ConfigError(
                f"Cannot find '{pattern}': expected {what}, received {received}. Check the path."
            )
        for path in matches:
            if not self._is_below_excluded(path):
                yield from self.find(path) or ()

    def _is_excluded(self, path: str, name: str) -> bool:
        return name in self._excluded_names and Path(path).resolve() in self._excluded

    def _is_below_excluded(self, path: str) -> bool:
        if self._excluded_names.isdisjoint(Path(path).parts):
            return False
        return not self._excluded.isdisjoint(Path(path).resolve().parents)

    def _list_folder(self, folder: str) -> Iterator[Photo]:
        roots = [Path(folder).resolve()]
        stack = [(folder, "", self._scan(folder))]
        while stack:
            parent, below, entries = stack[-1]
            name, holds_more = next(entries, ("", False))
            path = parent + name if parent.endswith(("/", os.sep)) else f"{parent}{os.sep}{name}"
            if not name:
                stack.pop()
            elif self._is_excluded(path, name):
                continue
            elif holds_more:
                if Path(path).is_symlink() and not leads_elsewhere(path, roots):
                    self._skipped["folder link"] += 1
                else:
                    stack.append((path, f"{below}{name}/", self._scan(path)))
            elif not self._is_other_file(name, path):
                yield Photo(path, None, below + name)
            elif self._others is not None:
                self._others.append(Photo(path, None, below + name))

    def _scan(self, folder: str) -> Iterator[tuple[str, bool]]:
        """Returns the names in a folder in order, each with whether it is a folder itself."""
        names, folders = [], set()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_litter(entry.name):
                        self._skipped["hidden"] += 1
                    elif is_folder(entry):
                        folders.add(entry.name)
                        names.append(entry.name)
                    elif entry.is_symlink() or entry.is_file():  # a broken link is a failed row
                        names.append(entry.name)
                    else:
                        self._skipped["device or pipe"] += 1
        except OSError as exc:
            raise cannot_list(folder, exc) from exc
        names.sort(key=natural_key)
        return ((name, name in folders) for name in names)

    def _is_other_file(self, name: str, path: str) -> bool:
        suffix = suffix_of(name)
        if suffix not in NOT_PHOTO_SUFFIXES:
            return False
        if not Path(path).is_file():  # a link to a pipe would never end, or to nothing
            return self._count_other(suffix, b"")
        try:
            with Path(path).open("rb") as file:
                head = file.read(HEAD_BYTES)
        except OSError:
            head = b""
        return self._count_other(suffix, head)

    def _count_other(self, suffix: str, head: bytes) -> bool:
        if sniff_format(head):
            return False
        self._skipped[suffix] += 1
        return True

    def _list_zip(self, archive: str, inner: str = "") -> Iterator[Photo] | None:
        """Lists a zip, or the member or folder `inner` of it; None if it has no such part."""
        opened = open_zip(archive)
        names = [info.filename for info in opened.infolist() if not info.is_dir()]
        if inner in names:
            opened.close()
            return iter([Photo(f"{archive}/{inner}", archive, inner.rpartition("/")[2])])
        below = f"{inner}/" if inner else ""
        names = [name for name in names if name.startswith(below)]
        if inner and not names:
            opened.close()
            return None
        names.sort(key=lambda name: "\0".join(map(natural_key, name.split("/"))))
        return self._list_members(opened, archive, names, below)

    def _list_members(
        self, opened: zipfile.ZipFile, archive: str, names: list[str], below: str
    ) -> Iterator[Photo]:
        with opened:
            for name in names:
                relative = name[len(below) :]
                suffix = suffix_of(name)
                if any(map(is_litter, relative.split("/"))):
                    self._skipped["hidden"] += 1
                elif suffix not in NOT_PHOTO_SUFFIXES or not self._count_other(
                    suffix, read_head(opened, name, HEAD_BYTES)
                ):
                    yield Photo(f"{archive}/{name}", archive, relative)


def _exists(path: Path) -> bool:
    """Whether there is such a file, even one that may not be looked at, or a broken link."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return not glob.has_magic(str(path))
    return True
