"""What a run of scoring tells its caller: while it goes on, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catordog.scoring.rows import Row
from catordog.scoring.sort import SortSummary


class ScoringInterrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C; what was answered is kept.

    Attributes:
        kept: answers that the same command will not repeat; 0 where there is no table to write.
    """

    def __init__(self, kept: int) -> None:
        super().__init__(kept)
        self.kept = kept


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are listed, and what became of them so far.

    Attributes:
        photos: listed, each counted once.
        answered: have a label.
        failed: have none, and were tried.
        damaged: of those answered, how many are cut short or otherwise damaged.
        cats: of those answered, how many are labelled cat.
        dogs: of those answered, how many are labelled dog.
        both: of those answered, how many are labelled both.
        neither: of those answered, how many are labelled neither.
    """

    photos: int
    answered: int
    failed: int
    damaged: int
    cats: int
    dogs: int
    both: int
    neither: int


@dataclass(frozen=True, slots=True)
class Summary(Counts):
    """What a run found and did: the counts at its end, and how it went.

    Attributes:
        skipped: files in folders and zips that are no photos, by suffix.
        resumed: of those answered, how many were so by an earlier run.
        elapsed_s: wall-clock seconds of this run.
        photos_per_s: photos of this run, failed ones too, per second of answering.
        was_complete: the table held every answer before this run.
        sorted: what became of the photos on the disk; None if they were not to be sorted.
    """

    skipped: dict[str, int]
    resumed: int
    elapsed_s: float
    photos_per_s: float
    was_complete: bool = False
    sorted: SortSummary | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What to call while a run goes on; each may be None.

    Attributes:
        on_row: gets each row of this run, in order.
        on_progress: gets the photos done and the photos to do in this run, ten times a second.
        on_line: gets each step of a dry run of sorting.
    """

    on_row: Callable[[Row], None] | None = None
    on_progress: Callable[[int, int], None] | None = None
    on_line: Callable[[str], None] | None = None


NO_HOOKS = Hooks()
