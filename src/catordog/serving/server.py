"""Runs one server process with uvicorn, until a signal ends it."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn

from catordog.serving.app import create_app
from catordog.serving.http_protocol import PatientProtocol
from catordog.serving.service import Service
from catordog.serving.settings import ServeSettings

_LOG = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """Goes on serving for a while after SIGTERM, while `/readyz` already sends clients elsewhere.

    Ctrl-C, or a second signal, does not wait.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        """Serves an application whose service is told when the end begins."""
        super().__init__(config)
        self._service = service
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_draining = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts as uvicorn does, and keeps the loop for the signal's sake."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins the end."""
        self._service.drain()
        drain_s = self._service.settings.drain_s
        if sig != signal.SIGTERM or self._is_draining or not drain_s or self._loop is None:
            super().handle_exit(sig, frame)
            return
        self._is_draining = True
        self._captured_signals.append(sig)
        self._loop.call_soon_threadsafe(self._loop.call_later, drain_s, self._end)

    def _end(self) -> None:
        self.should_exit = True


def configure_log() -> None:
    """Sends the server's log to standard error, one line an event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name, level in (("catordog", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def run_server(settings: ServeSettings, opened: socket.socket) -> None:
    """Serves on a socket until SIGINT or SIGTERM; answers what it accepted, then returns.

    Args:
        settings: how the server is set up.
        opened: bound to an address; closed at the end.
    """
    configure_log()
    service = Service(settings)
    app = create_app(settings, service=service)
    has_uvloop = importlib.util.find_spec("uvloop") is not None
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        loop="uvloop" if has_uvloop else "asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=max(1, round(settings.timeout_s + settings.upload_timeout_s)),
    )
    try:
        DrainingServer(config, service).run(sockets=[opened])
    except KeyboardInterrupt:
        pass  # uvicorn raises the signal anew when it is done
    finally:
        opened.close()
