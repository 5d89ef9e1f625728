"""Photos of something else than one cat or dog: what a model must learn to call neither or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import numpy as np

from catordog.cache_folder import CACHE
from catordog.data.catalog import load_catalog
from catordog.data.photos import Photo
from catordog.data.sources.names import label_of_word
from catordog.data.split import Part
from catordog.errors import ConfigError
from catordog.labels import CLASSES, Label
from catordog.progress import Screen


@dataclass(frozen=True, slots=True)
class Stranger:
    """A photo that shows neither animal, or both.

    Attributes:
        id: its name within the data set.
        photo: where it is.
        label: `neither` or `both`.
        group: the folder it lies in: what kind of photo it is.
        sha256: hex digest of its bytes.
    """

    id: str
    photo: Photo
    label: Label
    group: str
    sha256: str


def label_unnamed(path: str) -> Label:
    """Returns what strangers show whose folders within say nothing: what the folder named says.

    Example:
        >>> str(label_unnamed("photos/both")), str(label_unnamed("photos/sofas.zip"))
        ('both', 'neither')
    """
    own = label_of_word(PurePath(path).stem)
    return own if own in (Label.BOTH, Label.NEITHER) else Label.NEITHER


def load_strangers(data: str, screen: Screen, *, cache: Path | None = CACHE) -> list[Stranger]:
    """Lists the readable photos of a folder of strangers, in the order of their digests.

    Below a folder named `both` they show both animals, elsewhere what `label_unnamed` says; what
    names call a cat or a dog is left out, and so are exact copies.

    Args:
        data: path of the photos, in any layout.
        screen: is told of the progress and of what is left out.
        cache: folder for what is found out about photos; None keeps nothing.

    Raises:
        DatasetError: there are no photos.
    """
    catalog = load_catalog(data, cache=cache, screen=screen)
    found: dict[str, Stranger] = {}
    left_out, unnamed = 0, label_unnamed(data)
    columns = zip(
        catalog.source.examples, catalog.table["sha256"], catalog.decodable.tolist(), strict=True
    )
    for example, sha256, is_decodable in columns:
        if example.label in CLASSES or not is_decodable or sha256 in found:
            left_out += 1
            continue
        label = example.label or unnamed
        group = PurePosixPath(example.id).parent.name or str(label)
        found[sha256] = Stranger(example.id, example.photo, label, group, sha256)
    if left_out:
        screen.say(f"{data}: left out {left_out:,} of cats or dogs, unreadable or copies")
    return [found[sha256] for sha256 in sorted(found)]


def deal_groups(
    strangers: Sequence[Stranger], *, hold_out: Sequence[str] = (), seed: int = 0
) -> list[Part]:
    """Decides which groups are trained on and which are validated by: whole groups, never a part.

    A model that saw half of the foxes says nothing about animals it never saw.

    Args:
        strangers: from `load_strangers`.
        hold_out: groups to validate by; none named draws a quarter of each label's groups.
        seed: of the draw.

    Returns:
        `Part.TRAIN` or `Part.VALIDATION` for each.

    Raises:
        ConfigError: there is no group of a name in `hold_out`.
    """
    groups = {(stranger.label, stranger.group) for stranger in strangers}
    missing = sorted(set(hold_out) - {group for _, group in groups})
    if missing:
        raise ConfigError(
            f"Cannot hold out group '{missing[0]}': expected one of "
            f"{', '.join(sorted({group for _, group in groups}))}, received another. Name folders "
            "that hold the photos."
        )
    held = {key for key in groups if key[1] in hold_out}
    if not hold_out:
        random = np.random.default_rng(seed)
        for label in (Label.NEITHER, Label.BOTH):
            own = sorted(key for key in groups if key[0] is label)
            held |= {own[place] for place in random.permutation(len(own))[: (len(own) + 2) // 4]}
    return [
        Part.VALIDATION if (stranger.label, stranger.group) in held else Part.TRAIN
        for stranger in strangers
    ]
