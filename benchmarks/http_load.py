"""Asks a server about photos, as often as it answers or as often as the clock says."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter


class Connection:
    """One HTTP/1.1 connection that asks about photos; as little client as can be."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """Sends one request and returns its status."""
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # the server has ended a connection that was idle for long
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise
        if b"connection: close" in head:
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def as_request(photo: bytes) -> bytes:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n--B--\r\n"
    )
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def closed_loop(
    port: int, requests: list[bytes], connections: int, seconds: float
) -> tuple[float, list[float], Counter[str]]:
    """Keeps connections busy; returns requests/s answered, their seconds, and what came back."""
    until = time.perf_counter() + seconds
    seen: Counter[str] = Counter()
    took: list[float] = []

    async def keep_asking(start: int) -> None:
        connection, n = Connection(port), start
        while time.perf_counter() < until:
            n += 1
            begun = time.perf_counter()
            try:
                status = await connection.ask(requests[n % len(requests)])
            except (OSError, asyncio.IncompleteReadError) as exc:
                seen[type(exc).__name__] += 1
                continue
            seen[str(status)] += 1
            if status == 200:
                took.append(time.perf_counter() - begun)
        connection.close()

    await asyncio.gather(*(keep_asking(n) for n in range(connections)))
    return len(took) / seconds, took, seen


async def open_loop(
    port: int, requests: list[bytes], per_s: float, seconds: float
) -> tuple[list[float], Counter[str]]:
    """Sends requests by the clock, whether or not earlier ones are answered."""
    idle: list[Connection] = []
    seen: Counter[str] = Counter()
    took: list[float] = []
    asked: set[asyncio.Task[None]] = set()

    async def ask(request: bytes, due: float) -> None:
        connection = idle.pop() if idle else Connection(port)
        try:
            status = await connection.ask(request)
        except (OSError, asyncio.IncompleteReadError) as exc:
            seen[type(exc).__name__] += 1
            return
        idle.append(connection)
        seen[str(status)] += 1
        if status == 200:
            took.append(time.perf_counter() - due)

    started = time.perf_counter()
    for n in range(int(per_s * seconds)):
        due = started + n / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(ask(requests[n % len(requests)], due))
        asked.add(task)
        task.add_done_callback(asked.discard)
    await asyncio.gather(*asked)
    for connection in idle:
        connection.close()
    return took, seen
