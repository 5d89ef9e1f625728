"""What a run of scoring was asked for, and the photos that its arguments name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from catordog.data.photos import Photo, list_photos
from catordog.errors import ConfigError
from catordog.labels import Label
from catordog.scoring.path_lines import read_paths
from catordog.scoring.rows import as_text
from catordog.scoring.sort import SortPlan
from catordog.scoring.store import AnswerStore, output_paths
from catordog.scoring.summary import Counts


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of `score` that say which photos, and what becomes of their answers.

    Attributes:
        arguments: see `list_photos`; `-` stands for the paths in `stdin`.
        out: the table to write.
        overwrite: write it anew.
        plan: where to put the photos.
        stdin: a list of paths.
        skipped: counts what the listing left out, by suffix.
    """

    arguments: tuple[str, ...]
    out: Path | None
    overwrite: bool
    plan: SortPlan | None
    stdin: BinaryIO | None
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def is_dry(self) -> bool:
        """Whether nothing at all may be written."""
        return self.plan is not None and self.plan.dry_run

    def list_photos(self, *, missing_is_row: bool = False) -> Iterator[Photo]:
        """Lists the photos, less what the run itself writes; see `list_photos`."""
        exclude = [] if self.out is None else output_paths(self.out)
        if self.plan is not None:
            folder = self.plan.folder
            exclude += [folder, *(folder / label for label in Label)]
        is_list = self.stdin is not None
        for from_list, group in groupby(self.arguments, key=lambda arg: is_list and arg == "-"):
            paths: Iterable[str] = group
            if from_list and self.stdin is not None:
                paths = read_paths(self.stdin)
            yield from list_photos(
                paths,
                exclude=exclude,
                skipped=self.skipped,
                missing_is_row=missing_is_row or from_list,
            )

    def take_listing(self, store: AnswerStore) -> Counts:
        """Gives the store the photos.

        Raises:
            ConfigError: there is none, or one that the plan cannot sort.
        """
        counts = store.replace_listing(self._list_checked())
        if not counts.photos:
            looked_at = ", ".join(f"'{argument}'" for argument in self.arguments[:5])
            skipped = ", ".join(f"{n} {what}" for what, n in sorted(self.skipped.items()))
            raise ConfigError(
                f"Cannot answer {looked_at or 'nothing'}: expected at least one photo, received "
                f"none{f' (skipped {skipped})' if skipped else ''}. Name photos, folders or zips; "
                "a zip in a folder has to be named itself."
            )
        return counts

    def _list_checked(self) -> Iterator[Photo]:
        for photo in self.list_photos():
            if self.plan is not None:
                self.plan.check_photo(photo)
            yield photo

    def name_sorting(self) -> str:
        """Returns the part of the command that sorts: photos half sorted are to go on alike.

        The folder is in it because relative paths would lead to other photos from another one.
        """
        if self.plan is None:
            return "no sorting"
        target = as_text(str(self.plan.folder.absolute()))
        return f"--sort-into '{target}' --{self.plan.mode} in '{as_text(str(Path.cwd()))}'"
