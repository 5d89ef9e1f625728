from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from catordog.inference.pipeline import chunked, map_in_order


def test_results_keep_the_order_of_items_whatever_each_takes() -> None:
    def slow_if_even(item: int) -> int:
        time.sleep(0.01 if item % 2 == 0 else 0)
        return item * item

    assert list(map_in_order(slow_if_even, range(20), workers=4)) == [i * i for i in range(20)]


def test_items_are_taken_only_as_results_are() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(1000):
            taken += 1
            yield item

    results = map_in_order(lambda item: item, items(), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert taken <= 3 + 2 * 2
    results.close()  # type: ignore[attr-defined]
    assert taken < 1000


def test_an_error_reaches_the_caller_in_its_place() -> None:
    def fail_at_three(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    results = map_in_order(fail_at_three, range(10), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_work_happens_off_the_callers_thread() -> None:
    (name,) = map_in_order(lambda _: threading.current_thread().name, [0], workers=1)
    assert name.startswith("catordog")


def test_chunked_leaves_nothing_out() -> None:
    assert [len(chunk) for chunk in chunked(range(7), 3)] == [3, 3, 1]
    assert list(chunked([], 3)) == []
