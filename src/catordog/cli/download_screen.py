"""Shows a download's progress on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class DownloadScreen:
    """Prints lines and, on a terminal, a progress bar per stage."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Prints to a console; the progress display on it begins with the first stage."""
        self._console = console
        self._progress = progress

    def stage(self, name: str, total_bytes: int) -> Callable[[int], None]:
        """Begins a stage; returns what to call with the bytes done so far."""
        # Not before: Kaggle's and Hugging Face's clients draw bars of their own.
        self._progress.start()
        task = self._progress.add_task(name, total=total_bytes)

        def advance(done_bytes: int) -> None:
            self._progress.update(task, completed=done_bytes)

        return advance

    def say(self, text: str) -> None:
        """Shows one line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def download_screen() -> Iterator[DownloadScreen]:
    """Opens a screen; without a terminal it shows lines and no bars."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    try:
        yield DownloadScreen(console, progress)
    finally:
        if progress.live.is_started:
            progress.stop()
