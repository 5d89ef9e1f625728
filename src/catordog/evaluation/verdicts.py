"""Did photos get their verdict? One of four: cat, dog, both, neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catordog.evaluation.answering import Results
from catordog.evaluation.shares import Share
from catordog.labels import CLASSES, Label


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts on labelled photos.

    Attributes:
        right: of all photos, those whose verdict is their label.
        by_label: the same of the photos of each label there is.
        pets_right: of cats and dogs, those whose verdict is their label.
        pets_lost: of cats and dogs, those called neither: the price of saying neither at all.
        pets_called_both: of cats and dogs, those called both.
        confusion: how many photos have each pair of label and verdict; every verdict of each
            label there is.
    """

    right: Share
    by_label: Mapping[Label, Share]
    pets_right: Share
    pets_lost: Share
    pets_called_both: Share
    confusion: Mapping[tuple[Label, Label], int]

    def as_json(self) -> dict[str, Any]:
        """Returns fields for `metrics.json`."""
        pets = sum(share.of for label, share in self.by_label.items() if label in CLASSES)
        return {
            "photos": self.right.of,
            **self.right.as_json("right"),
            "pets": pets,
            **self.pets_right.as_json("pets_right"),
            **self.pets_lost.as_json("pets_lost"),
            **self.pets_called_both.as_json("pets_called_both"),
            "by_label": {
                label: {"photos": share.of, **share.as_json("right")}
                for label, share in self.by_label.items()
            },
            "confusion": [
                {"label": label, "verdict": said, "photos": count}
                for (label, said), count in self.confusion.items()
            ],
        }


def measure_verdicts(results: Results) -> Verdicts:
    """Counts verdicts.

    Args:
        results: of all labelled photos.
    """
    found = Counter(zip(results.labels, results.said, strict=True))
    labels = [label for label in Label if label in results.labels]
    by_label = {label: Share(found[label, label], results.labels.count(label)) for label in labels}
    pets = sum(share.of for label, share in by_label.items() if label in CLASSES)

    def of_pets(*pairs: tuple[Label, Label]) -> Share:
        return Share(sum(found[pair] for pair in pairs), pets)

    return Verdicts(
        right=Share(sum(share.count for share in by_label.values()), len(results.ids)),
        by_label=by_label,
        pets_right=of_pets(*((label, label) for label in CLASSES)),
        pets_lost=of_pets(*((label, Label.NEITHER) for label in CLASSES)),
        pets_called_both=of_pets(*((label, Label.BOTH) for label in CLASSES)),
        confusion={(label, said): found[label, said] for label in labels for said in Label},
    )
