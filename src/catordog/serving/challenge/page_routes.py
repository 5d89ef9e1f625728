"""The challenge's pages and scripts, read once and served from memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, Request, Response

from catordog.challenge.service import OWN_SITE, ChallengeService
from catordog.web.protection import protecting_headers

_STATIC = Path(__file__).parent / "static"
_HTML, _JS = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
_FILES = {
    "/challenge": ("challenge.html", _HTML),
    "/versus": ("versus.html", _HTML),
    "/static/challenge/challenge.css": ("challenge.css", "text/css; charset=utf-8"),
    "/static/challenge/grid.js": ("grid.js", _JS),
    "/static/challenge/challenge.js": ("challenge.js", _JS),
    "/static/challenge/embed.js": ("embed.js", _JS),
    "/static/challenge/versus.js": ("versus.js", _JS),
    "/static/challenge/picture.js": ("picture.js", _JS),
}
_FOR_OTHER_SITES = {
    "/challenge/widget.js": ("widget.js", _JS),
    "/js/AsirraClientSide.js": ("AsirraClientSide.js", _JS),
}
_ACROSS = {"Cross-Origin-Resource-Policy": "cross-origin"}


def challenge_page_routes(challenge: ChallengeService) -> APIRouter:
    """Builds one route per file, and that of the frame that other sites show."""
    router = APIRouter(include_in_schema=False)
    for files, headers in ((_FILES, {}), (_FOR_OTHER_SITES, _ACROSS)):
        for path, (name, media_type) in files.items():
            _add_file(router, path, name, media_type, headers)
    frame = (_STATIC / "embed.html").read_bytes()

    @router.get("/challenge/embed")
    async def embed(sitekey: str = OWN_SITE) -> Response:
        hosts = challenge.hostnames_of(sitekey)
        ancestors = "*"
        if hosts:  # any port: a site's tests run on others
            ancestors = " ".join(f"{scheme}://{host}:*" for host in hosts for scheme in _SCHEMES)
        headers = protecting_headers({"frame-ancestors": ancestors}) | _ACROSS
        return Response(frame, media_type=_HTML, headers=headers | {"Cache-Control": "no-cache"})

    return router


_SCHEMES = ("http", "https")


def _add_file(
    router: APIRouter, path: str, name: str, media_type: str, more: dict[str, str]
) -> None:
    body = (_STATIC / name).read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag} | more

    async def read_file(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    router.add_api_route(path, read_file, methods=["GET", "HEAD"])
