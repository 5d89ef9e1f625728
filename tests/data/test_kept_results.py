from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catordog.data.kept_results import keep

RESULT = {"pairs": np.array([[0, 1], [2, 3]]), "texts": np.array(["a", "ä"]), "none": np.empty(0)}
INPUTS = [np.array(["a", "b"]), np.arange(6, dtype=np.uint8).reshape(2, 3)]


class Computation:
    """Counts how often it was needed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.calls += 1
        return RESULT


@pytest.fixture
def compute() -> Computation:
    return Computation()


def assert_is_result(found: dict[str, np.ndarray]) -> None:
    assert found.keys() == RESULT.keys()
    for name, values in RESULT.items():
        assert (found[name].dtype, found[name].shape) == (values.dtype, values.shape)
        assert (found[name] == values).all()


def test_same_inputs_need_no_second_thought(tmp_path: Path, compute: Computation) -> None:
    for _ in range(3):
        assert_is_result(keep(tmp_path / "new" / "folder", "it", INPUTS, compute))
    assert compute.calls == 1


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("other", INPUTS),
        ("it", [INPUTS[0], INPUTS[1] + 1]),
        ("it", [INPUTS[0], INPUTS[1].reshape(3, 2)]),
        ("it", [INPUTS[0], INPUTS[1].view(np.int8)]),
        ("it", [INPUTS[0], INPUTS[1].T]),  # the same bytes in memory, in another order
        ("it", [np.array(["ab", ""]), INPUTS[1]]),
        ("it", INPUTS[::-1]),
        ("it", INPUTS[:1]),
        ("it", []),
    ],
)
def test_anything_else_is_computed_anew(
    name: str, inputs: list[np.ndarray], tmp_path: Path, compute: Computation
) -> None:
    keep(tmp_path, "it", INPUTS, compute)
    keep(tmp_path, name, inputs, compute)
    assert compute.calls == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_view_counts_as_what_it_shows(tmp_path: Path, compute: Computation) -> None:
    keep(tmp_path, "it", INPUTS, compute)
    wide = np.repeat(INPUTS[1], 2, axis=1)[:, ::2]
    assert not wide.flags.c_contiguous
    keep(tmp_path, "it", [INPUTS[0], wide], compute)
    assert compute.calls == 1


def test_no_folder_keeps_nothing(compute: Computation) -> None:
    for _ in range(2):
        assert_is_result(keep(None, "it", INPUTS, compute))
    assert compute.calls == 2


def test_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, compute: Computation
) -> None:
    (tmp_path / "file").write_text("no folder")
    for _ in range(2):
        assert_is_result(keep(tmp_path / "file", "it", INPUTS, compute))
    assert compute.calls == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def flipped(place: float) -> Callable[[bytes], bytes]:
    def flip(data: bytes) -> bytes:
        at = int(place * (len(data) - 1))
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return flip


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:10], id="a few bytes"),
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: data + b"\0", id="longer"),
        pytest.param(lambda data: b"x,y\n" * 100, id="another file"),
        *(pytest.param(flipped(n / 40), id=f"bit flipped at {n}/40") for n in range(41)),
    ],
)
def test_damaged_file_is_computed_and_kept_again(
    damage: Callable[[bytes], bytes], tmp_path: Path, compute: Computation
) -> None:
    keep(tmp_path, "it", INPUTS, compute)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    for _ in range(2):
        assert_is_result(keep(tmp_path, "it", INPUTS, compute))
    assert compute.calls == 2


def test_error_of_the_computation_is_the_callers(tmp_path: Path) -> None:
    def fail() -> dict[str, np.ndarray]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        keep(tmp_path, "it", INPUTS, fail)
    assert caught.value.__context__ is None
    assert not list(tmp_path.iterdir())
