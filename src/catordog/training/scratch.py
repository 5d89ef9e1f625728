"""A small convolutional network from nothing: for learning how one is built, not for answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_FILTERS = (32, 64, 128, 256)


def build_scratch(size_px: int, features: int) -> keras.Model:
    """Builds four halvings of a photo, each a convolution, a normalization and a ReLU.

    Args:
        size_px: side of the square input.
        features: channels of the last map.

    Returns:
        A Keras model from (N, size_px, size_px, 3) uint8 pixels to (N, h, w, features) float32.
    """
    import keras
    from keras import layers

    pixels = keras.Input((size_px, size_px, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(pixels)
    for number, filters in enumerate(_FILTERS):
        for step, stride in (("a", 1), ("b", 2)):
            name = f"conv{number}{step}"
            x = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False, name=name)(x)
            x = layers.BatchNormalization(name=f"{name}_norm")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Conv2D(features, 1, name="last")(x)
    return keras.Model(pixels, layers.ReLU(name="activation_map")(x), name="scratch")
