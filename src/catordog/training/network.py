"""The network that catordog trains: a published backbone with a cat-or-dog head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catordog.errors import ConfigError
from catordog.labels import CLASSES
from catordog.training.backbones import BackboneSpec, build_backbone
from catordog.training.calibrate import LABEL_ERROR_RATE

if TYPE_CHECKING:
    import keras

FEATURES_CUT = "features"
"""The layer to cut at for a linear head on frozen features."""

_SMALLEST_DEVIATION = 1e-3
"""Below this a feature says nothing, and dividing by its deviation would only raise noise."""


@dataclass(frozen=True)
class Network:
    """A whole network and the pieces that training needs. All of them share their layers.

    Attributes:
        spec: the backbone.
        model: uint8 pixels (N, S, S, 3) to [probabilities (N, 2), features (N, 1280)].
        logits: the tensor before the softmax, where the loss is taken.
    """

    spec: BackboneSpec
    model: keras.Model
    logits: keras.KerasTensor

    def trunk(self, cut: str) -> keras.Model:
        """Returns the part below a layer: uint8 pixels to that layer's activations.

        Raises:
            ConfigError: the network has no layer of that name.
        """
        import keras

        return keras.Model(self.model.input, self._layer(cut).output, name="trunk")

    def top(self, cut: str) -> keras.Model:
        """Returns the part above a layer: that layer's activations to logits (N, 2).

        Raises:
            ConfigError: the network has no layer of that name.
        """
        import keras

        return keras.Model(self._layer(cut).output, self.logits, name="top")

    def standardize(self, features: np.ndarray) -> None:
        """Sets the head to see features of mean 0 and deviation 1, as linear heads learn best.

        Args:
            features: float32 (N, 1280), of training photos only.
        """
        scale = 1 / np.maximum(features.std(axis=0), _SMALLEST_DEVIATION)
        offset = -features.mean(axis=0) * scale
        layer = self.model.get_layer("standardize")
        layer.set_weights([scale, offset, np.zeros_like(scale), np.ones_like(scale)])

    def divide_logits(self, temperature: float) -> None:
        """Makes every answer less sure (above 1) or surer (below), and changes no label."""
        layer = self.model.get_layer("logits")
        layer.set_weights([weight / temperature for weight in layer.get_weights()])

    def _layer(self, name: str) -> keras.Layer:
        names = [layer.name for layer in self.model.layers]
        if name not in names:
            raise ConfigError(
                f"Cannot cut '{self.spec.name}' at '{name}': expected the name of one of its "
                f"layers, received none of them. Cut, for one, at '{FEATURES_CUT}'."
            )
        return self.model.get_layer(name)


def build_network(spec: BackboneSpec) -> Network:
    """Builds a backbone with its published weights and a fresh head that says 0.5 to everything.

    Raises:
        MissingExtraError: Keras or the weights' package is not installed.
        WeightsError: the weights' file is not the published one.
    """
    import keras
    from keras import layers

    backbone = build_backbone(spec)
    for layer in backbone.layers:
        # The published statistics come from a million photos; ours would be noise beside them.
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    standardize = layers.BatchNormalization(epsilon=0.0, trainable=False, name="standardize")
    logits = layers.Dense(len(CLASSES), kernel_initializer="zeros", name="logits")(
        standardize(backbone.output)
    )
    softmax = layers.Softmax(name="softmax")(logits)
    probabilities = layers.Rescaling(
        1 - LABEL_ERROR_RATE, offset=LABEL_ERROR_RATE / 2, name="probabilities"
    )(softmax)
    model = keras.Model(backbone.input, [probabilities, backbone.output], name=spec.name)
    return Network(spec, model, logits)
