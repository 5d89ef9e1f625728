"""Networks of keras.applications as backbones: their weights are downloaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catordog.errors import WeightsError

if TYPE_CHECKING:
    import keras

APPLICATIONS = {
    "ConvNeXtTiny": (224, None),
    "DenseNet121": (224, "torch"),
    "EfficientNetB0": (224, None),
    "EfficientNetV2B0": (224, None),
    "InceptionV3": (299, "tf"),
    "MobileNetV2": (224, "tf"),
    "MobileNetV3Large": (224, None),
    "MobileNetV3Small": (224, None),
    "ResNet50V2": (224, "tf"),
    "Xception": (299, "tf"),
}
"""Side of the input in pixels, and how values are scaled: inside the network (None), to [-1, 1]
("tf"), or to ImageNet's mean and deviation ("torch"), as each was published."""

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


def build_application(name: str, *, weights: bool) -> keras.Model:
    """Builds a published network from uint8 pixels to its last activation map.

    Args:
        name: one of `APPLICATIONS`.
        weights: load ImageNet weights, which Keras downloads once and checks.

    Returns:
        A Keras model from (N, S, S, 3) uint8 pixels to (N, h, w, F) float32.

    Raises:
        WeightsError: the weights are not here and cannot be downloaded.
    """
    import keras
    from keras import layers

    size_px, scaling = APPLICATIONS[name]
    build = getattr(keras.applications, name)
    options = {"include_top": False, "input_shape": (size_px, size_px, 3)}
    try:
        body = build(weights="imagenet" if weights else None, **options)
    except Exception as exc:  # Keras wraps what urllib raises in a bare Exception
        raise WeightsError(
            f"Cannot fetch the weights of '{name}': expected a connection to Keras's storage, or "
            f"an earlier download in ~/.keras/models, received: {str(exc)[:80]}. Connect once, "
            "or train lite0, lite2 or scratch, which need no download."
        ) from exc
    body.trainable = False
    pixels = keras.Input((size_px, size_px, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1.0, name="scale")(pixels)
    if scaling == "tf":
        x = layers.Rescaling(1 / 127.5, offset=-1, name="centre")(x)
    elif scaling == "torch":
        scale = [1 / (255 * d) for d in _DEVIATION]
        offset = [-m / d for m, d in zip(_MEAN, _DEVIATION, strict=True)]
        x = layers.Rescaling(scale, offset=offset, name="centre")(x)
    return keras.Model(pixels, body(x), name=name.lower())
