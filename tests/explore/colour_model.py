"""A model that reads colours: what is warm is a cat, what is cool is a dog."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from catordog.images.preprocess import PreprocessSpec
from catordog.inference.verdict import Thresholds

SIZE_PX = 32


@dataclass
class ColourModel:
    """Stands in for a `Bundle`; counts the photos it was asked about.

    Attributes:
        sure_from: how much warmer or cooler than grey a picture must be for p 0.99, in levels.
        seen: how many photos it has answered.
    """

    sure_from: float = 5.0
    seen: int = 0
    sha256: str = "c0105" * 12 + "c010"
    metadata: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            preprocess=PreprocessSpec(SIZE_PX), thresholds=Thresholds(pet=0.6, both=0.5)
        )
    )

    def predict_proba(self, pixels: np.ndarray) -> np.ndarray:
        self.seen += len(pixels)
        mean = pixels.astype(np.float64).mean(axis=(1, 2))
        p_cat = 1 / (1 + np.exp(-(mean[:, 0] - mean[:, 2]) / self.sure_from * np.log(99)))
        return np.stack([p_cat, 1 - p_cat], axis=1).astype(np.float32)

    def predict_with_features(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = np.zeros((len(pixels), 1280), np.float32)
        coarse = pixels.reshape(-1, 8, SIZE_PX // 8, 8, SIZE_PX // 8, 3).mean(axis=(2, 4)) / 255
        features[:, : coarse[0].size] = coarse.reshape(len(pixels), -1)
        return self.predict_proba(pixels), features
