"""A data set in Python and in notebooks: its table, its pictures, its photos one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from catordog.cache_folder import CACHE
from catordog.data.catalog import Catalog, load_catalog
from catordog.data.photos import PhotoReader
from catordog.data.sources import open_source
from catordog.data.sources.example import Example
from catordog.errors import ImageError
from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.pipeline import available_cores, chunked, map_in_order
from catordog.labels import CLASSES

if TYPE_CHECKING:
    from catordog.plots.drawing import Figure


class Dataset:
    """A data set of photos; `catordog.data.load` makes one.

    Iterating over it gives its examples in order: id, photo, label, split. Nothing is read from
    the photos before `table` or a plot is asked for.

    Attributes:
        path: as the user named it.
        layout: which known layout it has, in words.
        examples: every photo with its label.
    """

    def __init__(self, path: str, *, cache: Path | None = CACHE) -> None:
        """Lists the photos; see `catordog.data.load`."""
        self._source = open_source(path)
        self._cache = cache
        self.path, self.layout = path, self._source.layout
        self.examples: Sequence[Example] = self._source.examples

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {label}" for label, count in self.counts.items())
        return f"Dataset({self.path!r}: {self.layout}, {len(self)} photos: {counts})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(label)}</td><td style='text-align:right'>{count:,}</td></tr>"
            for label, count in self.counts.items()
        )
        title = f"{escape(Path(self.path).name)}: {escape(self.layout)}, {len(self):,} photos"
        return f"<p><b>{title}</b></p><table>{rows}</table>"

    @property
    def counts(self) -> dict[str, int]:
        """Number of photos of each label, and without one."""
        labels = [example.label or "unlabelled" for example in self.examples]
        order = [*CLASSES, "both", "neither", "unlabelled"]
        return {str(label): labels.count(label) for label in order if label in labels}

    @cached_property
    def catalog(self) -> Catalog:
        """All that one look at every photo tells; the look is kept for the next time."""
        return load_catalog(self._source, cache=self._cache)

    @property
    def table(self) -> pd.DataFrame:
        """One row a photo, with the columns of `catalog.COLUMNS`."""
        return self.catalog.table

    def batches(
        self, *, size_px: int, batch_size: int = 32, split: str | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields the cats and dogs as a network wants them, in the data set's order.

        A photo that cannot be decoded is left out, as `table` says in its column `problem`.

        Args:
            size_px: side of the square that each photo is squashed to.
            batch_size: most photos a batch.
            split: only photos of this split; None for all.

        Returns:
            Pairs of uint8 (B, size_px, size_px, 3) RGB and int64 (B,), 0 for cat and 1 for dog.
        """
        spec = PreprocessSpec(size_px)
        wanted = (
            example
            for example in self.examples
            if example.label in CLASSES and split in (None, example.split)
        )
        with PhotoReader() as reader:

            def read(example: Example) -> tuple[np.ndarray, int] | None:
                try:
                    pixels = decode_and_preprocess(reader.read(example.photo), spec).pixels
                except ImageError:
                    return None
                return pixels, [*CLASSES].index(example.label)  # type: ignore[arg-type]

            decoded = map_in_order(read, wanted, workers=available_cores())
            for batch in chunked((pair for pair in decoded if pair), batch_size):
                pixels, classes = zip(*batch, strict=True)
                yield np.stack(pixels), np.array(classes, np.int64)

    def plot_counts(self) -> Figure:
        """Draws how many photos each class has, and each split of each class."""
        from catordog.plots.charts import plot_counts

        return plot_counts(self.table)

    def plot_photos(self, label: str | None = None, *, count: int = 24, seed: int = 0) -> Figure:
        """Draws a grid of photos picked at random.

        Args:
            label: only photos with this label; None for all.
            count: most photos to show.
            seed: another seed, other photos.
        """
        from catordog.plots.photo_grids import plot_photo_grid

        table = self.table
        shown = self.catalog.decodable & ((table["label"] == label) | (label is None)).to_numpy()
        rows = np.flatnonzero(shown)
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:count])
        titles = [name.rpartition("/")[2] for name in table["id"].iloc[rows]]
        return plot_photo_grid([self.catalog.thumbnails[row] for row in rows], titles)

    def plot_sizes(self) -> Figure:
        """Draws every photo's width against its height."""
        from catordog.plots.charts import plot_sizes

        return plot_sizes(self.table)

    def plot_brightness(self) -> Figure:
        """Draws how bright the photos of each class are."""
        from catordog.plots.charts import plot_brightness

        return plot_brightness(self.table)

    def plot_sharpness(self) -> Figure:
        """Draws how sharp the photos of each class are."""
        from catordog.plots.charts import plot_sharpness

        return plot_sharpness(self.table)
