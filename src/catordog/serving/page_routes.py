"""The page at `/` and its files, which are read once and served from memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, Request, Response

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


_CHALLENGE_HERE = b"<!-- challenge -->"
_CHALLENGE_LINKS = b'<a href="/challenge">Challenge</a><a href="/versus">Versus</a>'


def page_routes(*, has_challenge: bool = False) -> APIRouter:
    """Builds one route per file; `page.html` is `/`, `docs.html` is `/docs`.

    Args:
        has_challenge: pages link to the challenge, which is served elsewhere.
    """
    links = _CHALLENGE_LINKS if has_challenge else b""
    router = APIRouter(include_in_schema=False)
    for file in sorted(_STATIC.iterdir()):
        if file.suffix in _TYPES:
            router.add_api_route(_path_of(file), _file_route(file, links), methods=["GET", "HEAD"])
    return router


def _path_of(file: Path) -> str:
    if file.suffix == ".html":
        return "/" if file.stem == "page" else f"/{file.stem}"
    return f"/static/{file.name}"


def _file_route(file: Path, links: bytes) -> Callable[[Request], Response]:
    body = file.read_bytes().replace(_CHALLENGE_HERE, links)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag}

    def read_file(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=_TYPES[file.suffix], headers=headers)

    return read_file
