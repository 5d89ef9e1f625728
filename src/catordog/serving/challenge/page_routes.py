"""The challenge's pages and scripts, read once and served from memory."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response

from catordog.challenge.service import OWN_SITE, ChallengeService
from catordog.web.files import add_file
from catordog.web.protection import protecting_headers

_STATIC = Path(__file__).parent / "static"
_OWN_PAGES = ("challenge.html", "versus.html")
_OWN_FILES = ("challenge.css", "grid.js", "challenge.js", "embed.js", "versus.js", "picture.js")
_FOR_OTHER_SITES = {
    "/challenge/widget.js": "widget.js",
    "/js/AsirraClientSide.js": "AsirraClientSide.js",
}
_SCHEMES = ("http", "https")
_ACROSS = {"Cross-Origin-Resource-Policy": "cross-origin"}


def challenge_page_routes(challenge: ChallengeService) -> APIRouter:
    """Builds one route per file, and that of the frame that other sites show."""
    router = APIRouter(include_in_schema=False)
    for name in _OWN_PAGES:
        add_file(router, f"/{Path(name).stem}", _STATIC / name)
    for name in _OWN_FILES:
        add_file(router, f"/static/challenge/{name}", _STATIC / name)
    for path, name in _FOR_OTHER_SITES.items():
        add_file(router, path, _STATIC / name, headers=_ACROSS)
    frame = (_STATIC / "embed.html").read_bytes()

    @router.get("/challenge/embed")
    async def embed(sitekey: str = OWN_SITE) -> Response:
        hosts = challenge.hostnames_of(sitekey)
        ancestors = "*"
        if hosts:  # any port: a site's tests run on others
            ancestors = " ".join(f"{scheme}://{host}:*" for host in hosts for scheme in _SCHEMES)
        headers = protecting_headers({"frame-ancestors": ancestors}) | _ACROSS
        headers["Cache-Control"] = "no-cache"
        return Response(frame, media_type="text/html; charset=utf-8", headers=headers)

    return router
