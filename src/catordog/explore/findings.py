"""What the checks found out about a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class Findings:
    """All that is known of a data set after one pass over its photos.

    Attributes:
        source: the data set's path, as the user named it.
        layout: which known layout it has, in words: `Kaggle`, `class folders`, ...
        table: the catalog; one row a photo, with the columns that `data.catalog` describes.
        problems: columns `id`, `check`, `detail` (all str); one row a photo and check.
        duplicates: columns `group` (int), `id`, `kind` (`exact` or `near`), `label`, `split`; the
            rows of a group stand together, the largest groups first.
        conflicts: the numbers of the groups whose labels contradict each other.
        leaks: columns `id`, `split`, `other_id`, `other_split`, `other_source` (empty if it is the
            same data set), `kind` (`exact` or `near`); one row a pair.
        suspects: columns `id`, `label`, `p_cat`, `p_dog` (0..1), `verdict`, `kind` (`label`,
            `neither` or `both`), `suspicion` (0..1), `reason`; the most suspicious first.
        features: float32, shape (N, 1280), in the order of `table`; rows of NaN where a photo
            cannot be decoded; None if no model was asked.
        thumbnails: JPEG, the longer side 96 pixels, in the order of `table`; empty where a photo
            cannot be decoded.
    """

    source: str
    layout: str
    table: pd.DataFrame
    problems: pd.DataFrame
    duplicates: pd.DataFrame
    conflicts: list[int]
    leaks: pd.DataFrame
    suspects: pd.DataFrame
    features: npt.NDArray[np.float32] | None
    thumbnails: list[bytes]
