"""Lists what is inside a folder or zip, and inside the zips in it: photos and other files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from catordog.data.file_kinds import is_litter, suffix_of
from catordog.data.photos import Photo, list_photos
from catordog.data.sources.names import split_of_word
from catordog.data.zips import OpenZips, archives_above
from catordog.errors import ConfigError, DatasetError
from catordog.images.picture import DecodeLimits
from catordog.images.sniffing import HEAD_BYTES, sniff_format

_PHOTO_SUFFIXES = frozenset(
    [
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".webp", ".tif"),
        *(".tiff", ".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".jpx"),
    ]
)
"""Suffixes whose files are photos even if they turn out to be empty or damaged. A file with any
other suffix, or none, is one only if it begins like a photo: data sets hold `LICENSE`, `.mat`."""

MAX_DEPTH = 2
"""How many zips deep photos are looked for: Kaggle's own are two."""

_DRIVE = re.compile(r"[A-Za-z]:")
_SEPARATORS = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Tree:
    """What is inside the folder, zip or file that the user named.

    Attributes:
        path: as the user named it.
        name: its own name, without `.zip`.
        photos: in no order; `relative` treats a zip inside as a folder of that name.
        others: files that are no photos, of the same form.
        skipped: the others and what is hidden, counted by suffix.
    """

    path: str
    name: str
    photos: list[Photo] = field(default_factory=list)
    others: list[Photo] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def scan(path: str) -> Tree:
    """Lists what is inside.

    Zips inside are opened where they hold the photos: those named after a split (`train.zip`)
    unless they lie unpacked beside, and all of them if there is no photo outside them.

    Args:
        path: a folder, a zip, a folder or zip inside a zip, or a photo.

    Raises:
        ConfigError: there is no such thing.
        DatasetError: a folder cannot be listed; a zip is damaged, or has members that are
            encrypted or whose names lead out of it.
    """
    bare = path.rstrip("/\\") or path
    name = Path(bare).absolute().name
    tree = Tree(path, name[:-4] if suffix_of(name) == ".zip" else name)
    zips = OpenZips(DecodeLimits().max_bytes)
    try:
        _Scanner(tree, zips).scan(bare)
    finally:
        zips.close()
    return tree


class _Scanner:
    """Fills a tree."""

    def __init__(self, tree: Tree, zips: OpenZips) -> None:
        self._tree, self._zips = tree, zips

    def scan(self, path: str) -> None:
        depth = 0
        if Path(path).is_dir():
            self._add_folder(path)
        elif Path(path).is_file() and suffix_of(path) != ".zip":
            self._add(Photo(path, None, Path(path).name))
        else:
            archive, below = self._find_archive(path)
            depth = 1 + sum(Path(above).is_file() for above in archives_above(archive))
            self._add_zip(archive, below, "")
        for level in range(depth, MAX_DEPTH):
            zips = [p for p in self._tree.others if suffix_of(p.relative) == ".zip"]
            for inner in self._choose([p for p in zips if _depth(p) == level]):
                self._tree.others.remove(inner)
                self._tree.skipped[".zip"] -= 1
                self._add_zip(inner.path, "", inner.relative[:-4] + "/")
        if not self._tree.skipped[".zip"]:
            del self._tree.skipped[".zip"]

    def _find_archive(self, path: str) -> tuple[str, str]:
        """Splits a path into the zip, perhaps inside a zip, and the folder below it."""
        candidates = [*archives_above(path), path] if suffix_of(path) == ".zip" else []
        candidates = candidates or archives_above(path)
        outer = next((above for above in candidates if Path(above).is_file()), None)
        if outer is None:
            raise ConfigError(
                f"Cannot find '{path}': expected a folder, zip, manifest or Parquet file, received "
                "nothing by that name. Check the path."
            )
        names = {info.filename for info in self._zips.members(outer)}
        inside = [above for above in candidates if above[len(outer) + 1 :] in names]
        archive = inside[0] if inside else outer
        below = path[len(archive) + 1 :]
        return archive, f"{below}/" if below else ""

    def _choose(self, zips: list[Photo]) -> list[Photo]:
        """Chooses the zips to look into."""
        named = [p for p in zips if split_of_word(p.relative.rpartition("/")[2][:-4])]
        if named:
            return [p for p in named if not self._is_unpacked(p)]
        return [] if self._tree.photos else zips

    def _is_unpacked(self, archive: Photo) -> bool:
        beside = archive.relative[:-4] + "/"
        return any(photo.relative.startswith(beside) for photo in self._tree.photos)

    def _add_folder(self, path: str) -> None:
        others: list[Photo] = []
        for photo in list_photos([path], skipped=self._tree.skipped, others=others):
            self._add(photo)
        self._tree.others.extend(others)

    def _add(self, photo: Photo) -> None:
        self._sort_in(photo, suffix_of(photo.relative), partial(_head, photo.path))

    def _add_zip(self, archive: str, below: str, prefix: str) -> None:
        litter: dict[str, bool] = {}
        for info in self._zips.members(archive):
            name = info.filename
            _check_name(archive, name)
            if not name.startswith(below):
                continue
            relative = prefix + name[len(below) :].replace("\\", "/")
            folder, _, last = relative.rpartition("/")
            if folder not in litter:
                litter[folder] = any(map(is_litter, folder.split("/")))
            if litter[folder] or is_litter(last):
                self._tree.skipped["hidden"] += 1
                continue
            if info.flag_bits & 0x1:
                raise DatasetError(
                    f"Cannot read '{archive}': expected a zip without a password, received the "
                    f"encrypted member '{name}'. Unpack it and name the folder."
                )
            photo = Photo(f"{archive}/{name}", archive, relative)
            self._sort_in(
                photo, suffix_of(last), partial(self._zips.head, archive, name, HEAD_BYTES)
            )

    def _sort_in(self, photo: Photo, suffix: str, head: Callable[[], bytes]) -> None:
        if suffix in _PHOTO_SUFFIXES or sniff_format(head()):
            self._tree.photos.append(photo)
        else:
            self._tree.others.append(photo)
            self._tree.skipped[suffix or "no suffix"] += 1


def _depth(photo: Photo) -> int:
    """How many zips a file lies in."""
    if photo.archive is None:
        return 0
    return 1 + sum(Path(above).is_file() for above in archives_above(photo.archive))


def _head(path: str) -> bytes:
    """A file's first bytes; none if it cannot be read, and never of a pipe, which may not end."""
    if not Path(path).is_file():
        return b""
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _check_name(archive: str, name: str) -> None:
    parts = _SEPARATORS.split(name) if ".." in name else ()
    if name[:1] in ("/", "\\") or _DRIVE.match(name) or ".." in parts:
        raise DatasetError(
            f"Cannot read '{archive}': expected members with names inside it, received '{name}', "
            "which leads out. Get the archive from its publisher; do not unpack this one."
        )
