"""Finds pairs of photos that show the same picture: re-encoded, resized, mirrored or cropped.

Three steps, each on fewer pairs. Coarse colours pick each photo's nearest few. A grid of crops of
the one is laid over the whole of the other. What matches well is aligned to a fraction of a
pixel. Whole pictures are compared, not hashes of them: a crop of a tenth changes 14 of the 64 bits
of a perceptual hash (median), as many as two different photos may share (see EXPERIMENTS.md).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from catordog.data.fingerprints import TINY_PX, to_luma

MIN_SIMILARITY = 0.975
"""Correlation from which two aligned pictures are one. In 10,596 photos with 600 planted copies
every copy had 0.988 or more, and no two different photos more than 0.966."""

_NEIGHBOURS = 16
_MOST_COPIES = 64
_COARSE_PX = 8
_MIN_COARSE = 0.5  # of 1,000 planted crops of a tenth this loses none, and 0.7 loses 7
_SURE_COARSE = 0.99
_MIN_GRID = 0.88  # planted crops at odd places: 0.91 and more
_BLOCK = 512
_GRID_PX = 16
_FINE_PX = 24
_FLAT_LEVELS = 4.0
"""Pictures with less contrast than this, in grey levels, look alike without being so."""
_MIN_STRUCTURE = 0.1
"""So do walls, skies and blank pages with a spot: pictures of which less than this share is more
than _FLAT_LEVELS off an even grey or slope. The barest of 10,596 photos has 0.2."""

_GRID = (
    (0, 1),
    (0, 0.95),
    (0.05, 1),
    (0.05, 0.95),
    (0, 0.9),
    (0.1, 1),
    (0.1, 0.9),
    (0, 0.8),
    (0.2, 1),
)
"""Parts of a side that a crop may have kept."""

_MIN_PART = 0.7
_STEPS = (0.04, 0.02, 0.01, 0.005)
_MOVES = ((0,), (1,), (2,), (3,), (0, 1), (2, 3))


def find_near_duplicates(tiny: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the pairs of pictures that are one.

    Args:
        tiny: uint8 RGB, shape (N, TINY_PX, TINY_PX, 3), photos squashed to a square.

    Returns:
        int64 (P, 2), indices a < b of each pair; float32 (P,), their correlation when aligned,
        MIN_SIMILARITY to 1.
    """
    if len(tiny) < 2:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    pairs = _candidates(tiny)
    luma = to_luma(tiny)
    has_structure = _structure(luma) >= _MIN_STRUCTURE
    pairs = pairs[has_structure[pairs[:, :2]].all(axis=1)]
    similarity = _grid_similarity(luma, pairs)
    promising = similarity >= _MIN_GRID
    pairs, similarity = pairs[promising], similarity[promising]
    unsure = similarity < MIN_SIMILARITY
    if unsure.any():
        left, right = luma[pairs[unsure, 0]], luma[pairs[unsure, 1]]
        left = np.where(pairs[unsure, 2, None, None] == 1, left[:, :, ::-1], left)
        similarity[unsure] = np.maximum(_align(left, right), _align(right, left))
    kept = similarity >= MIN_SIMILARITY
    found, which = np.unique(pairs[kept, :2], axis=0, return_inverse=True)
    best = np.zeros(len(found), np.float32)
    np.maximum.at(best, which, similarity[kept])
    return found, best


def _candidates(tiny: np.ndarray) -> np.ndarray:
    """Returns int64 (P, 3): pairs a < b of alike colours, and whether a is to be mirrored."""
    count, ratio = len(tiny), TINY_PX // _COARSE_PX
    shape = (count, _COARSE_PX, ratio, _COARSE_PX, ratio, 3)
    coarse = tiny.reshape(shape).mean((2, 4), dtype=np.float32)
    plain = _unit(coarse.reshape(count, -1))
    mirrored = _unit(coarse[:, :, ::-1].reshape(count, -1))
    found = []
    for start in range(0, count, _BLOCK):
        for view, is_mirrored in ((plain, 0), (mirrored, 1)):
            similarity = view[start : start + _BLOCK] @ plain.T
            rows = np.arange(len(similarity))
            similarity[rows, rows + start] = -1  # itself
            for row, column in _nearest(similarity):
                pair = np.stack([row + start, column, np.full_like(row, is_mirrored)], axis=1)
                pair[:, :2].sort(axis=1)
                found.append(pair)
    return np.unique(np.concatenate(found), axis=0)


def _structure(luma: np.ndarray) -> np.ndarray:
    """Returns (N,): the share of each picture off an even grey, or off an even slope if less."""
    down, across = np.mgrid[:TINY_PX, :TINY_PX].reshape(2, -1)
    slopes = np.linalg.qr(np.stack([np.ones(TINY_PX**2), down, across], axis=1))[0]
    shares = [np.empty(0)]
    for start in range(0, len(luma), _BLOCK):
        flat = luma[start : start + _BLOCK].reshape(-1, TINY_PX**2)
        rests = (flat - np.median(flat, axis=1, keepdims=True), flat - flat @ slopes @ slopes.T)
        off = [(np.abs(rest) > _FLAT_LEVELS).mean(axis=1) for rest in rests]
        shares.append(np.minimum(*off))
    return np.concatenate(shares)


def _nearest(similarity: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields rows and columns of each row's nearest few, and of what is all but equal."""
    width = similarity.shape[1]
    few = min(_NEIGHBOURS, width)
    columns = np.argpartition(similarity, width - few, axis=1)[:, width - few :]
    row, rank = np.nonzero(np.take_along_axis(similarity, columns, 1) >= _MIN_COARSE)
    yield row, columns[row, rank]
    row, column = np.nonzero(similarity >= _SURE_COARSE)
    nth = np.arange(len(row)) - np.searchsorted(row, row)  # of its row's
    yield row[nth < _MOST_COPIES], column[nth < _MOST_COPIES]


def _grid_similarity(luma: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Returns float32 (P,): how well the best crop of one fits the whole of the other."""
    count, cells = len(luma), len(_GRID)
    crop = np.concatenate(
        [_resampler(np.array([low]), np.array([high]), _GRID_PX)[0] for low, high in _GRID]
    )
    whole = crop[:_GRID_PX]
    squares = whole @ luma @ whole.T
    plain = _unit(squares.reshape(count, -1))
    mirrored = _unit(squares[:, :, ::-1].reshape(count, -1))
    both_ways = np.concatenate([pairs, pairs[:, [1, 0, 2]]])
    order = np.argsort(both_ways[:, 0], kind="stable")
    cropped, against, flip = both_ways[order].T
    best = np.zeros(len(order), np.float32)
    bounds = np.searchsorted(cropped, np.arange(count + 1))
    for photo in np.unique(cropped):
        mine = slice(bounds[photo], bounds[photo + 1])
        crops = (crop @ luma[photo] @ crop.T).reshape(cells, _GRID_PX, cells, _GRID_PX)
        crops = _unit(crops.transpose(0, 2, 1, 3).reshape(cells**2, -1))
        other = np.where(flip[mine, None] == 1, mirrored[against[mine]], plain[against[mine]])
        best[mine] = (other @ crops.T).max(axis=1)
    unsorted = np.empty_like(best)
    unsorted[order] = best
    return np.maximum(unsorted[: len(pairs)], unsorted[len(pairs) :])


def _align(cropped: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Returns float32 (P,): correlation of the best-fitting crop of each with the whole other.

    A pattern search over the four edges of the crop, from a few starts, in ever smaller steps.
    """
    count = len(cropped)
    full = _resampler(np.zeros(1), np.ones(1), _FINE_PX)
    target = _unit((full @ whole @ full.transpose(0, 2, 1)).reshape(count, -1))

    def fit(edges: np.ndarray) -> np.ndarray:
        down = _resampler(edges[:, 0], edges[:, 1], _FINE_PX)
        across = _resampler(edges[:, 2], edges[:, 3], _FINE_PX)
        crops = down @ cropped @ across.transpose(0, 2, 1)
        correlation: np.ndarray = np.einsum("nd,nd->n", _unit(crops.reshape(count, -1)), target)
        return correlation

    best, edges = np.full(count, -1.0, np.float32), np.zeros((count, 4))

    def consider(tried: np.ndarray) -> None:
        correlation = fit(tried)
        better = correlation > best
        better &= (tried[:, [1, 3]] - tried[:, [0, 2]]).min(axis=1) >= _MIN_PART
        best[better], edges[better] = correlation[better], tried[better]

    starts = ((0, 1), (0, 0.9), (0.1, 1), (0.05, 0.95))
    for start in [(*rows, *columns) for rows in starts for columns in starts]:
        consider(np.tile(np.array(start, np.float64), (count, 1)))
    for step in _STEPS:
        for move in _MOVES:
            for sign in (1, -1):
                tried = edges.copy()
                tried[:, list(move)] += sign * step
                consider(np.clip(tried, 0, 1))
    return best


def _resampler(low: np.ndarray, high: np.ndarray, size: int) -> np.ndarray:
    """Returns float32 (P, size, TINY_PX): averages the part low..high of a side to `size` cells."""
    edges = (low[:, None] + (high - low)[:, None] * np.linspace(0, 1, size + 1)) * TINY_PX
    pixel = np.arange(TINY_PX)
    covered = np.minimum(edges[:, 1:, None], pixel + 1) - np.maximum(edges[:, :-1, None], pixel)
    weights = np.clip(covered, 0, None)
    shares: np.ndarray = (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)
    return shares


def _unit(flat: np.ndarray) -> np.ndarray:
    """Returns rows less their mean, of length 1; shorter where there is almost no contrast."""
    centred = flat - flat.mean(axis=1, keepdims=True)
    least = _FLAT_LEVELS * np.sqrt(flat.shape[1])
    unit: np.ndarray = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), least)
    return unit
