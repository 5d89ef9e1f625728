"""Maps a function over chunks of a stream on several threads: lazy, in order, in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_CHUNKS_IN_FLIGHT_PER_WORKER = 2
"""One being worked on, one waiting: no worker idles while the caller takes a result."""


def available_cores() -> int:
    """Counts the processor cores this process may use; containers and `taskset` may allow few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cuts a stream into lists of `size` items; the last may be shorter.

    Example:
        >>> list(chunked("abcde", 2))
        [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def map_in_order(function: Callable[[T], R], items: Iterable[T], *, workers: int) -> Iterator[R]:
    """Yields `function(item)` for each item, in order, computed on `workers` threads.

    Items are taken only as results are: at most `2 * workers` are in flight, however long the
    stream. The threads do Python work one at a time, so `function` should spend its time in code
    that lets go of the interpreter (decoding, ONNX Runtime, reading files).

    Args:
        function: called from other threads; what it raises is raised to the caller, in order.
        items: any iterable; advanced only by the caller's thread.
        workers: number of threads, at least 1.

    Example:
        >>> list(map_in_order(str.upper, "abc", workers=2))
        ['A', 'B', 'C']
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="catordog") as executor:
        pending: deque[Future[R]] = deque()
        try:
            for item in items:
                pending.append(executor.submit(function, item))
                if len(pending) >= workers * _CHUNKS_IN_FLIGHT_PER_WORKER:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
