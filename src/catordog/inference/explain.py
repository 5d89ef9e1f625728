"""Shows which places of a photo an answer rests on: the model's own evidence, drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from catordog.errors import ConfigError
from catordog.images.thumbnails import shrink
from catordog.labels import CLASSES, Label
from catordog.records import Prediction

SHOWN_PX = 1024
"""The longest side of a photo that is drawn over, in pixels."""

_MIN_SIDE_PX = 320
"""A smaller photo is enlarged, else its legend would not fit."""

_COLOURS = np.array([[40, 11, 84], [120, 28, 109], [203, 65, 73], [246, 139, 29], [252, 225, 100]])
"""From no evidence to the most: hue and lightness both rise, so that colour-blind people, and
printers without colour, see the same order."""

_MAX_OPACITY = 0.72
_GREY_SHARE = 0.6
"""How much of the photo's own colour is taken away below the map, lest it be taken for heat."""

_LEAST_SCALE = 1.0
"""Evidence in logits that is drawn as hot at least: less is noise, and is not to glow."""

_INK, _PAPER = (32, 38, 40), (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer and what it rests on.

    Attributes:
        prediction: what `Classifier.predict` says, after a second look if there was one.
        evidence: float32 (h, w, 2): how much each place of the photo, top row first, argues for a
            cat and for a dog at the first look, in logits; the mean over places is the logit of
            the whole photo.
        picture: uint8 RGB (H, W, 3), the photo to draw over, no side above `SHOWN_PX`.
    """

    prediction: Prediction
    evidence: np.ndarray = field(repr=False)
    picture: np.ndarray = field(repr=False)

    def overlay(self, label: Label) -> np.ndarray:
        """Draws the evidence for one animal over the photo, with a legend below.

        Where nothing argues for it the photo is as it was, but for its colours.

        Args:
            label: cat or dog.

        Returns:
            uint8 RGB, shape (H + legend, W, 3).

        Raises:
            ConfigError: `label` is neither of the two.
        """
        if label not in CLASSES:
            raise ConfigError(
                f"Cannot draw the evidence for {label}: expected cat or dog, received another. "
                "Draw one of these."
            )
        own = self.evidence[:, :, CLASSES.index(label)]
        scale = max(float(own.max()), _LEAST_SCALE)
        height, width = self.picture.shape[:2]
        spread = Image.fromarray(own.astype(np.float32)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        heat = np.clip(np.asarray(spread) / scale, 0, 1)
        below = self.picture.astype(np.float32)
        grey = below.mean(axis=2, keepdims=True)
        below += _GREY_SHARE * (grey - below)
        opacity = (_MAX_OPACITY * np.sqrt(heat))[:, :, None]
        drawn = (below * (1 - opacity) + _colour(heat) * opacity).round().astype(np.uint8)
        legend = _draw_legend(width, label, scale, is_any=bool(own.max() > 0))
        return np.concatenate([drawn, legend])

    def draw(self) -> np.ndarray:
        """Draws what the verdict rests on: one map, or both where it is both or neither.

        Returns:
            uint8 RGB, (H, W, 3); two maps stand side by side.
        """
        label = self.prediction.label
        labels = (label,) if label in CLASSES else CLASSES
        return np.concatenate([self.overlay(each) for each in labels], axis=1)


def shrink_picture(pixels: np.ndarray) -> np.ndarray:
    """Scales a photo to a size to draw over: uint8 RGB (H, W, 3) in and out."""
    image = shrink(Image.fromarray(pixels), SHOWN_PX)
    longest = max(image.size)
    if longest < _MIN_SIDE_PX:
        width, height = (max(1, round(side * _MIN_SIDE_PX / longest)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _colour(heat: np.ndarray) -> np.ndarray:
    """Colours values: float (...) in [0, 1] to float (..., 3) in [0, 255]."""
    stops = np.linspace(0, 1, len(_COLOURS))
    return np.stack([np.interp(heat, stops, channel) for channel in _COLOURS.T], axis=-1)


def _draw_legend(width: int, label: Label, scale: float, *, is_any: bool) -> np.ndarray:
    """Draws a strip that says what is hot, uint8 RGB (h, width, 3)."""
    size_px = max(11, min(20, width // 24))
    strip = Image.new("RGB", (width, 3 * size_px + 8), _PAPER)
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(size_px)
    if not is_any:
        draw.text((6, size_px), f"no place argues for a {label}", _INK, font)
        return np.asarray(strip)
    draw.text((6, 2), f"what argues for a {label}", _INK, font)
    top, most = size_px + 8, f"+{scale:.1f}"
    left, right = 6 + 1.2 * size_px, width - 12 - draw.textlength(most, font)
    draw.text((6, top), "0", _INK, font)
    draw.text((right + 6, top), most, _INK, font)
    across = int(right - left)
    if across > 0:
        bar = _colour(np.linspace(0, 1, across))[None].repeat(size_px, axis=0)
        strip.paste(Image.fromarray(bar.round().astype(np.uint8)), (int(left), top + 2))
    return np.asarray(strip)
