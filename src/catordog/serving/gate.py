"""What every request passes: keys, protecting headers, counts, and a line in the log."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from catordog.serving.problems import Problem, refuse
from catordog.serving.service import Service
from catordog.web.protection import protecting_headers

_LOG = logging.getLogger("catordog.serving.access")

_KEPT = ("/v1/", "/v2/models/")
"""What a key is asked for, where keys are set up; the page itself holds no secret."""

_OWN_SECRET = "/v1/siteverify"
"""Sites that use the challenge show a secret of their own there."""

_HEADERS = [
    (name.lower().encode(), value.encode())
    for name, value in protecting_headers({"img-src": "'self' blob: data:"}).items()
]


class Gate:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        """Reads the keys once."""
        self._app = app
        self._service = service
        self._keys = [_digest(key.get_secret_value()) for key in service.settings.api_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses a request or lets the application answer it; counts both."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = time.perf_counter()
        status = 500

        async def send_guarded(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS:
                    if name.decode() not in headers:
                        message["headers"].append((name, value))
            await send(message)

        answer: ASGIApp = self._app
        is_kept = scope["path"].startswith(_KEPT) and scope["path"] != _OWN_SECRET
        if self._keys and is_kept and not self._has_key(scope):
            problem = Problem(
                401,
                "no-key",
                "Cannot answer: expected one of this server's keys, received none or another. "
                "Send it as 'Authorization: Bearer KEY'.",
            )
            self._service.metrics.rejections.labels(problem.kind).inc()
            answer = refuse(Request(scope), problem)
        try:
            await answer(scope, receive, send_guarded)
        finally:
            self._count(scope, status, time.perf_counter() - started)

    def _has_key(self, scope: Scope) -> bool:
        """Compares with every key, in a time that says nothing of how much was right."""
        headers = Headers(scope=scope)
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            shown = headers.get("x-api-key", "")
        digest = _digest(shown.strip())
        return sum([hmac.compare_digest(digest, key) for key in self._keys]) > 0

    def _count(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = (
            scope["method"] if scope["method"] in ("GET", "POST", "HEAD", "OPTIONS") else "other"
        )
        metrics = self._service.metrics
        metrics.requests.labels(route, method, str(status)).inc()
        metrics.latency_s.labels(route).observe(took_s)
        if self._service.settings.access_log:
            _LOG.info("%s %s %d %.1f ms", method, route, status, took_s * 1000)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
