"""The network that catordog trains: a backbone, pooling, and a linear answer to two questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catordog.errors import ConfigError
from catordog.inference.verdict import LABEL_ERROR_RATE
from catordog.labels import CLASSES
from catordog.training.backbones import BackboneSpec, build_backbone

if TYPE_CHECKING:
    import keras

FEATURES_CUT = "features"
"""The layer to cut at for a linear head on frozen features."""


@dataclass(frozen=True)
class Network:
    """A whole network and the pieces that training needs. All of them share their layers.

    Attributes:
        spec: the backbone.
        model: uint8 pixels (N, S, S, 3) to [probabilities (N, 2), features (N, F), evidence
            (N, h, w, 2)]; the mean of the evidence over its places is the logit.
        logits: the tensor before the sigmoids, where the loss is taken.
    """

    spec: BackboneSpec
    model: keras.Model
    logits: keras.KerasTensor

    def trunk(self, cut: str, known_head: tuple[np.ndarray, np.ndarray] | None) -> keras.Model:
        """Returns the part below a layer: uint8 pixels to [its activations, features (N, F)].

        Args:
            cut: the layer's name.
            known_head: the published classifier, whose logits (N, C) are then a third output.

        Raises:
            ConfigError: the network has no layer of that name.
        """
        import keras

        features = self._layer(FEATURES_CUT).output
        outputs = [self._layer(cut).output, features]
        if known_head is not None:
            known = keras.layers.Dense(len(known_head[1]), name="known")
            outputs.append(known(features))
            known.set_weights(known_head)
        return keras.Model(self.model.input, outputs, name="trunk")

    def top(self, cut: str) -> keras.Model:
        """Returns the part above a layer: its activations to [logits (N, 2), features (N, F)].

        Raises:
            ConfigError: the network has no layer of that name.
        """
        import keras

        outputs = [self.logits, self._layer(FEATURES_CUT).output]
        return keras.Model(self._layer(cut).output, outputs, name="top")

    def set_head(self, kernel: np.ndarray, bias: np.ndarray) -> None:
        """Sets the linear layer: float32 (F, 2) and (2,)."""
        self.model.get_layer("logits").set_weights([kernel, bias])

    def rescale_logits(self, scale: np.ndarray, offset: np.ndarray) -> None:
        """Replaces each question's logit z by scale * z + offset; both float (2,)."""
        kernel, bias = self.model.get_layer("logits").get_weights()
        self.set_head(kernel * scale, bias * scale + offset)

    def _layer(self, name: str) -> keras.Layer:
        names = [layer.name for layer in self.model.layers]
        if name not in names:
            raise ConfigError(
                f"Cannot cut '{self.spec.name}' at '{name}': expected the name of one of its "
                f"layers, received none of them. Cut, for one, at '{FEATURES_CUT}'."
            )
        return self.model.get_layer(name)


def build_network(spec: BackboneSpec, *, weights: bool = True) -> Network:
    """Builds a backbone and a fresh head that says 0.5 to everything.

    Args:
        spec: which backbone.
        weights: start from its published weights.

    Raises:
        MissingExtraError: Keras or the weights' package is not installed.
        WeightsError: the weights' file is not the published one, or cannot be fetched.
    """
    import keras
    from keras import layers

    backbone = build_backbone(spec, weights=weights)
    features = layers.GlobalAveragePooling2D(name=FEATURES_CUT)(backbone.output)
    head = layers.Dense(len(CLASSES), kernel_initializer="zeros", name="logits")
    logits = head(features)
    sigmoid = layers.Activation("sigmoid", name="sigmoid")(logits)
    probabilities = layers.Rescaling(
        1 - LABEL_ERROR_RATE, offset=LABEL_ERROR_RATE / 2, name="probabilities"
    )(sigmoid)
    # The same layer at every place: pooling and a linear layer may trade their order.
    evidence = head(backbone.output)
    model = keras.Model(backbone.input, [probabilities, features, evidence], name=spec.name)
    return Network(spec, model, logits)
