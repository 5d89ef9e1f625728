"""Runs a server's processes: one per core, started again if one dies, ended together."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from catordog.serving.metrics import FOLDER_VARIABLE
from catordog.serving.settings import ServeSettings
from catordog.web.addresses import open_socket, url_of

_LOG = logging.getLogger(__name__)

_SOON_S = 5.0
"""A process that dies sooner after its start is started again only after a pause."""


class Processes:
    """A server's processes.

    Connections are dealt out by the system: each process listens on the same port by itself
    (SO_REUSEPORT), for one shared queue would give a burst of connections to whoever wakes first.
    """

    def __init__(self, settings: ServeSettings) -> None:
        """Takes the port.

        Raises:
            ConfigError: it is taken, or not allowed.
        """
        self._is_shared = settings.workers > 1
        # A port that somebody listens on already is refused here; sharing it would not refuse.
        self._opened = open_socket(settings.host, settings.port, what="catordog")
        port = self._opened.getsockname()[1]
        self.url = url_of(self._opened)
        self._settings = settings.model_copy(update={"port": port})
        if self._is_shared:
            self._opened.close()
            self._opened = _share(self._settings)
        self._is_ending = threading.Event()

    def run(self) -> None:
        """Serves until SIGINT or SIGTERM; returns when all requests that came in are answered."""
        if not self._is_shared:
            from catordog.serving.server import run_server

            run_server(self._settings, self._opened)
            return
        with _metrics_folder(), self._signals():
            self._supervise()
        self._opened.close()

    def _supervise(self) -> None:
        # The end of this pipe that processes hold says that they are orphans when it closes.
        alive, ours = multiprocessing.Pipe(duplex=False)
        running = [self._start(alive) for _ in range(self._settings.workers)]
        started = time.monotonic()
        while not self._is_ending.is_set():
            wait([process.sentinel for process in running], timeout=0.2)
            for index, process in enumerate(running):
                if process.is_alive() or self._is_ending.is_set():
                    continue
                _LOG.error(
                    "process %s ended with %s; starting another", process.pid, process.exitcode
                )
                _forget_counts(process.pid)
                if time.monotonic() - started < _SOON_S:
                    self._is_ending.wait(_SOON_S)
                running[index] = self._start(alive)
                started = time.monotonic()
        for process in running:
            if process.is_alive():
                process.terminate()
        for process in running:
            process.join()
        ours.close()

    def _start(self, alive: Connection) -> BaseProcess:
        process = multiprocessing.get_context("spawn").Process(
            target=_run_process, args=(self._settings, alive), name="catordog serve"
        )
        process.start()
        return process

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Makes signals end the processes, instead of this one alone."""

        def end(sig: int, _: object) -> None:
            self._is_ending.set()

        before = {sig: signal.signal(sig, end) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


def _share(settings: ServeSettings) -> socket.socket:
    return open_socket(settings.host, settings.port, what="catordog", is_shared=True)


def _run_process(settings: ServeSettings, alive: Connection) -> None:
    """Serves in a process of its own."""
    from catordog.serving.server import run_server

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first one passes it on
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    run_server(settings, _share(settings))


def _end_with_parent(alive: Connection) -> None:
    try:
        alive.recv_bytes()
    except EOFError:
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _metrics_folder() -> Iterator[None]:
    """Gives the processes a folder to add up their counts in: numbers, nothing of a request."""
    folder = tempfile.mkdtemp(prefix="catordog-metrics-")
    os.environ[FOLDER_VARIABLE] = folder
    try:
        yield
    finally:
        del os.environ[FOLDER_VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)


def _forget_counts(pid: int | None) -> None:
    """Takes a dead process out of the sums of what is there now, such as the queue's depth."""
    for file in Path(os.environ[FOLDER_VARIABLE]).glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)
