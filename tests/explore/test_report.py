from __future__ import annotations

import csv
import dataclasses
import io
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from catordog.errors import OutputError
from catordog.explore.attention import summarize
from catordog.explore.findings import Findings
from catordog.explore.report import write_report

PNGS = {
    *("counts.png", "cats.png", "dogs.png", "sizes.png", "aspect.png", "file_size.png"),
    *("brightness.png", "sharpness.png", "mean.png", "feature_map.png"),
}
TABLES = {"photos.csv", "duplicates.csv", "suspects.csv", "leaks.csv"}
SECTIONS = [
    *("counts", "photos", "measures", "map", "duplicates", "leaks", "suspects", "outliers"),
    "problems",
]
COLUMNS = {
    "problems": ("id", "check", "detail"),
    "duplicates": ("group", "id", "kind", "label", "split"),
    "leaks": ("id", "split", "other_id", "other_split", "other_source", "kind"),
    "suspects": ("id", "label", "p_cat", "p_dog", "verdict", "kind", "suspicion", "reason"),
}


def rows(kind: str, *lines: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(lines), columns=list(COLUMNS[kind]), dtype=object)


def noisy_thumbnail(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (72, 96, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def make_findings(labels: list[str], *, ids: list[str] | None = None, seed: int = 0) -> Findings:
    """Invents a data set in which nothing is wrong."""
    random = np.random.default_rng(seed)
    count = len(labels)
    ids = ids or [f"train/{label or 'photo'}.{place}.jpg" for place, label in enumerate(labels)]
    table = pd.DataFrame({"id": pd.Series(ids, dtype=object)})
    table["location"] = table["id"]
    table["label"] = pd.Series(labels, dtype=object)
    for name in ("split", "breed", "problem"):
        table[name] = pd.Series([""] * count, dtype=object)
    for name in ("width", "height", "bytes"):
        table[name] = pd.array(random.integers(100, 500, count), dtype="Int64")
    for name in ("brightness", "sharpness", "entropy"):
        table[name] = random.random(count).astype(np.float32)
    shift = np.array([label == "dog" for label in labels]).reshape(-1, 1) * 20
    kinds = [noisy_thumbnail(place) for place in range(min(count, 50))]
    return Findings(
        source="/data/pets.zip",
        layout="Kaggle",
        table=table,
        problems=rows("problems"),
        duplicates=rows("duplicates"),
        conflicts=[],
        leaks=rows("leaks"),
        suspects=rows("suspects"),
        features=(random.normal(size=(count, 12)) + shift).astype(np.float32),
        thumbnails=[kinds[place % 50] for place in range(count)],
    )


def change(findings: Findings, **changes: object) -> Findings:
    return dataclasses.replace(findings, **changes)  # type: ignore[arg-type]


class Page(HTMLParser):
    """What a browser would see of a page: text, tags, and every address."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.names: list[str] = []
        self.words: list[str] = []
        self.bars: list[str] = []
        self._silent = False
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._silent = tag in ("style", "script")
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("src", "href", "srcset", "data-name", "style"):
                found = {"data-name": self.names, "style": self.bars}.get(name, self.addresses)
                found.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def report(findings: Findings, out: Path) -> Page:
    return Page(write_report(findings, out))


def table_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of photos with which nothing is wrong."""
    folder = tmp_path_factory.mktemp("good") / "new" / "folder"
    return write_report(make_findings(["cat", "dog"] * 20), folder)


def test_report_has_every_section_in_order_and_every_file(good: Path) -> None:
    assert Page(good).ids == SECTIONS
    files = {path.name for path in good.parent.iterdir()}
    assert files == {"report.html", *PNGS, *TABLES}, "and no unfinished file"
    for name in PNGS:
        with Image.open(good.with_name(name)) as picture:
            assert picture.width >= 400, name


def test_report_of_good_photos_says_in_one_line_each_that_nothing_is_wrong(good: Path) -> None:
    text = Page(good).text
    for sentence in (
        "Nothing stands out: no problem, no copy, no suspicious label.",
        "Cats and dogs are balanced: 20 and 20.",
        "No two photos are the same.",
        "Nothing to compare: there is one split and no other data set.",
        "No label looks wrong.",
        "No photo looks as if it showed neither a cat nor a dog.",
        "No photo looks as if it showed both a cat and a dog.",
        "No photo has a problem.",
    ):
        assert sentence in text


def test_report_asks_the_network_for_nothing(good: Path) -> None:
    page = Page(good)
    outward = [a for a in page.addresses if not a.startswith(("data:", "#"))]
    assert sorted(outward) == sorted(TABLES)
    assert not re.search(r"https?:|//[a-z]+\.[a-z]", re.sub(r"data:[^\"')]+", "", page.source))
    assert "default-src 'none'" in page.source
    assert "link" not in page.tags


def test_map_has_a_point_and_a_tile_a_photo(good: Path) -> None:
    page = Page(good)
    assert page.names == [f"train/{('cat', 'dog')[at % 2]}.{at}.jpg" for at in range(40)]
    assert "100 % of them lie nearer to the centre of their own class" in page.text
    places = re.findall(r'<circle class="(?:cat|dog)" cx="([\d.]+)" cy="([\d.]+)"', page.source)
    assert len(places) == 40
    assert {min(float(x) for x, _ in places), max(float(x) for x, _ in places)} == {12, 708}
    assert 'class="shot" style="background-image:url(data:image/jpeg;base64,' in page.source


def test_report_is_the_same_for_a_seed_and_draws_others_for_another(tmp_path: Path) -> None:
    findings = make_findings(["cat"] * 60)
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        write_report(findings, tmp_path / name, seed=seed)
    for file in ("report.html", *PNGS, *TABLES):
        first, again = ((tmp_path / name / file).read_bytes() for name in ("first", "again"))
        assert first == again, file
    other = (tmp_path / "other" / "cats.png").read_bytes()
    assert other != (tmp_path / "first" / "cats.png").read_bytes()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([""] * 8, "None of the 8 photos has a label."),
        (["cat"] * 8, "There is no dog: with one class there is nothing to tell apart."),
        (["dog"], "There is no cat: with one class there is nothing to tell apart."),
        ([""], "The one photo has no label."),
        ([], "There are no photos."),
        (["cat", "dog", "both", "neither", ""], "20 % of all photos have no label."),
    ],
    ids=["no labels", "one class", "one photo", "one unlabelled", "no photos", "every label"],
)
def test_report_is_whole_whatever_the_labels(tmp_path: Path, labels: list[str], said: str) -> None:
    page = report(make_findings(labels), tmp_path)
    assert page.ids == SECTIONS
    assert said in page.text
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", *PNGS, *TABLES}


def test_report_without_features_has_no_map(tmp_path: Path) -> None:
    page = report(change(make_findings(["cat", "dog"] * 4), features=None), tmp_path)
    assert "There are no features to draw a map of." in page.text
    assert "circle" not in page.tags
    assert (tmp_path / "feature_map.png").exists()


def test_report_of_photos_that_cannot_be_decoded_is_whole(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"] * 4)
    table = findings.table.copy()
    for name in ("width", "height", "bytes"):
        table[name] = pd.array([pd.NA] * 8, dtype="Int64")
    for name in ("brightness", "sharpness", "entropy"):
        table[name] = np.float32(np.nan)
    features = np.full((8, 12), np.nan, np.float32)
    broken = change(findings, table=table, features=features, thumbnails=[b""] * 8)
    lines = [(photo, "unreadable", "no picture") for photo in table["id"]]
    page = report(change(broken, problems=rows("problems", *lines)), tmp_path)
    assert page.ids == SECTIONS
    assert "No photo can be decoded." in page.text
    assert "None of the 4 cats can be decoded." in page.text
    assert page.text.count("no picture") == 16  # in place of the photo, and as the reason
    assert table_of(tmp_path / "photos.csv")[1][-1] == "unreadable"


NASTY = [
    "train/<script>alert(1)</script>.jpg",
    'a"onerror="alert(1).jpg',
    "it's & 'more'.jpg",
    "line\nbreak\r.jpg",
    "bytes\udcff.jpg",
    "{{ 7 * 7 }}{% raw %}.jpg",
    "=1+1,;.jpg",
]


def test_report_escapes_every_name(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog", "cat", "dog", "cat", "dog", ""], ids=NASTY)
    first, *others = NASTY
    page = report(
        change(
            findings,
            source=f"/data/{NASTY[0]}",
            problems=rows("problems", *[(name, "tiny", f"<b>{name}") for name in NASTY]),
            duplicates=rows("duplicates", *[(0, name, "near", "", "") for name in NASTY]),
            leaks=rows("leaks", *[(first, "train", x, "val", "<i>other", "near") for x in others]),
            suspects=rows(
                "suspects", *[(x, "cat", 0.1, 0.9, "dog", "label", 1.0, x) for x in NASTY]
            ),
        ),
        tmp_path,
    )
    assert page.tags.count("script") == 1
    assert not {"b", "i"} & set(page.tags)
    assert "onerror" not in re.sub(r"&#34;onerror", "", page.source)
    assert "\udcff" not in page.source
    shown = {
        *("train/<script>alert(1)</script>.jpg", 'a"onerror="alert(1).jpg', "it's & 'more'.jpg"),
        *("line\\nbreak\\r.jpg", "bytes\\udcff.jpg", "{{ 7 * 7 }}{% raw %}.jpg", "=1+1,;.jpg"),
    }
    assert set(page.names) == shown
    assert all(name in page.text for name in shown)


def test_tables_keep_names_as_they_are(tmp_path: Path) -> None:
    write_report(make_findings(["cat"] * len(NASTY), ids=NASTY), tmp_path)
    assert [row[0] for row in table_of(tmp_path / "photos.csv")[1:]] == NASTY
    assert b"bytes\xff.jpg" in (tmp_path / "photos.csv").read_bytes()


def test_tables_hold_all_findings_and_the_checks_of_each_photo(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"])
    table = findings.table.copy()
    table["width"] = pd.array([pd.NA, 300], dtype="Int64")
    table["sharpness"] = np.array([np.nan, 0.25], np.float32)
    cat, dog = table["id"]
    problems = [(dog, "dark", "0.01"), (dog, "tiny", "1 x 1"), (dog, "dark", "again")]
    suspect = (dog, "dog", 0.75, 0.25, "cat", "label", 0.5, "reads cat")
    write_report(
        change(
            findings,
            table=table,
            problems=rows("problems", *problems),
            suspects=rows("suspects", suspect),
        ),
        tmp_path,
    )
    header, first, second = table_of(tmp_path / "photos.csv")
    assert header == [*table.columns, "checks"]
    assert (first[0], first[-1], second[-1]) == (cat, "", "dark;tiny")
    width, sharpness = header.index("width"), header.index("sharpness")
    assert (first[width], second[width]) == ("", "300")
    assert (first[sharpness], second[sharpness]) == ("", "0.25")
    assert table_of(tmp_path / "suspects.csv")[1] == [
        *(dog, "dog", "0.75", "0.25", "cat", "label", "0.5", "reads cat")
    ]
    assert table_of(tmp_path / "leaks.csv") == [list(COLUMNS["leaks"])]


def test_report_cuts_every_list_and_says_where_the_rest_is(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"] * 150)
    ids = list(findings.table["id"])
    page = report(
        change(
            findings,
            problems=rows("problems", *[(name, "tiny", "") for name in ids[:30]]),
            duplicates=rows(
                "duplicates",
                *[(0, name, "exact", "", "") for name in ids[:11]],
                *[(1 + at // 2, name, "near", "", "") for at, name in enumerate(ids[20:120])],
            ),
            conflicts=[50],
            leaks=rows("leaks", *[(x, "train", x, "val", "", "exact") for x in ids[:45]]),
            suspects=rows(
                "suspects",
                *[(name, "cat", 0.1, 0.9, "dog", "label", 0.9, "") for name in ids[:105]],
                *[(name, "cat", 0.1, 0.9, "dog", "both", 0.9, "") for name in ids[:61]],
            ),
        ),
        tmp_path,
    )
    for sentence in (
        "Showing 60 of 105; all in suspects.csv.",
        "Showing 60 of 61; all in suspects.csv.",
        "Showing 40 of 51; all in duplicates.csv.",
        "Showing 40 of 45; all in leaks.csv.",
        "Showing 24 of 30; all in photos.csv.",
        "and 3 more",
        "51 groups hold 111 photos: 1 of exact copies, 50 of photos that look the same.",
        "1 group has contradictory labels.",
        "45 pairs between train and val; 45 of 45 are exact copies.",
        "The model doubts 105 labels of 300 (35 %); the first is train/cat.0.jpg, labelled cat.",
    ):
        assert sentence in page.text, sentence
    assert page.text.index("Group 50: near") < page.text.index("Group 0: exact")
    assert len(table_of(tmp_path / "suspects.csv")) == 1 + 105 + 61


def test_summary_says_what_deserves_attention_the_gravest_first() -> None:
    findings = make_findings(["cat"] * 9 + ["dog"])
    ids = list(findings.table["id"])
    table = findings.table.copy()
    table.loc[0, "width"] = pd.NA
    a, b, c, *_ = ids
    found = change(
        findings,
        table=table,
        problems=rows("problems", (a, "unreadable", ""), (b, "tiny", ""), (b, "dark", "")),
        duplicates=rows("duplicates", *[(0, x, "exact", "", "") for x in ids[:3]]),
        conflicts=[0],
        leaks=rows(
            "leaks",
            *[(a, "train", x, "val", "", "exact") for x in (b, c)],
            (b, "train", "x.jpg", "", "other.zip", "near"),
        ),
        suspects=rows(
            "suspects",
            (a, "cat", 0.1, 0.9, "dog", "label", 0.9, ""),
            (b, "cat", 0.5, 0.5, "cat", "neither", 0.9, ""),
            (c, "cat", 0.5, 0.5, "cat", "both", 0.9, ""),
        ),
    )
    assert summarize(found) == [
        "The classes are uneven: 90 % are cats.",
        "1 photo cannot be decoded (10 %).",
        "1 photo has a copy in another split: what a model scores there is too good.",
        "1 photo is in the other data set, too.",
        "1 group of equal photos has contradictory labels.",
        "1 label may be wrong (10 % of 10).",
        "1 photo least like the others may show neither cat nor dog and 1 photo may show both.",
        "2 photos are a copy of another (1 group of equal photos).",
        "1 photo has another problem: 1 tiny, 1 dark.",
    ]


def test_bars_are_as_long_as_the_probability(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"])
    cat, dog = findings.table["id"]
    lines = [
        (cat, "cat", 0.0123, 0.9877, "dog", "label", 1.0, ""),
        (dog, "dog", np.nan, np.nan, "", "neither", 1.0, ""),
    ]
    page = report(change(findings, suspects=rows("suspects", *lines)), tmp_path)
    assert [bar for bar in page.bars if bar.startswith("width")] == [
        *("width:1.23%", "width:98.77%", "width:0.0%", "width:0.0%")
    ]
    assert "0.012" in page.text
    assert page.text.count("unknown") == 2


def test_leak_of_another_data_set_shows_no_photo_of_ours(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"])
    cat = findings.table["id"][0]
    leaks = rows("leaks", (cat, "train", cat, "test", "other.zip", "near"))
    page = report(change(findings, leaks=leaks), tmp_path)
    assert "1 pair between train and other.zip (test); 0 of 1 are exact copies." in page.text
    assert "not in this data set" in page.text
    assert "1 photo is in the other data set, too." in page.text


def test_report_of_many_photos_is_small_and_soon_there(tmp_path: Path) -> None:
    findings = make_findings(["cat", "dog"] * 12_500)
    ids = list(findings.table["id"])
    checks = ("unreadable", "tiny", "dark", "blurred", "damaged", "wrong suffix", "odd aspect")
    busy = change(
        findings,
        problems=rows("problems", *[(name, c, "detail") for c in checks for name in ids[:400]]),
        duplicates=rows(
            "duplicates", *[(at // 8, x, "near", "", "") for at, x in enumerate(ids[:4000])]
        ),
        leaks=rows("leaks", *[(x, "train", x, "val", "", "near") for x in ids[:400]]),
        suspects=rows(
            "suspects",
            *[
                (x, "cat", 0.1, 0.9, "dog", kind, 1, "")
                for x in ids
                for kind in ("label", "neither", "both")
            ],
        ),
    )
    started_s = time.perf_counter()
    page = report(busy, tmp_path)
    assert time.perf_counter() - started_s < 60  # a busy machine; 8 s on a free one
    assert (tmp_path / "report.html").stat().st_size < 15_000_000
    assert "Showing 1,500 of 25,000, drawn at random." in page.text
    assert "mean" in page.text
    assert len(page.names) == 1500


def test_report_into_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(OutputError, match=r"expected a folder, received: .* Name another folder"):
        write_report(make_findings(["cat"]), tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_report_replaces_an_earlier_one_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "decisions.csv").write_text("mine")
    assert report(make_findings(["cat"]), tmp_path).ids == SECTIONS
    assert (tmp_path / "decisions.csv").read_text() == "mine"
