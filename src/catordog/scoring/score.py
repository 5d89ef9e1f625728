"""Answers every photo that its arguments name: each exactly once, however often it is stopped."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from pathlib import Path
from typing import BinaryIO

from catordog.data.photos import Photo, PhotoBytes, PhotoReader, list_photos
from catordog.errors import CatOrDogError, ConfigError
from catordog.inference.classifier import DEFAULT_BATCH_SIZE, Classifier
from catordog.inference.pipeline import chunked
from catordog.labels import CLASSES
from catordog.scoring.path_lines import read_paths
from catordog.scoring.rows import Row, as_text, check_format, read_rows, to_row, write_rows
from catordog.scoring.sort import SortPlan, SortSummary, sort_photos
from catordog.scoring.store import AnswerStore, Counts, output_paths, partial_path
from catordog.scoring.summary import NO_HOOKS, Hooks, ScoringInterrupted, Summary

COMMIT_EVERY_S = 1.0
"""What a kill may cost, in seconds of work; a commit waits for the disk, so not after each."""

_REPORT_EVERY_S = 0.1


def score(
    classifier: Classifier,
    arguments: Sequence[str],
    *,
    out: Path | None = None,
    overwrite: bool = False,
    sort: SortPlan | None = None,
    workers: int | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    stdin: BinaryIO | None = None,
    hooks: Hooks = NO_HOOKS,
) -> Summary:
    """Answers photos, writes the table, and sorts the photos into folders.

    With `out`, answers are kept in `<out>.partial` until all are there; the same call carries on
    where the last one was stopped, and tries again what failed.

    Args:
        classifier: an open model.
        arguments: see `list_photos`; `-` stands for the paths in `stdin`.
        out: the table to write, .csv, .jsonl or .parquet.
        overwrite: start anew where `out` exists, or was begun.
        sort: where to put the photos afterwards.
        workers: see `Classifier.predict_many`.
        batch_size: see `Classifier.predict_many`.
        stdin: a list of paths; one that does not exist there is a failed row.
        hooks: called while the run goes on.

    Raises:
        ConfigError: there is no photo, `out` is something else or was begun with another model or
            is being written, or an argument names nothing.
        DatasetError: a folder or zip cannot be listed.
        OutputError: the table or a sorted photo cannot be written; answers are kept.
        ScoringInterrupted: Ctrl-C; answers are kept.
    """
    if out is not None:
        check_format(out)
    if sort is not None:
        sort.check()
    run = _Run(classifier, tuple(arguments), out, sort, stdin, hooks)
    partial = None if out is None else partial_path(out)
    is_complete = bool(out and out.exists() and partial and not partial.exists()) and not overwrite
    with (
        PhotoReader(classifier.limits) as reader,
        AnswerStore(None if is_complete else partial) as store,
    ):
        try:
            if overwrite:
                store.clear()
            if is_complete:
                run.read_complete(store)
            elif not run.resume_sorting(store):
                run.answer(store, reader, workers=workers, batch_size=batch_size)
                run.write(store)
            sorted_ = run.sort(store, reader)
        except KeyboardInterrupt as exc:
            raise ScoringInterrupted(store.kept if out is not None else 0) from exc
        except CatOrDogError:
            if not store.kept:
                store.discard()  # nothing to carry on with: leave no file behind
            raise
        if not (sort and sort.dry_run and store.read_fact("sorting")):
            store.discard()
    return run.summarize(was_complete=is_complete, sorted_=sorted_)


class _Run:
    """One call of `score`: what it was asked, and what it has counted so far."""

    def __init__(
        self,
        classifier: Classifier,
        arguments: Sequence[str],
        out: Path | None,
        plan: SortPlan | None,
        stdin: BinaryIO | None,
        hooks: Hooks,
    ) -> None:
        self._classifier = classifier
        self._arguments = arguments
        self._out = out
        self._plan = plan
        self._stdin = stdin
        self._hooks = hooks
        self._skipped: Counter[str] = Counter()
        self._counts = Counts(0, 0, 0, 0, 0, 0)
        self._resumed = 0
        self._done = 0
        self._started_s = time.monotonic()
        self._answering_s = 0.0

    def _list_photos(self, *, missing_is_row: bool = False) -> Iterator[Photo]:
        exclude = [] if self._out is None else output_paths(self._out)
        if self._plan is not None:
            folder = self._plan.folder
            exclude += [folder, *(folder / label for label in CLASSES)]
        is_list = self._stdin is not None
        for from_list, group in groupby(self._arguments, key=lambda arg: is_list and arg == "-"):
            paths: Iterable[str] = group
            if from_list and self._stdin is not None:
                paths = read_paths(self._stdin)
            yield from list_photos(
                paths,
                exclude=exclude,
                skipped=self._skipped,
                missing_is_row=missing_is_row or from_list,
            )

    def _take_listing(self, store: AnswerStore) -> None:
        self._counts = store.replace_listing(self._checked(self._list_photos()))
        if not self._counts.photos:
            looked_at = ", ".join(f"'{argument}'" for argument in self._arguments[:5])
            skipped = ", ".join(f"{n} {what}" for what, n in sorted(self._skipped.items()))
            raise ConfigError(
                f"Cannot answer {looked_at or 'nothing'}: expected at least one photo, received "
                f"none{f' (skipped {skipped})' if skipped else ''}. Name photos, folders or zips; "
                "a zip in a folder has to be named itself."
            )

    def _checked(self, photos: Iterable[Photo]) -> Iterator[Photo]:
        for photo in photos:
            if self._plan is not None:
                self._plan.check_photo(photo)
            yield photo

    def read_complete(self, store: AnswerStore) -> None:
        """Takes the answers from a finished table, if it is of these photos in this order."""
        out = self._out
        assert out is not None
        self._take_listing(store)
        shown: Callable[[str], str] = as_text if out.suffix.lower() == ".parquet" else str
        listed = (shown(row.path) for row in store.read_rows())
        if any(a != b for a, b in zip_longest(listed, (row.path for row in read_rows(out)))):
            raise ConfigError(
                f"Cannot write '{out}': expected no such file, or one that holds these "
                f"{self._counts.photos} photos in this order, received answers for others. Name "
                "another file, or replace it with --overwrite."
            )
        paths = (photo.path for photo, _ in store.read_labels())
        rows = (row._replace(path=path) for path, row in zip(paths, read_rows(out), strict=True))
        for chunk in chunked(rows, 1000):
            store.write(chunk)
        self._counts = store.count()
        self._resumed = self._counts.answered

    def resume_sorting(self, store: AnswerStore) -> bool:
        """Tells whether an earlier run wrote the table and was stopped while it sorted."""
        unfinished = store.read_fact("sorting")
        if unfinished is None:
            return False
        if self._plan is None or unfinished != _name_plan(self._plan):
            raise ConfigError(
                f"Cannot go on with '{store.path}': expected the command that was stopped while "
                f"it sorted photos ({unfinished}), received another. Repeat that command, or "
                "start anew with --overwrite."
            )
        if "-" not in self._arguments or self._stdin is None:
            self._refuse_new_photos(store)
        self._counts = store.count()
        self._resumed = self._counts.answered
        if self._out is not None and not self._out.exists():
            self.write(store)
        return True

    def _refuse_new_photos(self, store: AnswerStore) -> None:
        for photo in self._list_photos(missing_is_row=True):
            is_there = photo.archive is not None or Path(photo.path).exists()
            if is_there and not store.holds(photo):
                raise ConfigError(
                    f"Cannot go on sorting: expected the photos answered before, received "
                    f"'{photo.path}' too. Take it elsewhere until the sorting is done, or start "
                    "anew with --overwrite."
                )

    def answer(
        self, store: AnswerStore, reader: PhotoReader, *, workers: int | None, batch_size: int
    ) -> None:
        """Answers what has no label yet; each answer is safe about a second after it is given."""
        self._check_model(store)
        self._take_listing(store)
        self._resumed = self._counts.answered
        waiting: deque[str] = deque()
        answers = self._classifier.predict_many(
            _feed(store, reader, waiting), workers=workers, batch_size=batch_size
        )
        started_s = time.monotonic()
        try:
            self._keep(store, (to_row(waiting.popleft(), answer) for answer in answers))
        finally:
            self._answering_s = time.monotonic() - started_s
        self._counts = store.count()

    def _keep(self, store: AnswerStore, rows: Iterable[Row]) -> None:
        on_row, on_progress = self._hooks.on_row, self._hooks.on_progress
        total = self._counts.photos - self._counts.answered
        unsaved: list[Row] = []
        saved_s = reported_s = time.monotonic()
        try:
            for row in rows:
                unsaved.append(row)
                self._done += 1
                if on_row is not None:
                    on_row(row)
                now_s = time.monotonic()
                if now_s - saved_s >= COMMIT_EVERY_S:
                    store.write(unsaved)
                    unsaved.clear()
                    saved_s = now_s
                if on_progress is not None and now_s - reported_s >= _REPORT_EVERY_S:
                    on_progress(self._done, total)
                    reported_s = now_s
        finally:
            store.write(unsaved)
        if on_progress is not None:
            on_progress(self._done, total)

    def _check_model(self, store: AnswerStore) -> None:
        bundle = self._classifier.bundle
        begun_with = store.read_fact("model_sha256")
        if store.kept and begun_with != bundle.sha256:
            raise ConfigError(
                f"Cannot go on with '{store.path}': expected the model it was begun with, "
                f"'{store.read_fact('model')}' ({str(begun_with)[:12]}), received "
                f"'{self._classifier.name}' ({bundle.sha256[:12]}). Use that model, or start anew "
                "with --overwrite."
            )
        store.write_facts(model=self._classifier.name, model_sha256=bundle.sha256)

    def write(self, store: AnswerStore) -> None:
        """Writes the table."""
        if self._out is not None:
            write_rows(store.read_rows(), self._out, output_paths(self._out)[-1])

    def sort(self, store: AnswerStore, reader: PhotoReader) -> SortSummary | None:
        """Puts the photos into folders; the table is written by now, whatever moves."""
        if self._plan is None:
            return None
        if not self._plan.dry_run:
            store.write_facts(sorting=_name_plan(self._plan))
        return sort_photos(store.read_labels(), self._plan, reader, on_line=self._hooks.on_line)

    def summarize(self, *, was_complete: bool, sorted_: SortSummary | None) -> Summary:
        """Returns what the run found and did."""
        counts = self._counts
        return Summary(
            photos=counts.photos,
            answered=counts.answered,
            failed=counts.failed,
            damaged=counts.damaged,
            cats=counts.cats,
            dogs=counts.dogs,
            skipped=dict(self._skipped),
            resumed=self._resumed,
            elapsed_s=time.monotonic() - self._started_s,
            photos_per_s=self._done / self._answering_s if self._answering_s else 0.0,
            was_complete=was_complete,
            sorted=sorted_,
        )


def _feed(store: AnswerStore, reader: PhotoReader, waiting: deque[str]) -> Iterator[PhotoBytes]:
    """Yields what there is to answer, and notes which photo each answer will be of."""
    for photo in store.read_pending():
        waiting.append(photo.path)
        yield reader.open(photo)


def _name_plan(plan: SortPlan) -> str:
    return f"--sort-into '{as_text(str(plan.folder.absolute()))}' --{plan.mode}"
