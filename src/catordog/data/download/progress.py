"""What a download tells while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Screen", "Silent"]


class Screen(Protocol):
    """Somebody who watches a download."""

    def say(self, text: str) -> None:
        """Is told one line."""

    def stage(self, name: str, total_bytes: int) -> Callable[[int], None]:
        """Is told that a stage begins; returns what to call with the bytes done so far."""


class Silent:
    """Nobody watches."""

    def say(self, text: str) -> None:
        """Drops the line."""

    def stage(self, name: str, total_bytes: int) -> Callable[[int], None]:
        """Drops the count."""
        return lambda done_bytes: None
