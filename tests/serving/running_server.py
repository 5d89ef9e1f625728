"""`catordog serve` as a process of its own, as users start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import httpx


class RunningServer:
    """A server on a free port of this computer; use it in a `with` block."""

    def __init__(
        self,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as this
        command = [sys.executable, "-m", "catordog", "serve", "--port", "0", "--model", "fast"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CATORDOG_")}
        self.process = subprocess.Popen(
            [*command, *arguments],
            env=clean | dict(variables or {}),
            stdout=self.log,
            stderr=self.log,
            preexec_fn=before,
        )
        self.url = self._find_url()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        self.log.close()

    def said(self) -> str:
        """What it has printed so far."""
        return Path(f"/proc/self/fd/{self.log.fileno()}").read_text(errors="replace")

    def wait_until_ready(self, timeout_s: float = 60) -> RunningServer:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)
        raise AssertionError(self.said())

    def _find_url(self) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = re.search(r"http://\S+", self.said())
            if found:
                return found[0]
            assert self.process.poll() is None, self.said()
            time.sleep(0.02)
        raise AssertionError(self.said())
