from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from catordog.errors import BundleError
from catordog.images.preprocess import PreprocessSpec
from catordog.inference.bundle import (
    SHIPPED_MODELS,
    BundleMetadata,
    find_model,
    list_models,
    load_bundle,
)

METADATA = BundleMetadata(
    name="tiny",
    version="0.1.0",
    backbone="lite0",
    preprocess=PreprocessSpec(8),
    training={"data_sha256": "0" * 64},
    metrics={"validation": {"accuracy": 0.5}},
    licence="Apache-2.0",
)


def test_metadata_survives_the_file() -> None:
    assert BundleMetadata.from_properties(METADATA.to_properties()) == METADATA


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "catordog-model/2", "catordog-model/2"),
        ("labels", '["dog", "cat"]', "labels"),
        ("input", '{"size_px": 8, "resize": "nearest"}', "no usable metadata"),
        ("input", '{"side": 8}', "no usable metadata"),
    ],
)
def test_metadata_of_another_kind_is_refused(key: str, value: str, message: str) -> None:
    properties = METADATA.to_properties() | {key: value}
    with pytest.raises(ValueError, match=message):
        BundleMetadata.from_properties(properties)


def test_metadata_without_a_key_is_refused() -> None:
    properties = METADATA.to_properties()
    del properties["licence"]
    with pytest.raises(ValueError, match="licence"):
        BundleMetadata.from_properties(properties)


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
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    assert (features.shape, features.dtype) == ((3, 1280), np.float32)
    assert (features >= 0).all()
