"""Shows the progress of long work on standard error, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class StageScreen:
    """Prints lines and, on a terminal, a progress bar per stage."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Prints to an open console and its running progress display."""
        self._console = console
        self._progress = progress

    def stage(self, name: str, total: int) -> Callable[[int], None]:
        """Begins a stage of `total` photos; returns what to call with the number just done."""
        task = self._progress.add_task(name, total=total)

        def advance(count: int) -> None:
            self._progress.advance(task, count)

        return advance

    def say(self, text: str) -> None:
        """Shows one line."""
        # A file's name may hold [brackets] and :colons:, which are no markup here.
        self._console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def stage_screen(*, quiet: bool) -> Iterator[StageScreen]:
    """Opens a screen; a quiet one shows nothing."""
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        yield StageScreen(console, progress)
