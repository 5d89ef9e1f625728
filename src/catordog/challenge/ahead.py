"""Draws challenges ahead of time, on a thread of its own.

Decoding takes longer for larger photos, and cats' photos may be smaller than dogs'. So no request
waits for the photos it is about: it takes a challenge that was made before it came.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from catordog.challenge.pool import DrawnChallenge

_LOG = logging.getLogger(__name__)

_RETRY_S = 1.0


class DrawnAhead:
    """Keeps a few challenges ready. `close` ends its thread."""

    def __init__(self, draw: Callable[[], DrawnChallenge], *, ready: int = 4) -> None:
        """Starts to draw at once.

        Args:
            draw: makes one challenge.
            ready: how many are kept; each takes 0.2 MB.
        """
        self._draw = draw
        self._ready: queue.Queue[DrawnChallenge] = queue.Queue(ready)
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True, name="challenges")
        self._thread.start()

    def take(self, timeout_s: float) -> DrawnChallenge | None:
        """Returns a challenge that was drawn before; None if none is ready in time."""
        try:
            return self._ready.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Ends the thread."""
        self._is_closed.set()
        while self._thread.is_alive():
            self.take(0)
            self._thread.join(0.05)

    def _keep_drawing(self) -> None:
        while not self._is_closed.is_set():
            try:
                self._ready.put(self._draw())
            except Exception:  # the edge of a thread: a disk that fails for a moment is no end
                _LOG.exception("no challenge could be drawn")
                self._is_closed.wait(_RETRY_S)
