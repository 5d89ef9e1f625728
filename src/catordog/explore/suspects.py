"""One list of the photos to look at, the most suspicious first, each with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catordog.data.catalog import Catalog
from catordog.explore.halves import read_halves
from catordog.explore.suspicion import (
    NEIGHBOURS,
    label_qualities,
    neighbour_distances,
    out_of_fold_probabilities,
)
from catordog.inference.bundle import Bundle
from catordog.labels import CLASSES

COLUMNS = ("id", "label", "p_cat", "p_dog", "verdict", "kind", "suspicion", "reason")

OUTLYING_SHARE = 0.01
"""This share of the photos, those least like any other, is listed: distance has no natural end."""

_SURE_PET, _SURE_ABSENT = 0.98, 0.02
"""With one animal surely there and the other surely not, the photo leaves no room for both."""
_MIN_HALF = 0.9
_CONTRADICTED = 0.5
"""Below this the out-of-fold reading says the other animal."""


def find_suspects(
    catalog: Catalog,
    model: Bundle,
    groups: np.ndarray | None = None,
    *,
    seed: int = 0,
    cache: Path | None = None,
) -> pd.DataFrame:
    """Ranks photos by how likely their label is wrong.

    First the labels that the out-of-fold reading contradicts, the surest contradiction first;
    then the photos least like any other, often neither animal or a drawing; then those whose
    halves read as one cat and one dog.

    Args:
        catalog: with features.
        model: that computed them.
        groups: int (N,), of copies, from `find_duplicate_groups`; None if there are none.
        seed: of the folds.
        cache: folder for results; None keeps nothing.

    Returns:
        Columns `COLUMNS`; `p_cat` and `p_dog` are the out-of-fold reading where there is one, which
        is between cat and dog and adds to 1, else the model's own two; `verdict` follows from them;
        `suspicion` is 1 less the share of photos that are more suspicious.
    """
    if catalog.features is None or catalog.probabilities is None:
        raise ValueError("The catalog has no features: load it with a model.")
    rows = np.flatnonzero(~np.isnan(catalog.probabilities[:, 0]))
    table = catalog.table.iloc[rows]
    p = catalog.probabilities[rows].astype(np.float64)
    quality = np.ones(len(rows))
    labelled = np.flatnonzero(table["label"].isin(CLASSES).to_numpy())
    classes = table["label"].iloc[labelled].map({str(c): i for i, c in enumerate(CLASSES)})
    codes = classes.to_numpy(np.int64)
    features = catalog.features[rows]
    own_groups = None if groups is None else groups[rows[labelled]]
    unseen = out_of_fold_probabilities(
        features[labelled], codes, own_groups, seed=seed, cache=cache
    )
    verdicts = np.array([model.metadata.thresholds.decide(*own) for own in p], dtype=object)
    if unseen is not None:
        p[labelled] = unseen
        verdicts[labelled] = [CLASSES[int(dog > cat)] for cat, dog in unseen]
        quality[labelled] = label_qualities(unseen, codes)
    distance = neighbour_distances(features, cache=cache)
    has_both = _find_both(catalog, rows, model, cache)
    frame = pd.DataFrame(
        {
            "id": table["id"].reset_index(drop=True),
            "label": table["label"].reset_index(drop=True),
            "p_cat": p[:, 0],
            "p_dog": p[:, 1],
            "verdict": list(map(str, verdicts)),
            "kind": np.select([has_both, quality < _CONTRADICTED], ["both", "label"], "neither"),
        }
    )
    frame = frame.iloc[_rank(quality, distance, has_both)].reset_index(drop=True)
    frame["suspicion"] = 1 - np.arange(len(frame)) / max(1, len(rows))
    frame["reason"] = [_reason(row) for row in frame.itertuples(index=False)]
    return frame[list(COLUMNS)]


def _rank(quality: np.ndarray, distance: np.ndarray, has_both: np.ndarray) -> np.ndarray:
    """Returns indices of the suspicious photos, the most suspicious first."""
    contradicted = quality < _CONTRADICTED
    outlying = np.zeros(len(distance), bool)
    if len(distance) > NEIGHBOURS:  # among fewer, none is unlike the others
        count = int(np.ceil(OUTLYING_SHARE * len(distance)))
        outlying[np.argsort(-distance, kind="stable")[:count]] = True
    tier = np.select([contradicted, outlying, has_both], [0, 1, 2], 3)
    order = np.lexsort((np.where(contradicted, quality, -distance), tier))
    return order[: int((tier < 3).sum())]


def _find_both(catalog: Catalog, rows: np.ndarray, model: Bundle, cache: Path | None) -> np.ndarray:
    """Returns bool (M,): which of some photos show a cat in one half and a dog in another."""
    if catalog.probabilities is None:
        return np.zeros(len(rows), bool)
    p = catalog.probabilities[rows]
    unsure = np.flatnonzero((p.max(axis=1) < _SURE_PET) | (p.min(axis=1) > _SURE_ABSENT))
    examples = [catalog.source.examples[row] for row in rows[unsure]]
    sha256s = catalog.table["sha256"].iloc[rows[unsure]].to_list()
    best = read_halves([example.photo for example in examples], sha256s, model, cache=cache)
    has_both = np.zeros(len(rows), bool)
    has_both[unsure[best.min(axis=1) >= _MIN_HALF]] = True
    return has_both


def _reason(row: Any) -> str:
    """Says in words why a row of the list is in it."""
    label, kind = row.label, row.kind
    p_cat, p_dog = row.p_cat, row.p_dog
    shown, p = ("cat", p_cat) if p_cat > p_dog else ("dog", p_dog)
    reading = f"but judged by the other photos a {shown} (p_{shown} {p:.3f})"
    if kind == "both":
        return "one half of the photo reads cat, another dog: both?"
    if kind == "label":
        return f"labelled {label}, {reading}"
    return "unlike all other photos: neither, a drawing, or a rare view?"
