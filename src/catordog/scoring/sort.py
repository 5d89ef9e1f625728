"""Puts answered photos into a folder per label, without ever overwriting or losing a file."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

from catordog.data.photos import Photo, PhotoReader
from catordog.errors import ConfigError, ImageError, OutputError

_UNFINISHED = ".catordog-unfinished"
"""A copy's name until it is whole: hidden, so that no listing takes it for a photo."""

_MOVING = ".catordog-moving"
"""Beside a copy whose source is to be removed: says which, for a run that carries on."""

_MAX_NAME_BYTES = 255
_MAX_SUFFIX_BYTES = 16
"""A longer one is no suffix, but a name with a dot in it."""


class SortMode(StrEnum):
    """How a photo gets into its label's folder."""

    COPY = "copy"
    MOVE = "move"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class SortPlan:
    """What to do with the photos once they are answered.

    Attributes:
        folder: gets a folder per label that a photo has, and in it the photos under their relative
            paths.
        mode: copy, move, or link to them (symbolically).
        dry_run: say what would be done, and touch nothing.
    """

    folder: Path
    mode: SortMode = SortMode.COPY
    dry_run: bool = False

    def check(self) -> None:
        """Checks that the folder can be one.

        Raises:
            ConfigError: it is a file.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise ConfigError(
                f"Cannot sort into '{self.folder}': expected a folder or nothing by that name, "
                "received a file. Name another --sort-into."
            )

    def check_photo(self, photo: Photo) -> None:
        """Checks that a photo can be put there in this mode.

        Raises:
            ConfigError: it is in a zip, from which it can only be copied.
        """
        if photo.archive is not None and self.mode is not SortMode.COPY:
            raise ConfigError(
                f"Cannot {self.mode} '{photo.path}': expected a file, received a member of a zip. "
                "Use --copy, or unpack the zip first."
            )


@dataclass(slots=True)
class SortSummary:
    """What became of the photos.

    Attributes:
        placed: copied, moved or linked; in a dry run, those that would be.
        already: an identical file lay there before; a photo to move was left where it is, or
            had been moved by an earlier run.
        unanswered: have no label, and stay where they are.
        missing: could no longer be read, and lie nowhere in the folder.
    """

    placed: int = 0
    already: int = 0
    unanswered: int = 0
    missing: int = 0


def sort_photos(
    labelled: Iterable[tuple[Photo, str | None]],
    plan: SortPlan,
    reader: PhotoReader,
    *,
    on_line: Callable[[str], None] | None = None,
) -> SortSummary:
    """Puts each photo into its label's folder. Interrupted, it can be repeated as it was.

    Args:
        labelled: photos with their label, or None if they have no answer; read as a stream.
        plan: where to, and how.
        reader: reads members of zips.
        on_line: receives each step of a dry run, as `copy a.jpg -> sorted/cat/a.jpg`.

    Raises:
        OutputError: a file cannot be written; what is done stays done.
    """
    summary = SortSummary()
    sorter = _Sorter(plan, reader)
    for photo, label in labelled:
        if label is None:
            summary.unanswered += 1
            continue
        wanted = plan.folder / label
        try:
            wanted = sorter.locate(wanted, safe_parts(photo.relative))
            target = sorter.choose(photo, wanted)
            if target is not None and not plan.dry_run:
                sorter.place(photo, target)
        except (FileNotFoundError, ImageError):
            _count_missing(summary, wanted)
            continue
        except OSError as exc:
            raise OutputError(
                f"Cannot {plan.mode} '{photo.path}' into '{wanted.parent}': expected to write "
                f"there, received: {exc.strerror or exc}. Mend that and run the same command: it "
                "carries on."
            ) from exc
        summary.placed += target is not None
        summary.already += target is None
        if target is not None and plan.dry_run and on_line is not None:
            on_line(f"{plan.mode} {photo.path} -> {target}")
    return summary


def _count_missing(summary: SortSummary, wanted: Path) -> None:
    if _is_taken(wanted):
        summary.already += 1  # moved by a run that ended before this one
    else:
        summary.missing += 1


def safe_parts(relative: str) -> list[str]:
    """Splits a relative path so that joined to a folder it stays inside; zips may hold anything.

    Example:
        >>> safe_parts("/../../etc/./cron.d/x.jpg")
        ['etc', 'cron.d', 'x.jpg']
    """
    for separator in {os.sep, os.altsep} - {None, "/"}:
        relative = relative.replace(separator or "/", "/")
    if os.name == "nt":
        relative = relative.replace(":", "_")  # a drive, or a hidden stream of a file
    return [part for part in relative.split("/") if part not in ("", ".", "..")] or ["photo"]


class _Sorter:
    """Places one photo after another, and numbers those that want the same name."""

    def __init__(self, plan: SortPlan, reader: PhotoReader) -> None:
        self._plan = plan
        self._reader = reader
        self._next_number: dict[Path, int] = {}  # of names that collided only: few
        self._folders: dict[Path, Path] = {}  # by the name wanted
        self._taken: set[Path] = set()  # by folders to be, and in a dry run by files

    def locate(self, root: Path, parts: list[str]) -> Path:
        """Returns a photo's place below a folder, past files that lie where its folders should."""
        folder = root
        for part in parts[:-1]:
            wanted = folder / _fit(part, "")
            if wanted not in self._folders:
                places = (_number(wanted, number) for number in count(1))
                self._folders[wanted] = next(place for place in places if not self._is_file(place))
                self._taken.add(self._folders[wanted])
            folder = self._folders[wanted]
        return folder / _fit(parts[-1], "")

    def choose(self, photo: Photo, wanted: Path) -> Path | None:
        """Returns a free name for a photo; None if it lies there already."""
        if photo.archive is None:
            try:
                Path(photo.path).lstat()
            except FileNotFoundError:
                self._finish_move(photo, wanted)
                raise
        for number in count(self._next_number.get(wanted, 1)):
            target = _number(wanted, number)
            is_there = _is_taken(target)
            is_same = is_there and self._is_same(photo, target)
            if is_same or not (is_there or target in self._taken):
                break
        if number > 1:
            self._next_number[wanted] = number + 1
        if self._plan.dry_run:
            self._taken.add(target)
        if is_same:
            self._finish_move(photo, target)
        return None if is_same else target

    def _is_file(self, path: Path) -> bool:
        if path in self._taken:
            return path not in self._folders.values()
        return _is_taken(path) and not path.is_dir()

    def _is_same(self, photo: Photo, target: Path) -> bool:
        if self._plan.mode is SortMode.LINK:
            return target.is_symlink() and target.readlink() == Path(photo.path).absolute()
        if not target.is_file():
            return False
        if photo.archive is None:
            return filecmp.cmp(photo.path, target, shallow=False)
        data = self._reader.read(photo)
        return target.stat().st_size == len(data) and target.read_bytes() == data

    def place(self, photo: Photo, target: Path) -> None:
        """Copies, moves or links a photo to a free name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        source = Path(photo.path)
        match self._plan.mode:
            case SortMode.LINK:
                target.symlink_to(source.absolute())
            case SortMode.COPY:
                self._copy(photo, target)
            case SortMode.MOVE if source.is_symlink():
                target.symlink_to(source.resolve())  # a relative link would lead elsewhere now
                source.unlink()
            case SortMode.MOVE:
                try:
                    source.rename(target)
                except OSError as exc:
                    if exc.errno != errno.EXDEV:
                        raise
                    self._move_across(photo, target)

    def _move_across(self, photo: Photo, target: Path) -> None:
        """Moves a photo to another disk, in steps that `_finish_move` can take up."""
        source, note = Path(photo.path), target.with_name(_MOVING)
        note.write_bytes(os.fsencode(source.absolute()))
        self._copy(photo, target, sync=True)
        source.unlink()
        note.unlink()

    def _finish_move(self, photo: Photo, target: Path) -> None:
        """Ends a move to another disk that an earlier run was stopped in after the copy."""
        source, note = Path(photo.path), target.with_name(_MOVING)
        if self._plan.mode is not SortMode.MOVE or self._plan.dry_run or not note.is_file():
            return
        if note.read_bytes() == os.fsencode(source.absolute()):
            source.unlink(missing_ok=True)
            note.unlink()

    def _copy(self, photo: Photo, target: Path, *, sync: bool = False) -> None:
        unfinished = target.with_name(_UNFINISHED)
        try:
            if photo.archive is None:
                shutil.copy2(photo.path, unfinished)
            else:
                unfinished.write_bytes(self._reader.read(photo))
                modified_s = self._reader.modified_s(photo)
                os.utime(unfinished, (modified_s, modified_s))
            if sync:
                with unfinished.open("rb") as stream:
                    os.fsync(stream.fileno())
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)


def _number(wanted: Path, number: int) -> Path:
    """Returns a path with (2), (3)... in its name; as it is for 1."""
    if number == 1:
        return wanted
    stem, suffix = wanted.stem, wanted.suffix
    if len(os.fsencode(suffix)) > _MAX_SUFFIX_BYTES:
        stem, suffix = wanted.name, ""
    return wanted.with_name(_fit(stem, f" ({number}){suffix}"))


def _fit(stem: str, end: str) -> str:
    """Joins the parts of a name; one too long for the disk loses the end of its stem."""
    excess = len(os.fsencode(stem + end)) - _MAX_NAME_BYTES
    return (
        f"{os.fsencode(stem)[:-excess].decode(errors='ignore')}{end}" if excess > 0 else stem + end
    )


def _is_taken(target: Path) -> bool:
    return target.is_symlink() or target.exists()
