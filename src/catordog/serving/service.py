"""One server process from its start to its end: what it answers with, and whether it is ready."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum

from catordog.serving.answering import Answered, Answerer, Question
from catordog.serving.batching import Batcher
from catordog.serving.limits import UploadBudget
from catordog.serving.metrics import Metrics
from catordog.serving.problems import Problem
from catordog.serving.settings import ServeSettings

_LOG = logging.getLogger(__name__)


class State(StrEnum):
    """Where in its life a process is."""

    LOADING = "loading"
    READY = "ready"
    STOPPING = "stopping"
    BROKEN = "broken"


class Service:
    """What the routes share.

    Attributes:
        settings: how the server is set up.
        metrics: what it counts.
        budget: bounds the uploads in memory.
        state: where in its life it is.
    """

    def __init__(self, settings: ServeSettings) -> None:
        """Opens nothing yet: `start` does."""
        self.settings = settings
        self.metrics = Metrics()
        self.budget = UploadBudget(settings.max_buffered_bytes)
        self.state = State.LOADING
        self._answerer: Answerer | None = None
        self._batcher: Batcher[Question, Answered] | None = None

    async def start(self) -> None:
        """Opens the model, answers once, and is ready. A model that does not answer is logged."""
        try:
            self._answerer = await asyncio.to_thread(self._open)
        except Exception:
            self.state = State.BROKEN
            _LOG.exception("the model cannot be used")
            return
        self._batcher = Batcher(
            self._answerer.answer,
            batch_size=self.settings.batch_size,
            queue_size=self.settings.queue_size,
            threads=self.settings.threads,
            on_batch=self.metrics.batch_photos.observe,
        )
        self.metrics.queue_depth.set(0)
        if self.state is State.LOADING:
            self.state = State.READY

    def drain(self) -> None:
        """Says from now on that no new clients should be sent here; those that come are served."""
        self.state = State.STOPPING

    async def stop(self) -> None:
        """Answers what was accepted, and ends."""
        self.drain()
        if self._batcher is not None:
            await asyncio.to_thread(self._batcher.close)

    @property
    def answerer(self) -> Answerer:
        """The open model.

        Raises:
            Problem: 503, it is not open yet, or cannot be opened.
        """
        if self._answerer is None:
            raise Problem(
                503,
                "not-ready",
                "Cannot answer yet: expected an open model, received none so far. Try again; "
                "/readyz says when.",
                retry_after_s=1,
            )
        return self._answerer

    def check_room(self) -> None:
        """Refuses at once what would be refused after its upload.

        Raises:
            Problem: 503, the model is not open yet, or the queue is full.
        """
        self._opened().check_room()

    async def ask(self, photos: list[bytes], question: Question) -> list[Answered | BaseException]:
        """Answers photos, in order.

        Raises:
            Problem: 503 or 504, see `Batcher.submit`.
        """
        batcher = self._opened()
        try:
            answering = batcher.submit(photos, question, timeout_s=self.settings.timeout_s)
            self.metrics.queue_depth.set(batcher.depth)
            return await answering
        finally:
            self.metrics.queue_depth.set(batcher.depth)

    def _opened(self) -> Batcher[Question, Answered]:
        _ = self.answerer
        assert self._batcher is not None
        return self._batcher

    def _open(self) -> Answerer:
        answerer = Answerer(self.settings)
        answerer.warm_up()
        return answerer
