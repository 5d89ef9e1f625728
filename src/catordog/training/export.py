"""Writes a trained network as one self-describing file, if it answers as it was trained to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catordog.errors import ExportError
from catordog.inference.bundle import (
    EVIDENCE,
    FEATURES,
    INPUT,
    PROBABILITIES,
    BundleMetadata,
    open_session,
)
from catordog.training.onnx_graph import to_onnx
from catordog.training.quantize import quantize
from catordog.whole_files import write_whole

if TYPE_CHECKING:
    from catordog.training.network import Network

OUTPUTS = (PROBABILITIES, FEATURES, EVIDENCE)
"""Of a whole network, in the order of its Keras model's."""

FLOAT_TOLERANCE = 1e-4
"""Largest difference of any probability between Keras and the unquantized graph (ADR 0003)."""

QUANTIZED_TOLERANCE = 0.03
"""Largest mean difference of the probabilities between Keras and the 8-bit graph (ADR 0003): what a
network that learned from two dozen photos needs, whose answers lie near a half. One that learned
from thousands stays far below; a wrong quantization is far above."""

QUANTIZED_LABEL_CHANGES = 0.02
"""Largest share of photos whose label the 8-bit graph may change."""

_BATCH = 16


def export_network(network: Network, calibration: np.ndarray, check: np.ndarray) -> Any:
    """Turns a trained network into an 8-bit ONNX graph that answers as Keras does.

    Args:
        network: trained.
        calibration: uint8 (N, S, S, 3), training photos to set the 8-bit ranges with.
        check: uint8 (M, S, S, 3), photos to compare the answers on.

    Returns:
        An `onnx.ModelProto`, inputs and outputs as `inference.bundle` says, without metadata.

    Raises:
        ExportError: the graph's answers differ from Keras's beyond the tolerances above.
    """
    expected = network.model.predict(check, batch_size=_BATCH, verbose=0)[0]
    graph = to_onnx(network.model, OUTPUTS)
    answers = predict_graph(graph, check)
    _check("ONNX", "the largest", np.abs(answers - expected).max(), FLOAT_TOLERANCE)
    changes = _label_changes(answers, expected, FLOAT_TOLERANCE)
    _check("ONNX", "the share of labels", changes, 0.0)
    quantized = quantize(graph, calibration)
    answers = predict_graph(quantized, check)
    changes = _label_changes(answers, expected, QUANTIZED_TOLERANCE)
    _check("8-bit ONNX", "the mean", np.abs(answers - expected).mean(), QUANTIZED_TOLERANCE)
    _check("8-bit ONNX", "the share of labels", changes, QUANTIZED_LABEL_CHANGES)
    return quantized


def predict_graph(graph: Any, pixels: np.ndarray) -> np.ndarray:
    """Runs an ONNX graph on preprocessed photos: uint8 (N, S, S, 3) to probabilities (N, 2)."""
    session = open_session(graph.SerializeToString())
    starts = range(0, len(pixels), _BATCH)
    parts = [pixels[start : start + _BATCH] for start in starts]
    return np.concatenate([session.run([PROBABILITIES], {INPUT: part})[0] for part in parts])


def _label_changes(answers: np.ndarray, expected: np.ndarray, tolerance: float) -> float:
    """Returns the share of photos whose likelier class changed; none was where both were alike."""
    changed = answers.argmax(axis=1) != expected.argmax(axis=1)
    return float((changed & (np.abs(np.diff(expected, axis=1)[:, 0]) > tolerance)).mean())


def _check(what: str, which: str, difference: float, limit: float) -> None:
    if not difference <= limit:  # and not `>`, so that an answer that is no number fails too
        raise ExportError(
            f"Cannot export to {what}: expected {which} to differ from Keras by at most {limit:g}, "
            f"received {difference:.2g}. Nothing was written; train again, with more photos or "
            "another seed."
        )


def write_model(graph: Any, metadata: BundleMetadata, path: Path) -> None:
    """Writes a graph with its metadata, whole or not at all."""
    import onnx

    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, metadata.to_properties())
    graph.producer_name, graph.producer_version = "catordog", metadata.version
    with write_whole(path) as file:
        file.write(graph.SerializeToString())
