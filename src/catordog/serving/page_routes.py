"""The page at `/` and its files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from catordog.web.files import add_file, add_shared_files

_STATIC = Path(__file__).parent / "static"
_CHALLENGE_HERE = b"<!-- challenge -->"
_CHALLENGE_LINKS = b'<a href="/challenge">Challenge</a><a href="/versus">Versus</a>'


def page_routes(*, has_challenge: bool = False) -> APIRouter:
    """Builds one route per file; `page.html` is `/`, `docs.html` is `/docs`.

    Args:
        has_challenge: pages link to the challenge, which is served elsewhere.
    """
    links = _CHALLENGE_LINKS if has_challenge else b""
    router = APIRouter()
    add_shared_files(router)
    for file in sorted(_STATIC.iterdir()):
        body = file.read_bytes().replace(_CHALLENGE_HERE, links)
        add_file(router, _path_of(file), file, body=body)
    return router


def _path_of(file: Path) -> str:
    if file.suffix == ".html":
        return "/" if file.stem == "page" else f"/{file.stem}"
    return f"/static/{file.name}"
