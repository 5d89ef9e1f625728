from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from catordog.errors import WeightsError
from catordog.training.backbones import BACKBONES, find_weights
from catordog.training.torch_file import MAGIC_NUMBER, PROTOCOL_VERSION, read_torch_weights


def test_published_weights_are_read_whole() -> None:
    weights = read_torch_weights(find_weights(BACKBONES["lite0"]))
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert weights["_bn1.running_var"].dtype == np.float32
    assert all(np.isfinite(tensor).all() for tensor in weights.values())


class Exploit:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("ran",))


def write_file(path: Path, payload: object, tail: bytes = b"") -> None:
    parts = (MAGIC_NUMBER, PROTOCOL_VERSION, {}, payload)
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts) + tail)


def test_file_that_names_code_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.pth"
    write_file(path, OrderedDict(weight=Exploit()))
    with pytest.raises(WeightsError, match=r"names .*print, which no weight file needs"):
        read_torch_weights(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a newer format", pickle.dumps(7)])
def test_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"other\.pth"):
        read_torch_weights(path)


def test_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    path.write_bytes(find_weights(BACKBONES["lite0"]).read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="cut short"):
        read_torch_weights(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth"):
        read_torch_weights(tmp_path / "none.pth")
