"""Runs the review page on this computer, for nobody else, until Ctrl-C."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from catordog.errors import ConfigError
from catordog.web import addresses
from catordog.web.addresses import url_of

__all__ = ["open_socket", "serve", "url_of"]


def open_socket(host: str, port: int) -> socket.socket:
    """Takes a port of this computer.

    Args:
        host: an address of this computer that no other can reach: 127.0.0.1, ::1 or localhost.
        port: 0 for any free one.

    Raises:
        ConfigError: the host is reachable from elsewhere, or the port is taken or not allowed.
    """
    if not addresses.is_loopback(host):
        raise ConfigError(
            f"Cannot serve the review page on '{host}': expected 127.0.0.1, ::1 or localhost, for "
            "it shows your photos and asks for no password. From elsewhere, go through "
            f"ssh -L {port}:127.0.0.1:{port}"
        )
    return addresses.open_socket(host, port, what="the review page")


def serve(
    app: FastAPI,
    opened: socket.socket,
    *,
    browser: Callable[[str], object] | None = webbrowser.open,
) -> None:
    """Serves until Ctrl-C, then lets requests in work finish, and returns.

    Args:
        app: the application.
        opened: what `open_socket` returned; closed at the end.
        browser: opens the page; None to open nothing.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    if browser is not None:
        # On its own thread: a browser in the terminal would return only when it is closed.
        threading.Thread(target=browser, args=(url_of(opened),), daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[opened])
    except KeyboardInterrupt:
        pass  # how a review ends
    finally:
        opened.close()
