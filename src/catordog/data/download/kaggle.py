"""Fetches a competition's files with Kaggle's own client."""

from __future__ import annotations

import contextlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from catordog.data.download.archives import Archive
from catordog.data.download.disk import bytes_below, check_space, is_disk_error, writing
from catordog.data.download.progress import Screen
from catordog.data.download.receipt import drop_folder, put_in_place
from catordog.errors import CatOrDogError, ConfigError, DatasetError, MissingExtraError, OutputError

__all__ = ["download_competition"]

_CACHE = "KAGGLEHUB_CACHE"


def download_competition(
    archive: Archive, folder: Path, *, screen: Screen, describe: Callable[[int], None]
) -> Path:
    """Fetches all files of a competition.

    They arrive in a hidden folder beside `folder`, where the client finds them again after an
    interruption; the folder gets its name when they are all there.

    Args:
        archive: which competition.
        folder: where its files belong; must not exist, the folder above must.
        screen: is told of each file that is hashed; the client shows its own progress.
        describe: is called with the bytes to be sent (about), before anything is.

    Returns:
        The folder; another one where Kaggle has mounted the files already, in its notebooks.

    Raises:
        MissingExtraError: kagglehub is not installed.
        ConfigError: there is no token, or the rules have not been accepted; the message says how.
        DatasetError: Kaggle does not give the files, or cannot be reached.
        OutputError: the disk is full; what has arrived is kept.
    """
    arriving = folder.with_name(f".{folder.name}.part")
    with _speak_on_stderr():
        try:
            import kagglehub
        except ImportError as exc:
            raise MissingExtraError("downloads from Kaggle", extra="download") from exc
        describe(archive.size_bytes)
        needed_bytes = archive.size_bytes + archive.unpacked_bytes
        check_space(folder.parent, needed_bytes - bytes_below(arriving))
        with writing(arriving):
            arriving.mkdir(exist_ok=True)
        try:
            with _cache_in(arriving):
                found = Path(kagglehub.competition_download(archive.handle))
        except Exception as exc:  # the client raises its own, requests' and Python's errors
            raise _explain(archive, arriving, exc) from exc
    if arriving.resolve() not in found.resolve().parents:
        drop_folder(arriving)
        return found
    put_in_place(found, folder, origin=archive.page, revision="", screen=screen)
    drop_folder(arriving)
    return folder


@contextlib.contextmanager
def _speak_on_stderr() -> Iterator[None]:
    """Standard output is for our answer; the client logs to what it finds there when imported."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Lets the client keep its files in a folder of ours.

    Its `output_dir` argument cannot resume, and with `force_download` it empties the folder.
    """
    before = os.environ.get(_CACHE)
    os.environ[_CACHE] = str(folder.resolve())
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE]
        else:
            os.environ[_CACHE] = before


def _explain(archive: Archive, arriving: Path, exc: Exception) -> CatOrDogError:
    """Turns what the client raised into the error that says what to do."""
    status = getattr(getattr(exc, "response", None), "status_code", None)
    name = type(exc).__name__
    told = " ".join(str(exc).split())[:160]
    if (
        status in (401, 403)
        or name in ("UnauthenticatedError", "CredentialError")
        or (isinstance(exc, ValueError) and "redentials" in told)
    ):
        return ConfigError(
            f"Cannot download '{archive.handle}' from Kaggle: expected a Kaggle token and accepted "
            f"rules, received '{told}'. Accept the rules at {archive.page}/rules, make a token at "
            f"https://www.kaggle.com/settings, put it into ~/.kaggle/access_token or "
            f"KAGGLE_API_TOKEN, and run the same command."
        )
    if is_disk_error(exc):
        return OutputError(
            f"Cannot write '{arriving}': expected a folder with room, received '{told}'. What has "
            f"arrived is kept. Make room or choose another --out, and run the same command."
        )
    if isinstance(exc, (zipfile.BadZipFile, ValueError)):
        # The client would take the whole but damaged archive for the right one for ever.
        drop_folder(arriving)
    return DatasetError(
        f"Cannot download '{archive.handle}' from Kaggle: expected its files, received {name} "
        f"('{told}'). Run the same command to carry on; {archive.page} says whether they are "
        f"still offered."
    )
