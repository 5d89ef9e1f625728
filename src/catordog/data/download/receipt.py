"""Which files a download brought, so that a later run can tell that they are all there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from catordog.data.download.archives import RemoteFile
from catordog.data.download.disk import writing
from catordog.data.download.progress import Screen
from catordog.errors import OutputError

__all__ = ["RECEIPT", "hash_file", "holds_file", "holds_receipt", "put_in_place"]

RECEIPT = ".catordog-download.json"
_BLOCK_BYTES = 1 << 20


def hash_file(path: Path, advance: Callable[[int], None]) -> str:
    """Computes a file's SHA-256.

    Args:
        path: the file.
        advance: is called with the bytes read so far.

    Returns:
        64 hex digits.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    done_bytes = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            done_bytes += len(block)
            advance(done_bytes)
    return digest.hexdigest()


def holds_file(folder: Path, file: RemoteFile, screen: Screen) -> bool:
    """Tells whether a file is in a folder already, whole.

    Returns:
        True if its size and SHA-256 are right, False if there is none of its name.

    Raises:
        OutputError: there is another file of its name; move it away, or choose another folder.
    """
    path = folder / file.name
    if not os.path.lexists(path):
        return False
    with writing(path):
        size_bytes = path.stat().st_size
        if size_bytes == file.size_bytes and path.is_file():
            sha256 = hash_file(path, screen.stage(f"checking {file.name}", size_bytes))
            if sha256 == file.sha256:
                return True
    raise OutputError(
        f"Cannot download to '{path}': expected no file there, or the published one of "
        f"{file.size_bytes:,} bytes, received another of {size_bytes:,} bytes. Move it away or "
        f"choose another --out."
    )


def holds_receipt(folder: Path, screen: Screen) -> bool:
    """Tells whether a folder still holds all that its receipt lists.

    Returns:
        True if every file has its size and SHA-256, False if there is no such folder.

    Raises:
        OutputError: the folder has no receipt, or its files differ from it; move it away, or
            choose another.
    """
    if not os.path.lexists(folder):
        return False
    wrong = _find_difference(folder, screen)
    if not wrong:
        return True
    raise OutputError(
        f"Cannot download to '{folder}': expected no folder there, or one that an earlier download "
        f"filled, received one where {wrong}. Move it away or choose another --out."
    )


def _find_difference(folder: Path, screen: Screen) -> str:
    """Says what is not as the receipt has it; "" if nothing."""
    try:
        files = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))["files"]
        listed = {str(name): (int(of["bytes"]), str(of["sha256"])) for name, of in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"'{RECEIPT}' is missing or damaged"
    for name, (size_bytes, sha256) in listed.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size_bytes:
            return f"'{name}' is missing or of another size"
        if hash_file(path, screen.stage(f"checking {name}", size_bytes)) != sha256:
            return f"'{name}' has other bytes"
    return ""


def put_in_place(
    arrived: Path, folder: Path, *, origin: str, revision: str, screen: Screen
) -> Path:
    """Writes the receipt of a whole folder, and only then gives the folder its name.

    Args:
        arrived: what the client filled, on the same disk as `folder`.
        folder: where it belongs; must not exist.
        origin: where it came from, a URL.
        revision: which version the site called it; "" if it does not say.
        screen: is told of each file that is hashed.

    Returns:
        `folder`.

    Raises:
        OutputError: the folder cannot be written.
    """
    with writing(folder):
        files = {}
        (arrived / RECEIPT).unlink(missing_ok=True)
        for path in sorted(path for path in arrived.rglob("*") if path.is_file()):
            size_bytes = path.stat().st_size
            name = path.relative_to(arrived).as_posix()
            sha256 = hash_file(path, screen.stage(f"checking {name}", size_bytes))
            files[name] = {"bytes": size_bytes, "sha256": sha256}
        text = json.dumps({"origin": origin, "revision": revision, "files": files}, indent=2)
        (arrived / RECEIPT).write_text(text + "\n", encoding="utf-8")
        arrived.rename(folder)
    return folder


def drop_folder(folder: Path) -> None:
    """Removes a folder of ours that is no longer needed, as far as that goes."""
    shutil.rmtree(folder, ignore_errors=True)
