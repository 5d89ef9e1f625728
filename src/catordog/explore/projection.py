"""From 1,280 features a photo to two that can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FIT_ON = 5000
"""Photos that the two directions are found on: more move them by less than a dot."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Where each photo lies along the two directions in which photos differ most.

    Attributes:
        points: float64, shape (N, 2); rows of NaN for photos without features.
        explained: the share of all variance that lies along the two, 0..1.
    """

    points: npt.NDArray[np.float64]
    explained: float


def project_features(
    features: npt.NDArray[np.float32] | None, *, seed: int = 0
) -> Projection | None:
    """Finds the two principal components of the features.

    Args:
        features: float32, shape (N, D), rows of NaN where there are none; or None.
        seed: of the draw, where there are more than 5,000 photos, and of the solver.

    Returns:
        The projection; None if fewer than 3 photos have features, or they are all the same.
    """
    from sklearn.decomposition import PCA

    if features is None or features.ndim != 2 or features.shape[1] < 2:
        return None
    known = np.flatnonzero(np.isfinite(features).all(axis=1))
    drawn = known
    if known.size > _FIT_ON:
        drawn = np.sort(np.random.default_rng(seed).choice(known, _FIT_ON, replace=False))
    if known.size < 3 or not np.ptp(features[drawn], axis=0).any():
        return None
    components = PCA(2, random_state=seed).fit(features[drawn].astype(np.float64))
    points = np.full((len(features), 2), np.nan)
    points[known] = components.transform(features[known])
    return Projection(points, float(components.explained_variance_ratio_.sum()))


def share_on_own_side(
    points: npt.NDArray[np.float64], labels: Sequence[str], classes: Sequence[str]
) -> float:
    """Says how well the map alone tells the classes apart.

    Args:
        points: shape (N, 2); rows of NaN do not count.
        labels: one a photo.
        classes: two of the labels, each on at least one point.

    Returns:
        The share of their photos, 0..1, that lie nearer to the centre of their own class.
    """
    known = np.isfinite(points).all(axis=1)
    names = np.array(labels, dtype=object)
    distances, own = [], np.zeros(len(points), dtype=np.int64)
    for place, name in enumerate(classes):
        members = known & (names == name)
        own[members] = place
        distances.append(np.linalg.norm(points - points[members].mean(axis=0), axis=1))
    counted = known & np.isin(names, list(classes))
    return float((np.argmin(distances, axis=0) == own)[counted].mean())
