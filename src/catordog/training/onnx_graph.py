"""Turns a Keras model into an ONNX graph with names of ours, in memory."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catordog.inference.bundle import INPUT

if TYPE_CHECKING:
    import keras


def to_onnx(model: keras.Model, output_names: Sequence[str]) -> Any:
    """Exports a Keras model in single precision, batch normalization folded into convolutions.

    Args:
        model: takes uint8 pixels (N, S, S, 3).
        output_names: what to call its outputs, in order.

    Returns:
        An `onnx.ModelProto`, input `pixels`, dynamic batch size.
    """
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model(np.zeros((1, *model.input.shape[1:]), np.uint8))  # Keras exports only what has run
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own, about NumPy's future
        exported, folded = Path(folder, "exported.onnx"), Path(folder, "folded.onnx")
        logging.getLogger("tf2onnx").setLevel(logging.ERROR)
        model.export(exported, format="onnx", verbose=False)
        quant_pre_process(exported, folded, skip_symbolic_shape=True)
        proto = onnx.load(folded)
    old_names = [value.name for value in (*proto.graph.input, *proto.graph.output)]
    _rename(proto.graph, dict(zip(old_names, (INPUT, *output_names), strict=True)))
    for index, node in enumerate(proto.graph.node):
        node.name = f"{node.op_type}_{index}"
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    return proto


def _rename(graph: Any, new_names: dict[str, str]) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = new_names.get(name, name)
    for value in (*graph.input, *graph.output):
        value.name = new_names.get(value.name, value.name)
