from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from catordog.serving.batching import Batcher
from catordog.serving.problems import Problem

Make = Callable[..., Batcher[str, int]]


class Slow:
    """Answers with lengths; holds calls back until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.calls: list[list[bytes]] = []

    def __call__(self, photos: Sequence[bytes], question: str) -> list[int]:
        self.calls.append(list(photos))
        assert self.go_on.wait(20)
        if b"poison" in photos:
            raise ValueError("poison")
        return [len(photo) for photo in photos]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def make(slow: Slow) -> Iterator[Make]:
    made: list[Batcher[str, int]] = []

    def build(**options: Any) -> Batcher[str, int]:
        settings = {"batch_size": 4, "queue_size": 6, "threads": 1} | options
        made.append(Batcher(slow, **settings))
        return made[-1]

    yield build
    slow.go_on.set()
    for batcher in made:
        batcher.close()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


def test_what_waits_is_answered_in_batches_by_question(slow: Slow, make: Make) -> None:
    async def ask() -> list[list[int | BaseException]]:
        batcher = make()
        first = asyncio.create_task(batcher.submit([b"1"], "a", timeout_s=9))
        await until(lambda: bool(slow.calls))
        rest = [
            asyncio.create_task(batcher.submit(photos, question, timeout_s=9))
            for photos, question in (([b"22", b"333"], "a"), ([b"4444"], "a"), ([b""], "b"))
        ]
        await until(lambda: batcher.depth == 4)
        slow.go_on.set()
        return list(await asyncio.gather(first, *rest))

    assert asyncio.run(ask()) == [[1], [2, 3], [4], [0]]
    assert slow.calls == [[b"1"], [b"22", b"333", b"4444"], [b""]]


def test_full_queue_refuses_at_once_and_says_when_to_come_again(slow: Slow, make: Make) -> None:
    async def ask() -> Problem:
        batcher = make()
        first = asyncio.create_task(batcher.submit([b"1"], "a", timeout_s=9))
        await until(lambda: bool(slow.calls))
        waiting = asyncio.create_task(batcher.submit([b"2"] * 6, "a", timeout_s=9))
        await until(lambda: batcher.depth == 6)
        started = time.monotonic()
        with pytest.raises(Problem) as refused:
            await batcher.submit([b"3"], "a", timeout_s=9)
        assert time.monotonic() - started < 0.5
        slow.go_on.set()
        assert await first == [1]
        assert await waiting == [1] * 6
        assert await batcher.submit([b"3"], "a", timeout_s=9) == [1]
        return refused.value

    problem = asyncio.run(ask())
    assert (problem.status, problem.kind) == (503, "queue-full")
    assert problem.retry_after_s is not None


def test_late_answer_is_refused_and_what_nobody_waits_for_is_not_computed(
    slow: Slow, make: Make
) -> None:
    async def ask() -> Problem:
        batcher = make()
        first = asyncio.create_task(batcher.submit([b"1"], "a", timeout_s=9))
        await until(lambda: bool(slow.calls))
        with pytest.raises(Problem) as late:
            await batcher.submit([b"late"], "a", timeout_s=0.1)
        slow.go_on.set()
        await first
        assert await batcher.submit([b"333"], "a", timeout_s=9) == [3]
        return late.value

    assert asyncio.run(ask()).status == 504
    assert slow.calls == [[b"1"], [b"333"]]


def test_photo_that_breaks_its_batch_takes_no_other_with_it(
    slow: Slow, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    slow.go_on.set()

    async def ask() -> list[int | BaseException]:
        return await make().submit([b"1", b"poison", b"333"], "a", timeout_s=9)

    answers = asyncio.run(ask())
    assert (answers[0], answers[2]) == (1, 3)
    assert isinstance(answers[1], ValueError)
    assert "poison" in caplog.text


def test_closing_answers_what_waits(slow: Slow, make: Make) -> None:
    async def ask() -> list[int | BaseException]:
        batcher = make()
        waiting = asyncio.create_task(batcher.submit([b"1"] * 5, "a", timeout_s=9))
        await until(lambda: bool(slow.calls))
        closing = asyncio.create_task(asyncio.to_thread(batcher.close))
        slow.go_on.set()
        await closing
        return await waiting

    assert asyncio.run(ask()) == [1] * 5
