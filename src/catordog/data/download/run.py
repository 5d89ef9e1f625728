"""`catordog download`: one published copy of the data set, whole, in a folder."""

from __future__ import annotations

import math
from pathlib import Path

from catordog.data.download.archives import Archive, Way, find_archive
from catordog.data.download.disk import check_space, make_folder
from catordog.data.download.huggingface import download_shards
from catordog.data.download.kaggle import download_competition
from catordog.data.download.part import Part
from catordog.data.download.progress import Screen, Silent
from catordog.data.download.receipt import holds_file, holds_receipt
from catordog.data.download.transfer import fetch
from catordog.data.download.unpacking import unpack
from catordog.errors import ConfigError

__all__ = ["download"]


def download(
    source: str, out: Path, *, screen: Screen | None = None, timeout_s: float = 60.0
) -> Path:
    """Downloads one published copy of the data set, unless it is there already.

    Licence, terms, origin and size are said before the first byte of it is fetched. What was
    interrupted carries on; what is there whole is checked and left alone.

    Args:
        source: `microsoft`, `kaggle`, `redux`, `huggingface` or `oxford-pet`.
        out: the folder to put it in; made if need be.
        screen: is told what goes on; None for nobody.
        timeout_s: how long a server may say nothing.

    Returns:
        The zip or folder that the other commands take.

    Raises:
        ConfigError: the name is unknown, or the site wants a token or accepted rules.
        MissingExtraError: the site's client is not installed: pip install 'catordog[download]'.
        DatasetError: the site does not give the files, gives others, or cannot be reached.
        OutputError: the disk is full, or other files are in the way.
    """
    archive = find_archive(source)
    if not 0 < timeout_s < math.inf:
        raise ConfigError(
            f"Cannot wait {timeout_s} seconds for a server: expected more than 0, and an end. "
            f"Leave --timeout-s out for 60."
        )
    screen = screen or Silent()
    out = out.expanduser()
    make_folder(out)
    if archive.way is Way.HTTPS:
        return _download_files(archive, out, screen, timeout_s)
    folder = out / archive.folder
    if holds_receipt(folder, screen):
        _say_whole(folder, screen)
    elif archive.way is Way.KAGGLE:
        folder = download_competition(
            archive, folder, screen=screen, describe=lambda size: _describe(archive, size, screen)
        )
    else:
        folder = download_shards(
            archive,
            folder,
            screen=screen,
            timeout_s=timeout_s,
            describe=lambda size: _describe(archive, size, screen),
        )
    # What Kaggle calls the test photos has no labels to look at.
    return folder / "train.zip" if (folder / "train.zip").is_file() else folder


def _download_files(archive: Archive, out: Path, screen: Screen, timeout_s: float) -> Path:
    """Fetches what is missing, and unpacks what is to be unpacked."""
    place = out / archive.folder
    result = place if archive.folder else place / archive.files[0].name
    make_folder(place)
    missing = [file for file in archive.files if not holds_file(place, file, screen)]
    packed = [file for file in archive.files if file.holds and not (place / file.holds).is_dir()]
    if not missing and not packed:
        _say_whole(result, screen)
        return result
    _describe(archive, sum(file.size_bytes for file in missing), screen)
    arrived_bytes = sum(Part(place / file.name).size_bytes for file in missing)
    needed_bytes = sum(file.size_bytes for file in missing) - arrived_bytes
    check_space(place, needed_bytes + (archive.unpacked_bytes if packed else 0))
    for file in missing:
        fetch(file, place, screen=screen, timeout_s=timeout_s)
    for file in packed:
        screen.say(f"unpacking {file.name}")
        unpack(place / file.name, file.holds)
    return result


def _describe(archive: Archive, size_bytes: int, screen: Screen) -> None:
    screen.say(f"{archive.title}: {archive.page}")
    screen.say(f"Licence: {archive.licence}. {archive.terms}")
    about = "about " if archive.way is Way.KAGGLE else ""
    origin = archive.files[0].url.rpartition("/")[0] if archive.files else archive.way.value
    screen.say(f"Downloading {about}{size_bytes / 1e6:,.0f} MB from {origin}")


def _say_whole(path: Path, screen: Screen) -> None:
    screen.say(f"{path} is there already, complete and verified")
