"""Fetches one known file over HTTPS: resumes where it stopped, and trusts only its SHA-256."""

from __future__ import annotations

import http.client
import ipaddress
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from catordog import __version__
from catordog.data.download.archives import RemoteFile
from catordog.data.download.part import Part
from catordog.data.download.progress import Screen
from catordog.data.download.receipt import hash_file
from catordog.errors import DatasetError

__all__ = ["fetch"]

_CHUNK_BYTES = 1 << 18
_TRIES = 6
"""In a row, without one byte more than ever before."""

_LONGEST_WAIT_S = 30.0
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class _CutError(Exception):
    """The connection ended before the file did; another try may get further."""


def fetch(
    file: RemoteFile,
    folder: Path,
    *,
    screen: Screen,
    timeout_s: float,
    wait: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetches a file, carrying on with the `.part` that an earlier try left behind.

    Args:
        file: what to fetch.
        folder: where to put it; exists.
        screen: is told of the bytes that have arrived.
        timeout_s: how long the server may say nothing.
        wait: waits so many seconds between tries.

    Returns:
        Its path. It has its name only once its SHA-256 was right.

    Raises:
        DatasetError: the server does not give the file, gives another one, or cannot be reached;
            what has arrived stays in the `.part`, unless it was wrong.
        OutputError: the disk is full; the `.part` stays. Make room and run the same command.
    """
    part = Part(folder / file.name)
    if part.size_bytes > file.size_bytes:
        part.remove()
    advance = screen.stage(file.name, file.size_bytes)
    best_bytes, failures = part.size_bytes, 0
    while part.size_bytes < file.size_bytes:
        try:
            _receive(file, part, advance, timeout_s)
        except _CutError as exc:
            failures = 1 if part.size_bytes > best_bytes else failures + 1
            best_bytes = max(best_bytes, part.size_bytes)
            if failures == _TRIES:
                raise _lost(file, part, exc) from exc
            pause_s = min(2.0 ** (failures - 1), _LONGEST_WAIT_S)
            screen.say(f"{file.name}: {exc}; trying again in {pause_s:.0f} s")
            wait(pause_s)
    _verify(file, part, screen)
    return part.finish()


def _receive(
    file: RemoteFile, part: Part, advance: Callable[[int], None], timeout_s: float
) -> None:
    """Asks once for what is missing, and appends what comes."""
    with _ask(file, part, timeout_s) as response:
        _begin(response, file, part)
        done_bytes = part.size_bytes
        with part.appending() as append:
            while done_bytes < file.size_bytes:
                # read1 hands over what has arrived; read would lose it if the rest never comes.
                try:
                    chunk = response.read1(min(_CHUNK_BYTES, file.size_bytes - done_bytes))
                except (OSError, http.client.HTTPException) as exc:
                    raise _CutError(_describe(exc)) from exc
                if not chunk:
                    raise _CutError(f"the connection ended after {done_bytes:,} bytes")
                append(chunk)
                done_bytes += len(chunk)
                advance(done_bytes)


def _ask(file: RemoteFile, part: Part, timeout_s: float) -> http.client.HTTPResponse:
    """Sends the request; raises `_CutError` for what may pass, DatasetError for what will not."""
    headers = {"User-Agent": f"catordog/{__version__}", "Accept-Encoding": "identity"}
    if part.size_bytes:
        headers["Range"] = f"bytes={part.size_bytes}-"
        if part.validator:
            headers["If-Range"] = part.validator
    _check_scheme(file.url)
    opener = urllib.request.build_opener(_SafeRedirects)
    try:
        response: http.client.HTTPResponse = opener.open(
            urllib.request.Request(file.url, headers=headers), timeout=timeout_s
        )
    except urllib.error.HTTPError as exc:
        exc.close()
        if exc.code == 416:  # the part is no beginning of what is there now
            part.remove()
        elif exc.code not in _TRY_AGAIN:
            raise DatasetError(
                f"Cannot download '{file.url}': expected the file, received HTTP status "
                f"{exc.code} {exc.reason}. Look at the page of its publisher; it may have moved."
            ) from exc
        raise _CutError(f"HTTP status {exc.code} {exc.reason}") from exc
    except (OSError, http.client.HTTPException) as exc:
        if isinstance(getattr(exc, "reason", exc), ssl.SSLCertVerificationError):
            raise DatasetError(
                f"Cannot download '{file.url}': expected a certificate that this computer trusts, "
                f"received '{_describe(exc)}'. Check its clock, proxy and certificates."
            ) from exc
        raise _CutError(_describe(exc)) from exc
    return response


def _begin(response: http.client.HTTPResponse, file: RemoteFile, part: Part) -> None:
    """Makes sure that what follows continues the part, or empties the part for it."""
    if response.headers.get_content_type() == "text/html":
        raise DatasetError(
            f"Cannot download '{file.url}': expected a file of {file.size_bytes:,} bytes, received "
            f"a web page. If this network asks for a login, log in and run the same command."
        )
    total_bytes = response.length
    if response.status == 206:
        content_range = response.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", content_range.strip())
        if not found or int(found[1]) != part.size_bytes:
            part.remove()
            raise _CutError(f"the server sent another range ('{content_range[:80]}')")
        total_bytes = None if found[2] == "*" else int(found[2])
    if total_bytes is not None and total_bytes != file.size_bytes:
        raise DatasetError(
            f"Cannot download '{file.url}': expected {file.size_bytes:,} bytes, received an answer "
            f"of {total_bytes:,} bytes. Its publisher has changed it; please report that."
        )
    if response.status != 206:
        part.restart(_find_validator(response))


def _find_validator(response: http.client.HTTPResponse) -> str:
    """Finds what If-Range may compare: a strong ETag or a date; "" if there is neither."""
    etag = response.headers.get("ETag", "").strip()
    if etag.startswith('"'):
        return etag
    return response.headers.get("Last-Modified", "").strip()


def _verify(file: RemoteFile, part: Part, screen: Screen) -> None:
    sha256 = hash_file(part.path, screen.stage(f"checking {file.name}", file.size_bytes))
    if sha256 != file.sha256:
        part.remove()
        raise DatasetError(
            f"Cannot use what came from '{file.url}': expected SHA-256 {file.sha256}, received "
            f"{sha256}. It was removed; run the same command to fetch it anew."
        )


def _lost(file: RemoteFile, part: Part, exc: _CutError) -> DatasetError:
    return DatasetError(
        f"Cannot download '{file.url}': expected {file.size_bytes:,} bytes, received "
        f"{part.size_bytes:,} ({exc}). They are kept in '{part.path}': run the same command to "
        f"carry on."
    )


def _describe(exc: Exception) -> str:
    """Says in few words what went wrong on the way."""
    reason = getattr(exc, "reason", exc)
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return " ".join(str(reason).split())[:160] or type(reason).__name__


def _check_scheme(url: str) -> None:
    """Refuses what somebody on the way could change; this machine itself is no way."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise DatasetError(
        f"Cannot download '{url[:200]}': expected an https address, received '{parts.scheme}'. "
        f"Do not trust this network; try another."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows the server to https only."""

    def redirect_request(  # type: ignore[no-untyped-def]
        self, req, fp, code, msg, headers, newurl
    ) -> urllib.request.Request | None:
        """Checks the new address, then does what Python does."""
        _check_scheme(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
