"""A web server on this machine that gives files, and fails in the ways that servers do."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from catordog.data.download.archives import RemoteFile


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the server's `answer`, and writes down its headers."""

    protocol_version = "HTTP/1.1"
    server: WebServer

    def do_GET(self) -> None:
        self.server.requests.append((self.command, self.path, self.headers))
        self.server.answer(self)

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | given).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cut(self, *, reset: bool = False) -> None:
        """Ends the connection now; `reset` as a broken network does, else as a tidy server."""
        self.close_connection = True
        self.wfile.flush()
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()


class WebServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Handler], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.requests: list[tuple[str, str, Message]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def asked_for(self, header: str) -> list[str | None]:
        return [headers.get(header) for _, _, headers in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the client went away, as the tests ask it to


@contextmanager
def serving(answer: Callable[[Handler], None]) -> Iterator[WebServer]:
    server = WebServer(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class FileAnswer:
    """Gives one file, with ranges and If-Range, as a good server does."""

    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    knows_ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the first answers ends."""
    reset: bool = False

    def __call__(self, handler: Handler) -> None:
        start = self._find_start(handler.headers)
        rest = self.body[start:]
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(rest)))
        if start:
            last = len(self.body) - 1
            handler.send_header("Content-Range", f"bytes {start}-{last}/{len(self.body)}")
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if self.cuts:
            handler.wfile.write(rest[: self.cuts.pop(0)])
            handler.cut(reset=self.reset)
        else:
            handler.wfile.write(rest)

    def _find_start(self, headers: Message) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
        if not found or not self.knows_ranges:
            return 0
        known = (None, self.headers.get("ETag"), self.headers.get("Last-Modified"))
        return int(found[1]) if headers.get("If-Range") in known else 0


def describe(url: str, body: bytes, name: str = "photos.zip", holds: str = "") -> RemoteFile:
    return RemoteFile(f"{url}/{name}", name, len(body), hashlib.sha256(body).hexdigest(), holds)


class Notes:
    """Keeps what a download says and counts."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counts: dict[str, list[int]] = {}

    def say(self, text: str) -> None:
        self.said.append(text)

    def stage(self, name: str, total_bytes: int) -> Callable[[int], None]:
        return self.counts.setdefault(name, []).append
