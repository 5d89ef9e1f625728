"""uvicorn's HTTP protocol, which also ends connections that never finish asking."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from catordog.serving.problems import MEDIA_TYPE

HEAD_TIMEOUT_S = 10.0
"""For a request's head to arrive whole. uvicorn itself waits for ever."""


class PatientProtocol(HttpToolsProtocol):
    """Waits for a request's head for a while, and no longer.

    The same clock runs while what is left of a refused upload comes in and is thrown away.
    """

    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock."""
        super().connection_made(transport)
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; the clock runs on while they do not make up a head."""
        if self._clock is None and (self.cycle is None or self.cycle.response_complete):
            self._start_clock()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Stops the clock: from here on, the application's own time limits hold."""
        self._stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no HTTP, in the form of all refusals."""
        problem: dict[str, Any] = {
            "type": "urn:catordog:problem:bad-request",
            "title": "Bad Request",
            "status": 400,
            "detail": f"{msg} Let an HTTP client build the request.",
        }
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _start_clock(self) -> None:
        self._clock = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
