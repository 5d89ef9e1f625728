"""Answers only this computer's own page: no other site, under no other name, may ask or post."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from catordog.web.addresses import is_loopback
from catordog.web.protection import protecting_headers

_MAX_BODY_BYTES = 4096
"""A decision takes about 100."""

_HEADERS = protecting_headers()


class Guard:
    """Checks each request before the application sees it, and adds security headers.

    A page elsewhere can make a browser send requests here, and can even point a name of its own
    at 127.0.0.1. It cannot choose `Host` and `Origin`, so those two say who is asking.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses a request, or lets the application answer it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope))
        answer = self._app if refusal is None else refusal
        return await answer(scope, receive, send_guarded)


def _refusal(method: str, headers: Headers) -> JSONResponse | None:
    """Returns why a request is refused; None if it is not."""
    host, origin = headers.get("host", ""), headers.get("origin")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if not is_loopback(name):
        return _error(421, "This server answers only at 127.0.0.1 and localhost.")
    is_safe = method in ("GET", "HEAD")
    if origin != f"http://{host}" and not (is_safe and origin is None):
        return _error(403, "Only catordog's own page may ask this server.")
    if is_safe:
        return None
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _error(415, "A decision is posted as application/json.")
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length[:9]) > _MAX_BODY_BYTES:
        return _error(413, f"A decision has a length, of at most {_MAX_BODY_BYTES} bytes.")
    return None


def _error(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status)
