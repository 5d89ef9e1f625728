"""Answers every photo that its arguments name: each exactly once, however often it is stopped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import BinaryIO

from catordog.data.photos import PhotoBytes, PhotoReader
from catordog.errors import CatOrDogError, ConfigError
from catordog.inference.classifier import DEFAULT_BATCH_SIZE, Classifier
from catordog.scoring import earlier
from catordog.scoring.request import Request
from catordog.scoring.rows import Row, check_format, to_row, write_rows
from catordog.scoring.sort import SortPlan, SortSummary, sort_photos
from catordog.scoring.store import AnswerStore, output_paths
from catordog.scoring.summary import NO_HOOKS, Counts, Hooks, ScoringInterrupted, Summary

COMMIT_EVERY_S = 1.0
"""What a kill may cost, in seconds of work; a commit waits for the disk, so not after each."""

_MAX_UNSAVED = 2000
"""Rows in memory at most, however fast the model is."""

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
    where the last one was stopped, and tries again what failed. A dry run of sorting writes
    nothing, not even `out`.

    Args:
        classifier: an open model.
        arguments: see `list_photos`; `-` stands for the paths in `stdin`.
        out: the table to write, .csv, .jsonl or .parquet.
        overwrite: start anew where `out` exists or was begun, unless by a call like this one;
            never once photos are being sorted.
        sort: where to put the photos afterwards.
        workers: see `Classifier.predict_many`.
        batch_size: see `Classifier.predict_many`.
        stdin: a list of paths; one that does not exist there is a failed row.
        hooks: called while the run goes on.

    Raises:
        ConfigError: there is no photo, `out` is something else or was begun with another model or
            is being written, or an argument names nothing; or photos are half sorted in another
            way than `sort` says.
        DatasetError: a folder or zip cannot be listed.
        OutputError: the table or a sorted photo cannot be written; answers are kept.
        ScoringInterrupted: Ctrl-C; answers are kept.
    """
    if out is not None:
        check_format(out)
    if sort is not None:
        sort.check()
    request = Request(tuple(arguments), out, overwrite, sort, stdin)
    run = _Run(classifier, request, hooks)
    with PhotoReader(classifier.limits) as reader, earlier.open_store(request) as store:
        try:
            run.collect(store, reader, workers=workers, batch_size=batch_size)
            sorted_ = run.sort(store, reader)
        except KeyboardInterrupt as exc:
            raise ScoringInterrupted(0 if store.path is None else store.kept) from exc
        except CatOrDogError:
            if store.is_empty():
                store.discard()  # nothing to carry on with: leave no file behind
            raise
        store.discard()
    return run.summarize(sorted_)


class _Run:
    """One call of `score`: what it was asked, and what it has counted so far."""

    def __init__(self, classifier: Classifier, request: Request, hooks: Hooks) -> None:
        self._classifier = classifier
        self._request = request
        self._hooks = hooks
        self._counts = Counts(*[0] * len(fields(Counts)))
        self._was_complete = False
        self._resumed = 0
        self._done = 0
        self._started_s = time.monotonic()
        self._answering_s = 0.0

    def collect(
        self, store: AnswerStore, reader: PhotoReader, *, workers: int | None, batch_size: int
    ) -> None:
        """Brings every answer into the store and the table, from where an earlier run ended."""
        request = self._request
        if request.overwrite:
            earlier.begin_anew(store, self._classifier)
        if earlier.is_sorting(store):
            earlier.check_sorting(request, store, self._classifier)
            self._counts = store.count()
            self._resumed = self._counts.answered
            if request.out is not None and not request.out.exists():
                self._write(store)
        elif earlier.has_table(request, store):
            self._counts = earlier.read_table(request, store)
            self._resumed = self._counts.answered
            self._was_complete = True
        else:
            self._answer(store, reader, workers=workers, batch_size=batch_size)
            self._write(store)

    def _answer(
        self, store: AnswerStore, reader: PhotoReader, *, workers: int | None, batch_size: int
    ) -> None:
        """Answers what has no label yet; each answer is safe about a second after it is given."""
        earlier.check_model(store, self._classifier, next_step="start anew with --overwrite")
        self._counts = self._request.take_listing(store)
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
                if now_s - saved_s >= COMMIT_EVERY_S or len(unsaved) >= _MAX_UNSAVED:
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

    def _write(self, store: AnswerStore) -> None:
        request = self._request
        if request.out is None or request.is_dry:
            return
        if earlier.has_table(request, store):
            raise ConfigError(
                f"Cannot write '{request.out}': expected no such file, as when this run began, "
                "received one. Move it away and run the same command: every answer is kept."
            )
        write_rows(store.read_rows(), request.out, output_paths(request.out)[-1])

    def sort(self, store: AnswerStore, reader: PhotoReader) -> SortSummary | None:
        """Puts the photos into folders; the table is written by now, whatever moves."""
        plan = self._request.plan
        if plan is None:
            return None
        store.write_facts(sorting=self._request.name_sorting())
        return sort_photos(store.read_labels(), plan, reader, on_line=self._hooks.on_line)

    def summarize(self, sorted_: SortSummary | None) -> Summary:
        """Returns what the run found and did."""
        return Summary(
            **asdict(self._counts),
            skipped=dict(self._request.skipped),
            resumed=self._resumed,
            elapsed_s=time.monotonic() - self._started_s,
            photos_per_s=self._done / self._answering_s if self._answering_s else 0.0,
            was_complete=self._was_complete,
            sorted=sorted_,
        )


def _feed(store: AnswerStore, reader: PhotoReader, waiting: deque[str]) -> Iterator[PhotoBytes]:
    """Yields what there is to answer, and notes which photo each answer will be of."""
    for photo in store.read_pending():
        waiting.append(photo.path)
        yield reader.open(photo)
