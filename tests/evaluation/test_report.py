from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from catordog.challenge.answers import Answers
from catordog.challenge.verdict import verdict_of_answers
from catordog.data.catalog import Catalog
from catordog.data.sources.example import Source
from catordog.errors import OutputError
from catordog.evaluation.answering import Results
from catordog.evaluation.bootstrap import Estimate
from catordog.evaluation.comparison import compare_results
from catordog.evaluation.figures import measure_results
from catordog.evaluation.galleries import (
    MAX_IN_CELL,
    MAX_MISTAKES,
    Album,
    list_cells,
    list_hardest,
)
from catordog.evaluation.outcome import ModelFacts, Outcome, Reading, plain
from catordog.evaluation.questions import measure_questions
from catordog.evaluation.report import write_report
from catordog.evaluation.shares import Share
from catordog.evaluation.slices import measure_slices
from catordog.evaluation.strangers import Strangers
from catordog.evaluation.verdicts import measure_verdicts
from catordog.images.thumbnails import encode_jpeg
from catordog.labels import Label
from tests.conftest import draw_photo
from tests.evaluation.invented import CAT, DOG, draw_results, invent_answers, invent_results


def invent_outcome(
    results: Results, *, model: str = "fast", data: str = "pets.zip", other: bool = False
) -> Outcome:
    """Invents an evaluation of these results, with an empty thumbnail for every seventh photo."""
    thumbnail = encode_jpeg(draw_photo("cat", 0))
    count = len(results.ids)
    catalog = Catalog(
        Source(data, "Kaggle", []),
        pd.DataFrame({"id": pd.Series(results.ids, dtype=object)}),
        np.zeros((count, 32, 32, 3), np.uint8),
        [b"" if place % 7 == 6 else thumbnail for place in range(count)],
    )
    dark = np.arange(count) % 2 == 0
    said = {label: 3 * (label is CAT) for label in Label}
    auroc = Estimate(0.9, 0.8, 1.0)
    right = np.concatenate([results.is_right, np.ones(12, bool)])
    reading = Reading(
        results,
        results,
        measure_results(results),
        measure_verdicts(results),
        measure_questions(results),
        measure_slices(results, {("brightness", "darkest"): dark}),
        [Strangers("cu<b>ps", Label.NEITHER, False, 3, 0, Share(0, 3), said, 0.8, auroc)],
        odds=verdict_of_answers(Answers("fast", "test", "raw", right, 6, 0), rounds=100),
        comparison=compare_results(results, results) if other else None,
    )
    facts = ModelFacts(model, "0" * 64, 3_800_000, 176.4)
    return Outcome(
        data, "1" * 64, "test", catalog, facts, facts if other else None, {"raw": reading}, 0
    )


def render(outcome: Outcome, out: Path) -> str:
    return write_report(outcome, out).read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Collects what a page refers to, its anchors, and its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset"):
                self.found.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def parse(page: str) -> Addresses:
    parser = Addresses()
    parser.feed(page)
    return parser


def test_page_asks_the_network_for_nothing(tmp_path: Path) -> None:
    page = render(invent_outcome(draw_results(60), other=True), tmp_path)
    outside = {"metrics.json", "answers.csv"}
    for address in parse(page).found:
        assert address.startswith(("data:image/", "#")) or address in outside
    assert not re.search(r"https?://|url\(|@import|<script", page)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'none'" in page


def test_every_link_within_the_page_leads_somewhere(tmp_path: Path) -> None:
    parsed = parse(render(invent_outcome(draw_results(60), other=True), tmp_path))
    anchors = {address[1:] for address in parsed.found if address.startswith("#")}
    assert anchors <= set(parsed.ids)
    assert {"raw-cat-dog", "raw-dog-cat", "figures", "comparison"} <= anchors
    assert len(parsed.ids) == len(set(parsed.ids))


def test_names_are_shown_as_text(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>\udcff\n&\"'"
    results = draw_results(20)
    results.ids[:] = [f"{evil}{place}.jpg" for place in range(20)]
    outcome = invent_outcome(results, model=evil, data=f"/photos/{evil}", other=True)
    page = render(outcome, tmp_path)
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;\\udcff\\n&amp;&#34;&#39;" in page
    assert "cu&lt;b&gt;ps" in page


def test_lists_are_capped_and_say_so(tmp_path: Path) -> None:
    results = invent_results([CAT] * 60 + [DOG] * 60, [0.9] * 120)
    page = render(invent_outcome(results), tmp_path)
    assert page.count('<figure class="tile">') == 2 * MAX_IN_CELL
    assert page.count('<article class="reading">') == MAX_MISTAKES
    assert f"Showing {MAX_MISTAKES} of 60; all in answers.csv." in page


def test_surest_mistake_comes_first_with_both_probabilities(tmp_path: Path) -> None:
    results = invent_results([CAT, CAT, DOG, DOG], [0.7, 0.98, 0.9, 0.4])
    page = render(invent_outcome(results), tmp_path)
    mistakes = page[page.index('id="mistakes"') :]
    shown = re.findall(r'title="([^"]+)"', mistakes)
    assert shown == ["train/cat.1.jpg", "train/cat.0.jpg", "train/dog.3.jpg"]
    assert "3 mistakes, 1 of them with more than 95 %" in mistakes
    assert "0.020" in mistakes
    assert "0.980" in mistakes


@pytest.mark.parametrize(
    "results",
    [
        invent_results([CAT], [0.1]),
        invent_results([DOG], [0.1]),
        invent_results([CAT] * 30, [0.2] * 30),
        invent_results([CAT, DOG] * 20, [0.0, 1.0] * 20),
        invent_results([CAT, DOG] * 20, [1.0, 0.0] * 20),
    ],
    ids=["one right", "one wrong", "one class", "all right and sure", "all wrong and sure"],
)
def test_extreme_results_have_a_page(results: Results, tmp_path: Path) -> None:
    outcome = invent_outcome(results, other=True)
    page = render(outcome, tmp_path)
    assert "nan" not in re.sub(r"data:[^\"]*", "", page).lower()
    assert page.count('<section class="chart">') == 7
    assert None not in (outcome.as_json()["raw"]["accuracy"], outcome.as_json()["raw"]["log_loss"])


def test_same_outcome_gives_the_same_page(tmp_path: Path) -> None:
    first, second = (render(invent_outcome(draw_results(40)), tmp_path / n) for n in "ab")
    assert first == second


def test_other_answers_than_cat_and_dog_have_a_column(tmp_path: Path) -> None:
    results = draw_results(30)
    results.said[0] = Label.NEITHER
    outcome = invent_outcome(results)
    page = render(outcome, tmp_path)
    assert 'href="#raw-cat-neither"' in page
    assert "1 cat called neither" in page or "1 dog called neither" in page
    figures = outcome.readings["raw"].figures
    assert figures.metrics.errors == int((~results.is_right).sum())
    assert sum(figures.confusion.values()) == 30


def test_photos_of_neither_are_shown_by_how_much_they_look_like_a_pet(tmp_path: Path) -> None:
    results = invent_answers(
        ("cat.jpg", CAT, CAT, 0.9, 0.1),
        ("dog.jpg", DOG, DOG, 0.1, 0.9),
        ("cup.jpg", Label.NEITHER, Label.NEITHER, 0.1, 0.2),
        ("fox.jpg", Label.NEITHER, DOG, 0.1, 0.8),
        ("wolf.jpg", Label.NEITHER, DOG, 0.1, 0.95),
    )
    album = Album(invent_outcome(draw_results(2)).catalog)
    album._thumbnails = dict.fromkeys(results.ids, b"")
    listing = list_hardest(results, album)
    assert [entry.tile.name for entry in listing.entries] == ["wolf.jpg", "fox.jpg", "cup.jpg"]
    assert listing.sentence == "2 photos of neither animal are taken for a pet."
    cells = {
        (cell.label, cell.said): cell for row in list_cells("raw", results, album) for cell in row
    }
    assert len(cells) == 12  # three labels occur, four verdicts are possible
    wrong = cells[Label.NEITHER, DOG].gallery
    assert [tile.name for tile in wrong.entries] == ["wolf.jpg", "fox.jpg"]


def test_challenge_is_on_the_page(tmp_path: Path) -> None:
    page = render(invent_outcome(draw_results(60)), tmp_path)
    assert 'id="challenge"' in page
    assert "<td>1 in 4,096</td>" in page
    assert "<td>1 in 459</td>" in page
    assert "At the first try the model passes" in page


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="expected a folder"):
        write_report(invent_outcome(draw_results(10)), tmp_path / "file" / "out")


def test_fields_without_a_value_are_null() -> None:
    value = {"a": float("nan"), "b": [Label.CAT, 1], Label.DOG: (2.0,)}
    assert plain(value) == {"a": None, "b": ["cat", 1], "dog": [2.0]}
