from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catordog.errors import ConfigError, ExportError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.bundle import EVIDENCE, INPUT, load_bundle, open_session
from catordog.inference.verdict import to_probabilities
from catordog.training import export
from catordog.training.backbones import BACKBONES, read_imagenet_head
from catordog.training.network import Network, build_network
from catordog.training.onnx_graph import to_onnx
from catordog.training.quantize import quantize
from tests.conftest import draw_photo


@pytest.fixture(scope="module")
def network(keras) -> Network:  # type: ignore[no-untyped-def]
    network = build_network(BACKBONES["lite0"])
    weights = np.random.default_rng(0).normal(0, 0.01, (1280, 2))
    network.model.get_layer("logits").set_weights([weights, np.zeros(2)])
    return network


@pytest.fixture(scope="module")
def pixels(samples: Path) -> np.ndarray:
    photos = [path.read_bytes() for path in sorted(samples.glob("*.jpg"))]
    plain = [decode_and_preprocess(photo, PreprocessSpec(224)).pixels for photo in photos]
    return np.stack(plain + [np.fliplr(photo) for photo in plain])


def test_exported_graph_answers_as_keras_does(network: Network, pixels: np.ndarray) -> None:
    expected = network.model.predict(pixels, verbose=0)[0]
    graph = to_onnx(network.model, export.OUTPUTS)
    assert np.abs(export.predict_graph(graph, pixels) - expected).max() <= export.FLOAT_TOLERANCE
    quantized = quantize(graph, pixels)
    answers = export.predict_graph(quantized, pixels)
    assert len(quantized.SerializeToString()) < len(graph.SerializeToString()) / 3
    # The head is not on a grid of 8 bits: the places' mean is the logit, to the last digits.
    session = open_session(quantized.SerializeToString())
    evidence = session.run([EVIDENCE], {INPUT: pixels})[0]
    np.testing.assert_allclose(to_probabilities(evidence.mean(axis=(1, 2))), answers, atol=1e-5)


def test_graph_that_answers_otherwise_is_refused(
    network: Network, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(graph, calibration):  # type: ignore[no-untyped-def]
        for tensor in graph.graph.initializer:
            if len(tensor.dims) == 4 and tensor.dims[0] == 1280:
                tensor.raw_data = bytes(len(tensor.raw_data))
        return graph

    monkeypatch.setattr(export, "quantize", spoil)
    with pytest.raises(ExportError, match=r"8-bit ONNX.*Nothing was written"):
        export.export_network(network, pixels, pixels)


def test_halves_of_a_network_make_the_whole(network: Network, pixels: np.ndarray) -> None:
    known_head = read_imagenet_head(network.spec)
    cut = network.spec.fine_tune_from
    activations, features, known = network.trunk(cut, known_head).predict(pixels[:4], verbose=0)
    assert known.shape == (4, 1000)
    np.testing.assert_allclose(
        known, features @ known_head[0] + known_head[1], rtol=1e-3, atol=1e-3
    )
    logits, same_features = network.top(cut).predict(activations, verbose=0)
    np.testing.assert_allclose(same_features, features, rtol=1e-3, atol=1e-3)
    probabilities, _, evidence = network.model.predict(pixels[:4], verbose=0)
    np.testing.assert_allclose(to_probabilities(logits), probabilities, atol=1e-4)
    np.testing.assert_allclose(evidence.mean(axis=(1, 2)), logits, atol=1e-4)


def test_unknown_cut_is_refused(network: Network) -> None:
    with pytest.raises(ConfigError, match="Cannot cut 'lite0' at 'nowhere'"):
        network.top("nowhere")


def test_rescaled_logits_are_what_they_were_scaled_and_moved(
    keras,  # type: ignore[no-untyped-def]
    pixels: np.ndarray,
) -> None:
    network = build_network(BACKBONES["lite0"])
    network.set_head(np.random.default_rng(1).normal(0, 0.1, (1280, 2)), np.ones(2))
    before, after = [], []
    for logits in (before, after):
        evidence = network.model.predict(pixels[:4], verbose=0)[2]
        logits.extend(evidence.mean(axis=(1, 2)))
        network.rescale_logits(np.array([0.5, 2.0]), np.array([1.0, -1.0]))
    expected = np.array(before) * [0.5, 2.0] + [1.0, -1.0]
    np.testing.assert_allclose(after, expected, rtol=1e-3, atol=1e-3)


def test_written_model_equals_the_keras_model_beside_it(tiny_run: Path, keras) -> None:  # type: ignore[no-untyped-def]
    bundle = load_bundle(tiny_run / "model.onnx")
    photos = [draw_photo(label, seed) for seed in range(4) for label in ("cat", "dog")]
    side_px = bundle.metadata.preprocess.size_px
    pixels = np.stack([np.asarray(photo.resize((side_px, side_px))) for photo in photos])
    expected = keras.models.load_model(tiny_run / "model.keras").predict(pixels, verbose=0)[0]
    assert np.abs(bundle.predict_proba(pixels) - expected).mean() <= export.QUANTIZED_TOLERANCE
