"""The page in a real browser: only there do layout, focus, drop, paste and the policy show."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import SIZES, Tab, browser_tests, launch
from tests.serving.running_server import RunningServer

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install 'catordog[dev]'"
)
pytestmark = browser_tests
DROP = """([files, kind]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  }
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer("--workers", "1") as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    yield from launch()


class Page(Tab):
    """The page in a tab."""

    def __init__(self, chromium: Any, url: str, path: str = "", **options: Any) -> None:
        super().__init__(chromium, url, **options)
        self.tab.goto(url + path)

    def give(self, photos: dict[str, bytes], *, kind: str = "drop") -> None:
        files = [[name, base64.b64encode(photo).decode()] for name, photo in photos.items()]
        self.tab.evaluate(DROP, [files, kind])

    def wait_for(self, answered: int) -> None:
        cards = self.tab.locator(".card:not(.is-waiting)")
        playwright.expect(cards).to_have_count(answered, timeout=60_000)

    def verdicts(self) -> list[str]:
        return list(self.tab.locator(".verdict").all_text_contents())


@pytest.fixture
def page(chromium: Any, server: RunningServer) -> Iterator[Page]:
    opened = Page(chromium, server.url, viewport={"width": 1440, "height": 900})
    yield opened
    opened.close()


def photos_in(samples: Path, count: int) -> dict[str, bytes]:
    files = sorted(samples.glob("*.jpg"))
    return {
        f"{n:02}_{files[n % len(files)].name}": files[n % len(files)].read_bytes()
        for n in range(count)
    }


def test_twenty_photos_are_dropped_answered_and_saved(page: Page, samples: Path) -> None:
    photos = photos_in(samples, 19) | {"19_broken.jpg": b"no photo"}
    page.give(photos)
    page.wait_for(20)
    assert page.verdicts()[-1] == "No answer"
    names = [name[3:] for name in photos]
    assert page.verdicts()[names.index("dog.jpg")] == "Dog"
    assert page.verdicts()[names.index("chelsea.jpg")] == "Cat"
    playwright.expect(page.tab.locator("#status")).to_contain_text("20 of 20 photos answered")
    with page.tab.expect_download() as download:
        page.tab.locator("#csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [row["path"] for row in rows] == list(photos)
    assert rows[-1]["label"] == ""
    assert "Cannot decode" in rows[-1]["error"]
    for row, verdict in zip(rows[:-1], page.verdicts(), strict=False):
        assert {"cat": "Cat", "dog": "Dog", "both": "Cat and dog", "neither": "Neither"}[
            row["label"]
        ] == verdict
        assert 0 < float(row["p_cat"]) < 1
    page.tab.locator("#clear").click()
    assert page.tab.locator("#cards li").count() == 0


def test_pasted_photo_is_answered(page: Page, samples: Path) -> None:
    page.give({"image.png": (samples / "chelsea.jpg").read_bytes()}, kind="paste")
    page.wait_for(1)
    assert page.verdicts() == ["Cat"]


def test_two_honest_bars_show_both_probabilities(page: Page, samples: Path) -> None:
    page.give({"dog.jpg": (samples / "dog.jpg").read_bytes()})
    page.wait_for(1)
    page.tab.wait_for_timeout(600)  # until the bars have grown
    for animal in ("cat", "dog"):
        row = page.tab.locator(f".row.{animal}")
        said = float(row.locator(".value").inner_text().removesuffix(" %"))
        bar, track = row.locator("i").bounding_box(), row.locator(".track").bounding_box()
        assert bar["width"] / track["width"] == pytest.approx(said / 100, abs=0.01)


def test_heat_map_comes_on_demand_by_keyboard_alone(page: Page, samples: Path) -> None:
    with page.tab.expect_file_chooser() as chooser:
        for _ in range(10):
            page.tab.keyboard.press("Tab")
            if page.tab.locator("#choose:focus").count():
                break
        page.tab.keyboard.press("Enter")
    chooser.value.set_files(str(samples / "dog.jpg"))
    page.wait_for(1)
    assert page.tab.locator(".stage img").count() == 0
    page.tab.locator("#csv").focus()
    for _ in range(10):
        page.tab.keyboard.press("Tab")
        if page.tab.locator(".why:focus").count():
            break
    page.tab.keyboard.press("Enter")
    alt = "Heat map: where dog.jpg speaks for a dog"
    playwright.expect(page.tab.locator(".stage img")).to_have_attribute("alt", alt)
    playwright.expect(page.tab.locator(".why")).to_be_focused()
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Enter")
    alt = "Heat map: where dog.jpg speaks for a cat"
    playwright.expect(page.tab.locator(".stage img")).to_have_attribute("alt", alt)
    page.tab.locator(".why").press("Enter")
    assert page.tab.locator(".stage img").count() == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "docs"])
def test_axe_finds_nothing_serious_and_nothing_is_cut(
    chromium: Any, server: RunningServer, samples: Path, size: str, scheme: str, path: str
) -> None:
    width, height = SIZES[size]
    page = Page(
        chromium,
        server.url,
        path,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=size != "desktop",
        is_mobile=size == "phone",
    )
    states = ["empty"] if path else ["empty", "answered"]
    for state in states:
        if path:
            page.tab.locator("details").first.wait_for()
            page.tab.locator("summary").first.click()
        if state == "answered":
            page.give(photos_in(samples, 6) | {"broken.jpg": b"x"})
            page.wait_for(7)
            page.tab.locator(".why").first.click()
            page.tab.locator(".stage img").wait_for()
        page.check()
        page.tab.evaluate("() => scrollTo(0, 0)")
        page.keep_picture(f"{path or 'page'}_{state}_{size}_{scheme}")
    page.close()


def test_busy_server_is_asked_again_and_a_lost_one_is_said(page: Page, samples: Path) -> None:
    tries = []

    def busy_once(route: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"detail": "busy"})
        else:
            route.continue_()

    page.tab.route("**/v1/predict", busy_once)
    page.give({"dog.jpg": (samples / "dog.jpg").read_bytes()})
    page.wait_for(1)
    assert (page.verdicts(), len(tries)) == (["Dog"], 2)
    page.tab.unroute("**/v1/predict")
    page.tab.route("**/v1/predict", lambda route: route.abort())
    page.give({"cat.jpg": (samples / "chelsea.jpg").read_bytes()})
    page.wait_for(2)
    playwright.expect(page.tab.locator(".reason").last).to_contain_text("cannot be reached")
    page.tab.unroute("**/v1/predict")
    page.tab.locator(".again").last.click()
    playwright.expect(page.tab.locator(".verdict").last).to_have_text("Cat")
    assert all("503" in error or "ERR_FAILED" in error for error in page.errors)
    page.errors.clear()


def test_page_asks_for_a_key_where_the_server_wants_one(chromium: Any, samples: Path) -> None:
    with RunningServer("--workers", "1", variables={"CATORDOG_API_KEYS": "sesame"}) as server:
        server.wait_until_ready()
        page = Page(chromium, server.url)
        page.tab.locator("#key-value").fill("sesame")
        page.tab.keyboard.press("Enter")
        page.give({"dog.jpg": (samples / "dog.jpg").read_bytes()})
        page.wait_for(1)
        assert page.verdicts() == ["Dog"]
        assert all("401" in error for error in page.errors)
        page.errors.clear()
        page.close()
