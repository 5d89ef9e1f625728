"""The photos of a training run: cats and dogs, strangers, and the views that are drawn of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from catordog.data.labelled import LabelledPhoto, data_sha256
from catordog.data.photos import PhotoReader
from catordog.data.split import Part
from catordog.data.strangers import Stranger
from catordog.images.decode import decode_image
from catordog.images.preprocess import PreprocessSpec
from catordog.labels import Label
from catordog.training import views
from catordog.training.views import View

SHOWS = {
    Label.CAT: (1.0, 0.0),
    Label.DOG: (0.0, 1.0),
    Label.BOTH: (1.0, 1.0),
    Label.NEITHER: (0.0, 0.0),
}
"""A label's two answers, in the order of `labels.CLASSES`."""

PET_VIEWS = {View.PLAIN: 0.33, View.CROP: 0.25, View.SMALL: 0.28, View.PAIR: 0.14}
"""How often each view is drawn of a cat or a dog."""

MILD_VIEWS = {View.PLAIN: 0.5, View.CROP: 0.5}
"""Of every photo, where no more is learned than a linear head on frozen features, or little is
learned at all: pets that are small, or two, are more than those can tell (EXPERIMENTS.md)."""

STRANGER_VIEWS = {View.PLAIN: 0.25, View.CROP: 0.45, View.SMALL: 0.3}
"""And of a photo of neither."""

STRANGER_REPEATS = 2
"""Views of each stranger in a pass: there are fewer of them, and more kinds."""

PAIR_SIDE = (0.35, 0.65)
"""Side of a pet put into another's photo, as a share of that photo's."""


@dataclass(frozen=True)
class TrainingPhotos:
    """The photos of a run.

    Attributes:
        items: each cat and dog, in the order of their digests.
        parts: what each is used for.
        strangers: photos of neither or both.
        stranger_parts: what each is used for.
        reader: open for as long as the photos are read.
        seed: of every view.
    """

    items: list[LabelledPhoto]
    parts: list[Part]
    strangers: list[Stranger]
    stranger_parts: list[Part]
    reader: PhotoReader
    seed: int = 0

    @property
    def sha256(self) -> str:
        """Names the cats and dogs and their labels by content."""
        return data_sha256(self.items)

    @property
    def state(self) -> str:
        """Names everything that views follow from, but for their size."""
        photos = [(p.sha256, p.label, part) for p, part in zip(self.items, self.parts, strict=True)]
        others = zip(self.strangers, self.stranger_parts, strict=True)
        photos += [(s.sha256, s.label, part) for s, part in others]
        chances = [PET_VIEWS, STRANGER_VIEWS, STRANGER_REPEATS, MILD_VIEWS]
        return hashlib.sha256(json.dumps([photos, chances, self.seed]).encode()).hexdigest()

    def places(self, part: Part) -> list[int]:
        """Lists the photos of a part: cats and dogs first, strangers after them.

        Numbers below `len(items)` are cats and dogs, those above strangers.
        """
        parts = [*self.parts, *self.stranger_parts]
        return [place for place, other in enumerate(parts) if other is part]

    def label(self, place: int) -> Label:
        """Returns what a photo shows."""
        pets = len(self.items)
        return self.items[place].label if place < pets else self.strangers[place - pets].label

    def read_pixels(self, place: int, size_px: int) -> np.ndarray:
        """Returns uint8 (H, W, 3), no smaller than `size_px` unless the photo is.

        Raises:
            ImageError: it cannot be read or decoded.
        """
        pets = len(self.items)
        photo = (
            self.items[place].example.photo if place < pets else self.strangers[place - pets].photo
        )
        return decode_image(self.reader.read(photo), target_px=size_px).pixels


class PlainViews:
    """Each photo of a part as it is answered: what validation and the head's first pass see."""

    def __init__(self, photos: TrainingPhotos, part: Part, spec: PreprocessSpec) -> None:
        """Lists the views; `places` says which photo each is of."""
        self._photos, self._spec = photos, spec
        self.places = photos.places(part)

    @property
    def size_px(self) -> int:
        """Side of the views, in pixels."""
        return self._spec.size_px

    def __len__(self) -> int:
        return len(self.places)

    def __call__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws a view; see `passes.DrawView`."""
        place = self.places[index]
        pixels = self._photos.read_pixels(place, self._spec.size_px)
        targets = np.array(SHOWS[self._photos.label(place)], np.float32)
        return views.show_plain(pixels, self._spec), targets


class RandomViews:
    """The views of one pass over the training photos, each photo at least once."""

    def __init__(
        self, photos: TrainingPhotos, number: int, spec: PreprocessSpec, *, mild: bool = False
    ) -> None:
        """Lists the views of pass `number`; another number shows the same photos otherwise.

        Args:
            photos: of the run.
            number: of the pass, from 0.
            spec: of the network.
            mild: whole photos and crops of them only, mirrored or not.
        """
        self._photos, self._number, self._spec, self._mild = photos, number, spec, mild
        train = photos.places(Part.TRAIN)
        pets = [place for place in train if place < len(photos.items)]
        self._scenes = [
            place
            for place in train
            if place >= len(photos.items) and photos.label(place) is Label.NEITHER
        ]
        self._by_label = {
            label: [place for place in pets if photos.label(place) is label]
            for label in (Label.CAT, Label.DOG)
        }
        others = [place for place in train if place >= len(photos.items)]
        self.places = pets + others * STRANGER_REPEATS

    @property
    def size_px(self) -> int:
        """Side of the views, in pixels."""
        return self._spec.size_px

    def __len__(self) -> int:
        return len(self.places)

    def __call__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws a view; see `passes.DrawView`."""
        random = np.random.default_rng([self._photos.seed, self._number, index])
        place = self.places[index]
        label = self._photos.label(place)
        pixels = self._read(place)
        view = self._choose(label, random)
        if view is View.PLAIN:
            drawn = views.show_plain(pixels, self._spec)
        elif view is View.CROP:
            area = views.EMPTY_CROP_AREA if label is Label.NEITHER else views.CROP_AREA
            drawn = views.show_crop(pixels, self._spec, random, area)
        elif view is View.SMALL:
            scene = self._read(int(random.choice(self._scenes)))
            drawn = views.show_small(pixels, scene, self._spec, random)
        else:
            drawn = self._pair(label, pixels, random)
            label = Label.BOTH
        changed = views.mirror(drawn, random) if self._mild else views.spoil(drawn, random)
        return changed, np.array(SHOWS[label], np.float32)

    def _choose(self, label: Label, random: np.random.Generator) -> View:
        if label is Label.BOTH:
            return View.PLAIN
        chances = STRANGER_VIEWS if label is Label.NEITHER else PET_VIEWS
        chances = MILD_VIEWS if self._mild else chances
        view = View(random.choice(list(chances), p=list(chances.values())))
        return View.CROP if view is View.SMALL and not self._scenes else view

    def _pair(self, label: Label, pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
        other = self._read(
            int(random.choice(self._by_label[Label.DOG if label is Label.CAT else Label.CAT]))
        )
        if random.random() < 0.5:
            return views.show_beside(pixels, other, self._spec, random)
        return views.show_small(pixels, other, self._spec, random, PAIR_SIDE)

    def _read(self, place: int) -> np.ndarray:
        # Twice the size, so that a crop of a quarter loses nothing.
        return self._photos.read_pixels(place, 2 * self._spec.size_px)
