"""Gathers what the page shows; draws the pictures on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from catordog.explore import sections, sentences
from catordog.explore.album import Album
from catordog.explore.attention import summarize
from catordog.explore.findings import Findings
from catordog.explore.projection import Projection, project_features, share_on_own_side
from catordog.pages.chart import Chart, draw_chart
from catordog.pages.tiles import Listing, draw_rows, inline
from catordog.pages.wording import number, percent
from catordog.plots import charts
from catordog.plots.drawing import CLASS_COLOURS, UNLABELLED, Figure, readable_name, render_png
from catordog.plots.feature_map import plot_feature_map
from catordog.plots.photo_grids import plot_mean_photos, plot_photo_grid
from catordog.plots.thumbnails import average_photos, make_sheet

GRID_PHOTOS = 24
MAP_POINTS = 1500
_TILE_PX, _SHEET_COLUMNS = 80, 40
_MAP_WIDTH, _MAP_HEIGHT, _MAP_MARGIN = 720, 460, 12


class Page:
    """Everything that the template shows of one data set."""

    def __init__(
        self, findings: Findings, write_png: Callable[[str, bytes], None], *, seed: int
    ) -> None:
        """Shows `findings`; hands each picture, by its name, to `write_png`."""
        self._findings = findings
        self._album = Album(findings)
        self._write_png = write_png
        self._seed = seed

    def fill(self) -> dict[str, Any]:
        """Returns the template's variables."""
        findings, album = self._findings, self._album
        return {
            "title": readable_name(PurePath(findings.source).name or findings.source),
            "source": readable_name(findings.source),
            "layout": findings.layout,
            "seed": self._seed,
            "numbers": self._numbers(),
            "summary": summarize(findings),
            "counts": self._counts(),
            "grids": self._grids(),
            "charts": self._charts(),
            "mean": self._mean(),
            "map": self._map(),
            "duplicates": sections.list_duplicates(findings, album),
            "leaks": sections.list_leaks(findings, album),
            "suspects": sections.list_suspects(findings, album),
            "neither": sections.list_strangers(findings, album, "neither"),
            "both": sections.list_strangers(findings, album, "both"),
            "problems": sections.list_problems(findings, album),
        }

    def _numbers(self) -> list[tuple[str, str]]:
        labels = Counter(self._album.labels)
        rows = [("photos", len(self._album.ids)), ("cats", labels["cat"]), ("dogs", labels["dog"])]
        rows += [(name, labels[name]) for name in ("both", "neither") if labels[name]]
        rows += [(UNLABELLED, labels[""]), ("problems", len(self._findings.problems))]
        return [(name, number(count)) for name, count in rows]

    def _save(self, name: str, figure: Figure, title: str, sentence: str) -> Chart:
        """Writes a figure's PNG and returns it for the page; the figure is empty afterwards."""
        chart, content = draw_chart(figure, title, sentence)
        self._write_png(f"{name}.png", content)
        return chart

    def _write(self, name: str, figure: Figure) -> None:
        self._write_png(f"{name}.png", render_png(figure))

    def _counts(self) -> Chart:
        table = self._findings.table
        figure = charts.plot_counts(table)
        return self._save("counts", figure, "Cats and dogs", sentences.say_counts(table))

    def _grids(self) -> list[Listing[Any]]:
        """Draws some cats and some dogs, and unlabelled photos where there is nothing else."""
        shown = []
        for label in ("cat", "dog"):
            listing, rows = self._draw(label, f"{label}s")
            figure = plot_photo_grid(
                [self._findings.thumbnails[row] for row in rows],
                [PurePath(self._album.ids[row]).name for row in rows],
                nothing=listing.sentence,
            )
            self._write(f"{label}s", figure)
            figure.clear()
            shown.append(listing)
        if not any(listing.entries for listing in shown):
            listing, _ = self._draw("", "photos without a label")
            shown += [listing] * bool(listing.entries)
        return shown

    def _draw(self, label: str, plural: str) -> tuple[Listing[Any], list[int]]:
        rows = self._album.draw(label, GRID_PHOTOS, seed=self._seed)
        tiles = [self._album.tile(self._album.ids[row]) for row in rows]
        whole = self._album.labels.count(label)
        if not rows:
            sentence = f"None of the {number(whole)} {plural} can be decoded."
            return Listing(sentence if whole else f"There are no {plural}.", "", []), []
        if whole == 1:
            return Listing(f"One {label or 'photo'}.", "", tiles), rows
        if len(rows) == whole:
            return Listing(f"All {number(whole)} {plural}.", "", tiles), rows
        sentence = f"{len(rows)} of {number(whole)} {plural}, drawn at random."
        return Listing(sentence, "", tiles), rows

    def _charts(self) -> list[Chart]:
        table, say = self._findings.table, sentences
        drawn = (
            ("sizes", "Width and height", charts.plot_sizes, say.say_sizes),
            ("aspect", "Aspect ratio", charts.plot_aspect, say.say_aspect),
            ("file_size", "File size", charts.plot_file_size, say.say_file_size),
            ("brightness", "Brightness", charts.plot_brightness, say.say_brightness),
            ("sharpness", "Sharpness", charts.plot_sharpness, say.say_sharpness),
        )
        return [
            self._save(name, plot(table), title, say_it(table))
            for name, title, plot, say_it in drawn
        ]

    def _mean(self) -> Chart:
        thumbnails, labels = self._findings.thumbnails, self._album.labels
        means = average_photos(thumbnails, labels, ("cat", "dog"), seed=self._seed)
        figure = plot_mean_photos(means)
        return self._save("mean", figure, "Mean cat and mean dog", sentences.say_means(means))

    def _map(self) -> dict[str, Any] | None:
        projection = project_features(self._findings.features, seed=self._seed)
        points = projection.points if projection else np.empty((0, 2))
        figure = plot_feature_map(points, self._album.labels, seed=self._seed)
        if projection is None:
            self._write("feature_map", figure)
            return None
        whole = np.flatnonzero(np.isfinite(points[:, 0])).tolist()
        rows = draw_rows(whole, MAP_POINTS, seed=self._seed)
        sheet = make_sheet(
            [self._findings.thumbnails[row] for row in rows],
            tile_px=_TILE_PX, columns=_SHEET_COLUMNS,
        )  # fmt: skip
        names = [self._album.labels[row] or UNLABELLED for row in rows]
        return {
            "still": self._save("feature_map", figure, "All photos", self._say_map(projection)),
            "sheet": inline("image/jpeg", sheet),
            "dots": [
                (x, y, name, readable_name(self._album.ids[row]))
                for (x, y), name, row in zip(_on_page(points[rows]), names, rows, strict=True)
            ],
            "classes": [name for name in CLASS_COLOURS if name in set(names)],
            "note": f"Showing {number(len(rows))} of {number(len(whole))}, drawn at random."
            if len(rows) < len(whole)
            else "",
            "width": _MAP_WIDTH, "height": _MAP_HEIGHT,
            "tile_px": _TILE_PX, "columns": _SHEET_COLUMNS,
        }  # fmt: skip

    def _say_map(self, projection: Projection) -> str:
        known = np.isfinite(projection.points[:, 0])
        present = {
            label for label, is_known in zip(self._album.labels, known, strict=True) if is_known
        }
        said = f"The two directions hold {percent(projection.explained, 1)} of all differences"
        if not {"cat", "dog"} <= present:
            return f"{said} between the photos."
        share = share_on_own_side(projection.points, self._album.labels, ("cat", "dog"))
        nearer = f"{percent(share, 1)} of them lie nearer to the centre of their own class"
        return f"On this map cats and dogs part: {nearer}. {said}."


def _on_page(points: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Scales points to the drawing's width and height, up on the page being up."""
    span = np.maximum(np.ptp(points, axis=0), 1e-12)
    unit = (points - points.min(axis=0)) / span
    x = _MAP_MARGIN + unit[:, 0] * (_MAP_WIDTH - 2 * _MAP_MARGIN)
    y = _MAP_MARGIN + (1 - unit[:, 1]) * (_MAP_HEIGHT - 2 * _MAP_MARGIN)
    return list(zip(x.round(1).tolist(), y.round(1).tolist(), strict=True))
