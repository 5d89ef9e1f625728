"""How much of clients' uploads a process holds at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from catordog.serving.problems import Problem
from catordog.serving.settings import ServeSettings


class UploadBudget:
    """Counts the bytes of all uploads in memory; used on the event loop alone.

    A limit per request bounds no server: a thousand clients may send at once, slowly. When all
    uploads together reach the limit, the one that asks for more is refused.
    """

    def __init__(self, limit_bytes: int) -> None:
        """Starts empty."""
        self._limit_bytes = limit_bytes
        self.held_bytes = 0

    @contextmanager
    def share(self) -> Iterator[UploadShare]:
        """Opens one request's share; what it took is given back at the end."""
        share = UploadShare(self)
        try:
            yield share
        finally:
            self.held_bytes -= share.held_bytes

    def take(self, byte_count: int) -> None:
        """Takes bytes from the budget.

        Raises:
            Problem: 503, there are not as many left.
        """
        if self.held_bytes + byte_count > self._limit_bytes:
            raise Problem(
                503,
                "busy",
                "Cannot take the upload: expected room for it in memory, received other uploads "
                "that fill it. Try again.",
                retry_after_s=1,
            )
        self.held_bytes += byte_count


class UploadShare:
    """What one request holds of an `UploadBudget`.

    Attributes:
        held_bytes: taken so far.
    """

    def __init__(self, budget: UploadBudget) -> None:
        """Starts empty; `UploadBudget.share` is the way in."""
        self._budget = budget
        self.held_bytes = 0

    def take(self, byte_count: int) -> None:
        """Takes bytes, or raises as `UploadBudget.take` does."""
        self._budget.take(byte_count)
        self.held_bytes += byte_count


def check_count(count: int, settings: ServeSettings) -> None:
    """Checks how many photos a request brings.

    Raises:
        Problem: 413, too many.
    """
    if count > settings.max_photos:
        raise Problem(
            413,
            "too-many-photos",
            f"Cannot take the photos: expected at most {settings.max_photos} in one request, "
            f"received {count} or more. Send them in several requests.",
        )
