"""A bounded queue of photos in front of the threads that answer them, in batches.

A thread that becomes free takes what waits, up to a batch, and never waits for more: alone, a photo
is answered at once; under load, batches fill by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from catordog.serving.problems import Problem

K = TypeVar("K")
R = TypeVar("R")

_LOG = logging.getLogger(__name__)
_STEADY = 0.9
"""Weight of the past in the running mean of a photo's seconds."""


@dataclass(slots=True)
class _Job(Generic[K, R]):
    """A photo that waits: its bytes, what is asked of it, until when, and who hears the answer."""

    photo: bytes
    question: K
    deadline: float
    future: asyncio.Future[R]


class Batcher(Generic[K, R]):
    """Answers photos on threads of its own; `submit` is called on one event loop.

    Example:
        >>> async def ask():
        ...     batcher = Batcher(lambda photos, _: [len(p) for p in photos], batch_size=2,
        ...                       queue_size=9, threads=1)
        ...     try:
        ...         return await batcher.submit([b"a", b"bc", b""], "length", timeout_s=5)
        ...     finally:
        ...         batcher.close()
        >>> asyncio.run(ask())
        [1, 2, 0]
    """

    def __init__(
        self,
        answer: Callable[[Sequence[bytes], K], Sequence[R]],
        *,
        batch_size: int,
        queue_size: int,
        threads: int,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        """Starts the threads.

        Args:
            answer: answers photos that share a question, in order, one answer each; called on the
                threads. If it raises, its photos are asked about one by one.
            batch_size: photos in one call at most.
            queue_size: photos that may wait.
            threads: how many calls run at once.
            on_batch: told each call's number of photos; called on the threads.
        """
        self._answer = answer
        self._batch_size = batch_size
        self._queue_size = queue_size
        self._on_batch = on_batch
        self._waiting: deque[_Job[K, R]] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._photo_s = 0.02
        self._threads = [
            threading.Thread(target=self._work, name=f"catordog-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def depth(self) -> int:
        """Photos that wait; those being answered are not counted."""
        return len(self._waiting)

    def check_room(self, photos: int = 1) -> None:
        """Checks that photos would be taken, so that nobody uploads them for nothing.

        Raises:
            Problem: 503, the queue is full.
        """
        if len(self._waiting) + photos > self._queue_size:
            wait_s = len(self._waiting) * self._photo_s / len(self._threads)
            raise Problem(
                503,
                "queue-full",
                f"Cannot take the photos: expected room for {photos} in the queue, received a "
                f"queue with {len(self._waiting)} of {self._queue_size} places taken. Try again.",
                retry_after_s=wait_s,
            )

    async def submit(
        self, photos: Sequence[bytes], question: K, *, timeout_s: float
    ) -> list[R | BaseException]:
        """Answers photos: all or, with a `Problem`, none.

        Args:
            photos: encoded, in the order to answer in.
            question: passed to `answer`; photos of one call share it.
            timeout_s: seconds until the answers are of no use any more.

        Returns:
            By photo its answer, or what `answer` raised when it was asked about that photo alone.

        Raises:
            Problem: 503, the queue is full, or 504, it took too long.
        """
        if not photos:
            return []
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + timeout_s
        futures: list[asyncio.Future[R]] = [loop.create_future() for _ in photos]
        with self._changed:
            self.check_room(len(photos))
            for photo, future in zip(photos, futures, strict=True):
                self._waiting.append(_Job(photo, question, deadline, future))
            self._changed.notify(len(photos))
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.gather(*futures, return_exceptions=True)
        except TimeoutError as exc:
            raise Problem(
                504,
                "too-late",
                f"Cannot answer in time: expected answers within {timeout_s:g} s, received none. "
                "Send fewer photos, or try again when there is less to do.",
            ) from exc
        finally:
            for future in futures:
                future.cancel()  # nobody listens any more; a thread that comes to it passes it by

    def close(self) -> None:
        """Answers what waits, then ends the threads."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while batch := self._take_batch():
            started = time.monotonic()
            results = self._answer_batch(batch)
            took = (time.monotonic() - started) / len(batch)
            self._photo_s = _STEADY * self._photo_s + (1 - _STEADY) * took
            loop = batch[0].future.get_loop()
            try:
                loop.call_soon_threadsafe(_deliver, batch, results)
            except RuntimeError:  # the loop is closed: nobody is left to hear it
                return

    def _take_batch(self) -> list[_Job[K, R]]:
        """Waits for photos, and takes those that share the first one's question; [] ends."""
        with self._changed:
            while True:
                batch: list[_Job[K, R]] = []
                while self._waiting and len(batch) < self._batch_size:
                    if batch and self._waiting[0].question != batch[0].question:
                        break
                    job = self._waiting.popleft()
                    if not job.future.done() and time.monotonic() < job.deadline:
                        batch.append(job)
                if batch or self._is_closed:
                    return batch
                self._changed.wait()

    def _answer_batch(self, batch: Sequence[_Job[K, R]]) -> list[R | Exception]:
        self._on_batch(len(batch))
        try:
            return list(self._answer([job.photo for job in batch], batch[0].question))
        except Exception as exc:  # one photo must not take the others' answers with it
            if len(batch) == 1:
                _LOG.exception("a photo could not be answered")
                return [exc]
            return [result for job in batch for result in self._answer_batch([job])]


def _deliver(batch: Sequence[_Job[K, R]], results: Sequence[R | Exception]) -> None:
    for job, result in zip(batch, results, strict=True):
        if job.future.done():
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
