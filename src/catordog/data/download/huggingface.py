"""Fetches a data set's Parquet shards with Hugging Face's own client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from catordog import __version__
from catordog.data.download.archives import Archive, RemoteFile
from catordog.data.download.disk import bytes_below, check_space, is_disk_error, writing
from catordog.data.download.progress import Screen
from catordog.data.download.receipt import drop_folder, hash_file, put_in_place
from catordog.errors import CatOrDogError, ConfigError, DatasetError, MissingExtraError, OutputError

__all__ = ["download_shards"]

_SHARDS = "*.parquet"


def download_shards(
    archive: Archive,
    folder: Path,
    *,
    screen: Screen,
    timeout_s: float,
    describe: Callable[[int], None],
    endpoint: str | None = None,
) -> Path:
    """Fetches all Parquet shards of a data set, and checks them by what the site says of them.

    They arrive in a hidden folder beside `folder`, where the client finds them again after an
    interruption; the folder gets its name when they are all there.

    Args:
        archive: which data set.
        folder: where its shards belong; must not exist, the folder above must.
        screen: is told of each file that is hashed; the client shows its own progress.
        timeout_s: how long the site may take to say which shards there are.
        describe: is called with the bytes to be sent, before they are.
        endpoint: the site; None for what the client takes, `https://huggingface.co`.

    Returns:
        The folder.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        ConfigError: the site refuses the token that it was sent; log in anew, or log out.
        DatasetError: the site does not give the shards, or cannot be reached.
        OutputError: the disk is full; what has arrived is kept.
    """
    try:
        from huggingface_hub import HfApi, errors
    except ImportError as exc:
        raise MissingExtraError("downloads from Hugging Face", extra="download") from exc
    # The client has changed its HTTP library twice; with this one come errors that are no OSError.
    failures = (OSError, RuntimeError, ValueError, getattr(errors, "HTTPError", OSError))
    api = HfApi(endpoint=endpoint, library_name="catordog", library_version=__version__)
    arriving = folder.with_name(f".{folder.name}.part")
    try:
        # Asked first, because the client takes a half-filled folder for the answer when offline.
        info = api.dataset_info(archive.handle, files_metadata=True, timeout=timeout_s)
        shards = _list_shards(archive, info)
        size_bytes = sum(shard.size_bytes for shard in shards)
        describe(size_bytes)
        check_space(folder.parent, size_bytes - bytes_below(arriving))
        with writing(arriving):
            arriving.mkdir(exist_ok=True)
        api.snapshot_download(
            archive.handle,
            repo_type="dataset",
            revision=info.sha,
            local_dir=arriving,
            cache_dir=arriving / ".cache",
            allow_patterns=_SHARDS,
        )
    except failures as exc:
        raise _explain(archive, arriving, exc) from exc
    _verify(archive, arriving, shards, screen)
    drop_folder(arriving / ".cache")
    return put_in_place(
        arriving, folder, origin=archive.page, revision=info.sha or "", screen=screen
    )


def _list_shards(archive: Archive, info: Any) -> list[RemoteFile]:
    """Lists the shards with their sizes and hashes, as the site gives them."""
    shards = [
        RemoteFile("", file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "")
        for file in info.siblings or ()
        if file.rfilename.endswith(".parquet")
    ]
    if not shards:
        raise DatasetError(
            f"Cannot download '{archive.handle}' from Hugging Face: expected Parquet shards, "
            f"received none. Look at {archive.page}; it may have been packed anew."
        )
    return shards


def _verify(archive: Archive, arriving: Path, shards: list[RemoteFile], screen: Screen) -> None:
    for shard in shards:
        path = arriving / shard.name
        size_bytes = path.stat().st_size if path.is_file() else 0
        sha256 = ""
        if size_bytes == shard.size_bytes:
            sha256 = hash_file(path, screen.stage(f"checking {shard.name}", size_bytes))
        if size_bytes != shard.size_bytes or (shard.sha256 and sha256 != shard.sha256):
            path.unlink(missing_ok=True)
            raise DatasetError(
                f"Cannot use '{shard.name}' of '{archive.handle}': expected {shard.size_bytes:,} "
                f"bytes with SHA-256 {shard.sha256}, received {size_bytes:,} with {sha256}. It was "
                f"removed; run the same command to fetch it anew."
            )


def _explain(archive: Archive, arriving: Path, exc: Exception) -> CatOrDogError:
    """Turns what the client raised into the error that says what to do."""
    status = getattr(getattr(exc, "response", None), "status_code", None)
    told = " ".join(str(exc).split())[:160]
    if status in (401, 403):
        return ConfigError(
            f"Cannot download '{archive.handle}' from Hugging Face: expected to be let in, "
            f"received HTTP status {status}. It needs no token, but a wrong one is refused: log in "
            f"anew with 'hf auth login', or out with 'hf auth logout', and see {archive.page}"
        )
    if is_disk_error(exc):
        return OutputError(
            f"Cannot write '{arriving}': expected a folder with room, received '{told}'. What has "
            f"arrived is kept. Make room or choose another --out, and run the same command."
        )
    return DatasetError(
        f"Cannot download '{archive.handle}' from Hugging Face: expected its shards, received "
        f"{type(exc).__name__} ('{told}'). What has arrived is kept: run the same command to carry "
        f"on; {archive.page} says whether they are still offered."
    )
