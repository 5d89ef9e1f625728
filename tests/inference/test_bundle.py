from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from catordog.errors import BundleError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.bundle import (
    FORMAT,
    SHIPPED_MODELS,
    BundleMetadata,
    find_model,
    list_models,
    load_bundle,
)
from catordog.inference.second_look import SecondLookSpec
from catordog.inference.verdict import LABEL_ERROR_RATE, Thresholds, to_probabilities

METADATA = BundleMetadata(
    name="tiny",
    version="0.1.0",
    backbone="lite0",
    preprocess=PreprocessSpec(8),
    thresholds=Thresholds(pet=0.5, both=0.25),
    second_look=SecondLookSpec(0.98, 0.02, 0.5, (0.5, 0.5, 0.0)),
    training={"data_sha256": "0" * 64},
    metrics={"validation": {"accuracy": 0.5}},
    licence="Apache-2.0",
)


def test_metadata_survives_the_file() -> None:
    assert BundleMetadata.from_properties(METADATA.to_properties()) == METADATA


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "catordog-model/3", "'catordog-model/3', not 'catordog-model/2'"),
        ("format", "catordog-model/1", "of an earlier catordog, which knew no 'both'"),
        ("thresholds", '{"pet": 0.5}', "no usable metadata"),
        ("thresholds", '{"pet": 0.5, "both": 1.5}', "not between 0 and 1"),
        ("second_look", '{"sure_pet": 0.98}', "no usable metadata"),
        (
            "second_look",
            '{"sure_pet": 0.9, "sure_absent": 0.1, "side": 0.5, "weights": [1, 2]}',
            "three weights",
        ),
        ("labels", '["dog", "cat"]', "labels"),
        ("input", '{"size_px": 8, "resize": "nearest"}', "no usable metadata"),
        ("input", '{"side": 8}', "no usable metadata"),
    ],
)
def test_metadata_of_another_kind_is_refused(key: str, value: str, message: str) -> None:
    properties = METADATA.to_properties() | {key: value}
    with pytest.raises(ValueError, match=message):
        BundleMetadata.from_properties(properties)


@pytest.mark.parametrize("key", ["licence", "thresholds", "second_look"])
def test_metadata_without_a_key_is_refused(key: str) -> None:
    properties = METADATA.to_properties()
    del properties[key]
    with pytest.raises(ValueError, match=key):
        BundleMetadata.from_properties(properties)


def write_fast(path: Path, changes: dict[str, str], *, without: str = "") -> Path:
    """Writes the shipped model with other metadata, or without one of its outputs."""
    import onnx

    model = onnx.load(find_model("fast"))
    properties = {entry.key: entry.value for entry in model.metadata_props} | changes
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, properties)
    for output in list(model.graph.output):
        if output.name == without:
            model.graph.output.remove(output)
    path.write_bytes(model.SerializeToString())
    return path


def test_model_of_an_earlier_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write_fast(tmp_path / "model.onnx", {"format": "catordog-model/1"})
    message = r"received one with format 'catordog-model/1'.*Train one anew with: catordog train"
    with pytest.raises(BundleError, match=message):
        load_bundle(path)


@pytest.mark.parametrize("output", ["probabilities", "features", "evidence"])
def test_model_without_an_output_is_refused(tmp_path: Path, output: str) -> None:
    path = write_fast(tmp_path / "model.onnx", {"format": FORMAT}, without=output)
    with pytest.raises(BundleError, match="received one with outputs"):
        load_bundle(path)


def test_missing_model_names_the_file_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.onnx.*No such file.*catordog models"):
        load_bundle(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07\x12\x04junk"])
def test_damaged_model_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="expected an ONNX file written by catordog") as error:
        load_bundle(path)
    assert "\n" not in str(error.value)


def test_cut_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    whole = find_model("fast").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError):
        load_bundle(path)


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_shipped_model_says_all_of_itself(name: str) -> None:
    bundle = load_bundle(name)
    assert bundle.metadata.name == name
    assert bundle.size_bytes < 8_000_000
    assert bundle.metadata.licence.startswith("Apache-2.0")
    assert len(bundle.metadata.training["data_sha256"]) == 64
    assert 0.9 < bundle.metadata.metrics["validation"]["accuracy"] < 1
    card = find_model(name).with_suffix(".md").read_text()
    assert bundle.metadata.backbone in card


def test_list_models_puts_the_default_first() -> None:
    assert [bundle.metadata.name for bundle in list_models()] == list(SHIPPED_MODELS)


def test_same_bytes_have_the_same_digest(tmp_path: Path) -> None:
    copy = shutil.copy(find_model("fast"), tmp_path / "other.onnx")
    assert load_bundle(copy).sha256 == load_bundle("fast").sha256


def test_probabilities_and_features_have_their_shapes() -> None:
    bundle = load_bundle("fast")
    side = bundle.metadata.preprocess.size_px
    pixels = np.random.default_rng(0).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    probabilities, features = bundle.predict_with_features(pixels)
    assert np.array_equal(probabilities, bundle.predict_proba(pixels))
    assert (probabilities.shape, probabilities.dtype) == ((3, 2), np.float32)
    lowest = LABEL_ERROR_RATE / 2 - 1e-6
    assert ((probabilities > lowest) & (probabilities < 1 - lowest)).all()
    assert (features.shape, features.dtype) == ((3, 1280), np.float32)
    assert (features >= 0).all()


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_mean_evidence_is_the_logit_of_the_probability(name: str, samples: Path) -> None:
    bundle = load_bundle(name)
    spec = bundle.metadata.preprocess
    photos = sorted(samples.glob("*.jpg"))
    pixels = [decode_and_preprocess(photo.read_bytes(), spec).pixels for photo in photos]
    look = bundle.look(np.stack(pixels))
    count, height, width, questions = look.evidence.shape
    assert (count, questions, look.evidence.dtype) == (len(photos), 2, np.float32)
    assert height > 1
    assert width > 1
    sigmoid = 1 / (1 + np.exp(-look.evidence.astype(np.float64).mean(axis=(1, 2))))
    expected = (1 - LABEL_ERROR_RATE) * sigmoid + LABEL_ERROR_RATE / 2
    np.testing.assert_allclose(look.probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(to_probabilities(look.logits), expected, atol=1e-5)
    np.testing.assert_allclose(look.probabilities, bundle.predict_proba(np.stack(pixels)))
