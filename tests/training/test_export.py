from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catordog.errors import ConfigError, ExportError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.bundle import FEATURES, PROBABILITIES, load_bundle
from catordog.training import export
from catordog.training.backbones import BACKBONES
from catordog.training.network import FEATURES_CUT, Network, build_network
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
    graph = to_onnx(network.model, (PROBABILITIES, FEATURES))
    assert np.abs(export.predict_graph(graph, pixels) - expected).max() <= export.FLOAT_TOLERANCE
    quantized = quantize(graph, pixels)
    answers = export.predict_graph(quantized, pixels)
    assert len(quantized.SerializeToString()) < len(graph.SerializeToString()) / 3
    # The head is not on a grid of 8 bits.
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)


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
    logits = network.top(FEATURES_CUT).predict(
        network.trunk(FEATURES_CUT).predict(pixels[:4], verbose=0), verbose=0
    )
    cut = network.spec.fine_tune_from
    lower = network.top(cut).predict(network.trunk(cut).predict(pixels[:4], verbose=0), verbose=0)
    np.testing.assert_allclose(lower, logits, rtol=1e-3, atol=1e-3)
    probabilities = network.model.predict(pixels[:4], verbose=0)[0]
    assert (probabilities.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_unknown_cut_is_refused(network: Network) -> None:
    with pytest.raises(ConfigError, match="Cannot cut 'lite0' at 'nowhere'"):
        network.top("nowhere")


def test_dividing_logits_changes_how_sure_not_which(keras, pixels: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    network = build_network(BACKBONES["lite0"])
    weights = np.random.default_rng(1).normal(0, 0.1, (1280, 2))
    network.model.get_layer("logits").set_weights([weights, np.ones(2)])
    before = network.model.predict(pixels[:4], verbose=0)[0]
    network.divide_logits(3.0)
    after = network.model.predict(pixels[:4], verbose=0)[0]
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()
    assert (after.max(axis=1) < before.max(axis=1)).all()


def test_standardized_features_have_mean_zero_and_deviation_one(network: Network) -> None:
    features = np.random.default_rng(0).gamma(2, 0.3, (500, 1280)).astype(np.float32)
    network.standardize(features)
    seen = network.model.get_layer("standardize")(features)
    np.testing.assert_allclose(np.mean(seen, axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.std(seen, axis=0), 1, atol=1e-3)


def test_written_model_equals_the_keras_model_beside_it(tiny_run: Path, keras) -> None:  # type: ignore[no-untyped-def]
    bundle = load_bundle(tiny_run / "model.onnx")
    photos = [draw_photo(label, seed) for seed in range(4) for label in ("cat", "dog")]
    pixels = np.stack([np.asarray(photo.resize((224, 224))) for photo in photos])
    expected = keras.models.load_model(tiny_run / "model.keras").predict(pixels, verbose=0)[0]
    assert np.abs(bundle.predict_proba(pixels) - expected).mean() <= export.QUANTIZED_TOLERANCE
