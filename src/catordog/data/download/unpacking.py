"""Unpacks a tar into a folder that appears only when it is whole."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path

from catordog.data.download.disk import writing
from catordog.errors import ConfigError, DatasetError

__all__ = ["unpack"]


def unpack(archive: Path, name: str) -> Path:
    """Unpacks the one folder that a tar holds, beside the tar.

    Args:
        archive: a tar, compressed with gzip; stays.
        name: the folder in it.

    Returns:
        The folder, named `name`; if there is one already, it is left as it is.

    Raises:
        ConfigError: this Python cannot unpack tars safely; take a newer one.
        DatasetError: the tar is damaged, holds no such folder, or wants to write outside its own.
            Nothing of it stays.
        OutputError: the disk is full.
    """
    folder = archive.parent / name
    if folder.is_dir():
        return folder
    if not hasattr(tarfile, "data_filter"):
        raise ConfigError(
            f"Cannot unpack '{archive}': expected Python 3.11.4 or later, which unpacks tars "
            f"safely, received an earlier one. Update Python and run the same command."
        )
    with writing(folder):
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=archive.parent))
    try:
        _extract(archive, scratch)
        if not (scratch / name).is_dir():
            raise DatasetError(
                f"Cannot unpack '{archive}': expected a folder '{name}' in it, received none. "
                f"Remove it and run the same command to fetch it anew."
            )
        with writing(folder):
            (scratch / name).rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _extract(archive: Path, scratch: Path) -> None:
    try:
        with writing(scratch), tarfile.open(archive, "r:gz") as members:
            # A member that climbs out by its name, or through a link, raises FilterError.
            members.extractall(scratch, filter="data")
    except (tarfile.TarError, EOFError, zlib.error) as exc:
        raise DatasetError(
            f"Cannot unpack '{archive}': expected a whole tar that stays in its folder, received "
            f"'{' '.join(str(exc).split())[:160]}'. Remove it and run the same command to fetch it "
            f"anew."
        ) from exc
