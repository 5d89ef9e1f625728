"""Files of pages: read once, served from memory, and sent again only once they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response

_SHARED = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def add_file(
    routes: APIRouter | FastAPI,
    path: str,
    file: Path,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Adds a route for a file: of HTML, CSS, JavaScript or SVG, by its ending.

    Args:
        routes: where to.
        path: of the URL.
        file: is read now.
        body: what to send instead of what is in the file.
        headers: to send as well.
    """
    content = file.read_bytes() if body is None else body
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    sent = {"Cache-Control": "no-cache", "ETag": etag, **(headers or {})}
    media_type = _MEDIA_TYPES[file.suffix]

    async def read_file(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=sent)
        return Response(content, media_type=media_type, headers=sent)

    routes.add_api_route(path, read_file, methods=["GET", "HEAD"], include_in_schema=False)


def add_shared_files(routes: APIRouter | FastAPI) -> None:
    """Adds what all pages share, as `/static/NAME`: the icon, and the palette's colours."""
    for file in sorted(_SHARED.iterdir()):
        add_file(routes, f"/static/{file.name}", file)
