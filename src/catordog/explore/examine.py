"""Runs every check over a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.duplicates import find_duplicate_groups
from catordog.data.sources import open_source
from catordog.explore.checks import CheckLimits, check_photos
from catordog.explore.copies import list_conflicts, list_duplicates, list_leaks
from catordog.explore.findings import Findings
from catordog.explore.suspects import COLUMNS, find_suspects
from catordog.inference.bundle import SHIPPED_MODELS, load_bundle
from catordog.progress import Screen, SilentScreen


def examine(
    data: str,
    *,
    against: str | None = None,
    model: str | Path | None = SHIPPED_MODELS[0],
    limits: CheckLimits = CheckLimits(),
    seed: int = 0,
    cache: Path | None = CACHE,
    screen: Screen | None = None,
) -> Findings:
    """Looks at a data set and says what is wrong with it.

    Args:
        data: path of a data set, in any layout that `open_source` knows.
        against: path of another one, to find the photos that are in both.
        model: whose features tell suspicious labels; None goes without, several times as fast.
        limits: from where on a photo is worth a look.
        seed: of the folds for label issues.
        cache: folder for what was found out; None keeps nothing.
        screen: is told of the progress.

    Raises:
        ConfigError: there is nothing by that name.
        DatasetError: there are no photos, or an archive is damaged.
    """
    screen = screen or SilentScreen()
    bundle = None if model is None else load_bundle(model)
    # Both are opened before minutes go into the photos of the first.
    source, *others = [open_source(path) for path in (data, against) if path is not None]
    catalog = load_catalog(source, model=bundle, cache=cache, screen=screen)
    catalogs = [catalog, *(load_catalog(other, cache=cache, screen=screen) for other in others)]
    screen.say("comparing photos")
    groups = find_duplicate_groups(catalogs, cache=cache)
    count = len(catalog.table)
    duplicates = list_duplicates(catalog.table, groups[:count])
    suspects = pd.DataFrame(columns=list(COLUMNS))
    if bundle is not None and catalog.decodable.any():
        screen.say("weighing labels")
        suspects = find_suspects(catalog, bundle, groups[:count], seed=seed, cache=cache)
    return Findings(
        source=data,
        layout=catalog.source.layout,
        table=catalog.table,
        problems=check_photos(catalog.table, limits),
        duplicates=duplicates,
        conflicts=list_conflicts(duplicates),
        leaks=_leaks(catalogs, groups),
        suspects=suspects,
        features=catalog.features,
        thumbnails=catalog.thumbnails,
    )


def _leaks(catalogs: list[Catalog], groups: np.ndarray) -> pd.DataFrame:
    first, *others = catalogs
    count = len(first.table)
    if not others:
        return list_leaks(first.table, groups)
    other = others[0]
    return list_leaks(first.table, groups[:count], other.table, groups[count:], other.source.path)
