"""How long work reports its progress: whoever calls it hands in a screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Screen(Protocol):
    """Where progress is shown."""

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        """Begins a stage of `total` photos; returns what to call with the number just done."""

    def say(self, text: str) -> None:
        """Shows one line."""


class SilentScreen:
    """A screen that shows nothing."""

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        """Begins a stage nobody sees."""
        return lambda count: None

    def say(self, text: str) -> None:
        """Says nothing."""
