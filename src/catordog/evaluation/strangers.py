"""Photos of something else, or of both animals: what does the model make of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.data.labelled import LabelledPhoto
from catordog.evaluation.answering import Answers, Results, line_up
from catordog.evaluation.bootstrap import RESAMPLES, Estimate, draw_counts, percentile_interval
from catordog.evaluation.shares import Share
from catordog.labels import Label

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strangers:
    """Photos labelled both or neither, from one folder or from all.

    Attributes:
        group: the folder, as `name_group` gives it; empty for none, and for all together.
        label: `both` or `neither`.
        is_total: all groups of this label together.
        photos: how many were answered.
        failed: how many could not be.
        right: of the answered, those called by their label.
        said: how many got each of the four verdicts.
        median_p_pet: median of max(p_cat, p_dog).
        auroc: for neither, how often a photo of a cat or a dog has a higher max(p_cat, p_dog)
            than one of these; for both, how often one of these has a higher min(p_cat, p_dog)
            than a photo of a cat or a dog. 0.5 is no better than chance, NaN without photos.
    """

    group: str
    label: Label
    is_total: bool
    photos: int
    failed: int
    right: Share
    said: Mapping[Label, int]
    median_p_pet: float
    auroc: Estimate

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        return {
            "group": self.group,
            "label": self.label,
            "is_total": self.is_total,
            "photos": self.photos,
            "failed": self.failed,
            **self.right.as_json("right"),
            "verdicts": dict(self.said),
            "median_p_pet": self.median_p_pet,
            **self.auroc.as_json("auroc"),
        }


def name_group(photo_id: str, label: Label, *, within: str = "") -> str:
    """Names the group of a photo: its first folder, with what is around it.

    Folders that only repeat the label are gone through to the one below.

    Args:
        photo_id: folders and name, with `/` between them.
        label: of the photo.
        within: the first folder, where all photos have it because they were named by it.

    Example:
        >>> name_group("neither/fox/a.jpg", Label.NEITHER)
        'neither/fox'
        >>> name_group("cups/b/a.jpg", Label.NEITHER)
        'cups'
        >>> name_group("odd/cups/a.jpg", Label.NEITHER, within="odd")
        'odd/cups'
    """
    folders = photo_id.split("/")[:-1]
    through = {str(label), within}
    depth = next((at for at, folder in enumerate(folders) if folder not in through), len(folders))
    return "/".join(folders[: depth + 1])


def measure_strangers(
    photos: Sequence[LabelledPhoto],
    answers: Answers,
    pets: Results,
    groups: Mapping[str, str],
    *,
    seed: int = 0,
) -> list[Strangers]:
    """Measures photos of each label and group: the largest group first, then all together.

    Args:
        photos: labelled both or neither.
        answers: to these photos at least.
        pets: photos of cats and dogs, to compare with.
        groups: of each photo, by its id.
        seed: of the bootstrap.
    """
    found: list[Strangers] = []
    for label in (Label.NEITHER, Label.BOTH):
        of_label = [photo for photo in photos if photo.label is label]
        members: dict[str, list[LabelledPhoto]] = {}
        for photo in of_label:
            members.setdefault(groups[photo.example.id], []).append(photo)
        order = sorted(members, key=lambda group: (-len(members[group]), group))
        rows = [(group, False, line_up(members[group], answers)) for group in order]
        if len(rows) > 1:
            rows.append(("", True, line_up(of_label, answers)))
        aurocs = _tell_apart(label, pets, [results for *_, results in rows], seed)
        found += [
            _count(group, label, is_total, results, auroc)
            for (group, is_total, results), auroc in zip(rows, aurocs, strict=True)
        ]
    return found


def _count(
    group: str, label: Label, is_total: bool, results: Results, auroc: Estimate
) -> Strangers:
    photos = len(results.ids)
    return Strangers(
        group,
        label,
        is_total,
        photos,
        failed=len(results.failed),
        right=Share(int(results.is_verdict_right.sum()), photos),
        said={verdict: results.said.count(verdict) for verdict in Label},
        median_p_pet=float(np.median(results.p_pet)) if photos else float("nan"),
        auroc=auroc,
    )


def _tell_apart(
    label: Label, pets: Results, groups: Sequence[Results], seed: int
) -> list[Estimate]:
    """Returns how well each group is told from single pets."""
    if label is Label.NEITHER:
        return estimate_shares_below(pets.p_pet, [group.p_pet for group in groups], seed=seed)
    # What speaks for both is the smaller probability; low on a single pet is right.
    lowest = -pets.probabilities.min(axis=1) if pets.ids else np.zeros(0)
    others = [-group.probabilities.min(axis=1) if group.ids else np.zeros(0) for group in groups]
    return estimate_shares_below(lowest, others, seed=seed)


def estimate_shares_below(
    reference: Floats, groups: Sequence[Floats], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Estimate]:
    """Returns how often a value of each group lies below one of the reference; ties count half.

    That is the AUROC. Both sides are drawn anew in each resample of the bootstrap; the draws of
    the reference serve all groups.

    Args:
        reference: (N,).
        groups: each (M,); NaN comes of one that is empty, or of an empty reference.
        resamples: how many draws.
        seed: of the draws.
    """
    unknown = Estimate(float("nan"), float("nan"), float("nan"))
    if not reference.size:
        return [unknown for _ in groups]
    order = np.sort(reference)
    ends = [(order.searchsorted(v, "left"), order.searchsorted(v, "right")) for v in groups]

    def share_above(counts: Floats) -> list[Floats]:
        """Returns, for each group, (R, M): share of the reference above each value."""
        below = np.concatenate([np.zeros((len(counts), 1)), counts.cumsum(axis=1)], axis=1)
        whole = 2 * below[:, -1:]
        return [1 - (below[:, left] + below[:, right]) / whole for left, right in ends]

    points = [
        share.mean() if share.size else np.nan for share in share_above(np.ones((1, len(order))))
    ]
    drawn: list[list[Floats]] = [[] for _ in groups]
    random = np.random.default_rng(seed)
    for counts in draw_counts(len(order), resamples=resamples, seed=seed):
        for values, shares in zip(drawn, share_above(counts), strict=True):
            if shares.size:
                picked = random.integers(0, shares.shape[1], shares.shape)
                values.append(np.take_along_axis(shares, picked, axis=1).mean(axis=1))
    return [
        Estimate(float(point), *percentile_interval(np.concatenate(values))) if values else unknown
        for point, values in zip(points, drawn, strict=True)
    ]
