"""Which labels are likely wrong, and which photos show neither animal: ranked by features.

Two readings of the model's features. Out-of-fold predictions: a linear model that never saw the
photo says what it shows, and cleanlab ranks how badly its label fits. Distance to neighbours:
what is far from every other photo is likely no pet at all, whatever the label.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from catordog.data.kept_results import keep

FOLDS = 5
NEIGHBOURS = 10

_REGULARIZATION = 0.003  # scikit-learn's C: best of a few in 5-fold validation on these features
_MAX_STEPS = 200
_BLOCK = 1024
_MIN_PER_CLASS = 2 * FOLDS


def out_of_fold_probabilities(
    features: np.ndarray,
    classes: np.ndarray,
    groups: np.ndarray | None = None,
    *,
    seed: int = 0,
    cache: Path | None = None,
) -> np.ndarray | None:
    """Reads each photo by a model that was fitted without it, and without its copies.

    Args:
        features: float32 (N, 1280).
        classes: int (N,), index of each label in `labels.CLASSES`.
        groups: int (N,), from `find_duplicate_groups`: a wrong label that was copied with its photo
            must not vouch for itself. None if no two photos are copies.
        seed: of the folds.
        cache: folder for the result; None keeps nothing.

    Returns:
        float64 (N, 2), p_cat and p_dog; None if a class has too few photos for the folds.
    """
    if groups is None:
        groups = np.arange(len(classes))
    first, group_of = np.unique(groups, return_index=True, return_inverse=True)[1:]
    if min(np.bincount(classes[first], minlength=2)) < _MIN_PER_CLASS:
        return None

    def compute() -> dict[str, np.ndarray]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import PredefinedSplit, StratifiedKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        head = LogisticRegression(C=_REGULARIZATION, max_iter=_MAX_STEPS)
        fold_of = np.empty(len(first), np.int64)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for fold, (_, held_out) in enumerate(folds.split(first, classes[first])):
            fold_of[held_out] = fold
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough ranks as well
            p = cross_val_predict(
                make_pipeline(StandardScaler(), head),
                features,
                classes,
                cv=PredefinedSplit(fold_of[group_of]),
                method="predict_proba",
            )
        return {"p": p.astype(np.float64)}

    inputs = [features, classes, groups, np.array(seed)]
    return keep(cache, "out-of-fold", inputs, compute)["p"]


def label_qualities(probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Scores how well each label fits, by cleanlab's self-confidence.

    Args:
        probabilities: float (N, 2), out of fold.
        classes: int (N,), index of each label.

    Returns:
        float64 (N,), 0 (surely wrong) to 1.
    """
    from cleanlab.rank import get_label_quality_scores

    scores: np.ndarray = get_label_quality_scores(classes, probabilities, method="self_confidence")
    return scores


def neighbour_distances(features: np.ndarray, *, cache: Path | None = None) -> np.ndarray:
    """Measures how far each photo is from those most like it.

    Args:
        features: float32 (N, 1280).
        cache: folder for the result; None keeps nothing.

    Returns:
        float32 (N,), mean cosine distance to the nearest `NEIGHBOURS` other photos, 0 to 1.
    """
    count = len(features)
    nearest = min(NEIGHBOURS, count - 1)
    if nearest < 1:
        return np.zeros(count, np.float32)

    def compute() -> dict[str, np.ndarray]:
        norms = np.linalg.norm(features, axis=1, keepdims=True)
        unit = features / np.maximum(norms, np.finfo(np.float32).tiny)
        distances = np.empty(count, np.float32)
        for start in range(0, count, _BLOCK):
            similarity = unit[start : start + _BLOCK] @ unit.T
            rows = np.arange(len(similarity))
            similarity[rows, rows + start] = -1  # itself
            best = np.partition(similarity, count - nearest, axis=1)[:, count - nearest :]
            distances[start : start + _BLOCK] = 1 - best.mean(axis=1)
        return {"distances": distances}

    return keep(cache, "neighbour-distances", [features], compute)["distances"]
