"""The page in a real browser: only there do keys, focus, layout and the security policy show."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catordog.data.decisions import read_decisions
from tests.chromium import Tab, browser_tests, launch
from tests.review.queue_of_drawings import draw_queue

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install 'catordog[dev]'"
)
pytestmark = browser_tests
ROOT = Path(__file__).parents[2]
IDS = [item.id for item in draw_queue()[0]]


class Server:
    """The review as a process of its own, which can be killed and started again."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.review.queue_of_drawings", self.log, str(self.port)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert "8 photos to review" in self.process.stdout.readline()

    def stop(self, with_signal: signal.Signals) -> None:
        self.process.send_signal(with_signal)
        self.process.communicate(timeout=20)

    def decided(self) -> dict[str, str]:
        return {id: d.decision.value for id, d in read_decisions(self.log).decisions.items()}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "decisions.csv")
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGINT)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    yield from launch()


class Page(Tab):
    """The review in a tab."""

    def __init__(self, chromium: Any, url: str, **options: Any) -> None:
        super().__init__(chromium, url, **options)
        self.tab.goto(url)
        self.tab.locator("#photo img").wait_for()

    def press(self, *keys: str) -> None:
        """Presses keys as a person does: looks at the photo before each."""
        for key in keys:
            self.tab.locator("#photo img").wait_for()
            self.tab.keyboard.press(key)

    def expect(self, id: str, text: str) -> None:
        playwright.expect(self.tab.locator(f"#{id}")).to_have_text(text)


@pytest.fixture
def page(chromium: Any, server: Server) -> Iterator[Page]:
    opened = Page(chromium, server.url, viewport={"width": 1440, "height": 900})
    yield opened
    opened.close()


def test_each_probability_has_a_bar_of_its_own_beside_the_verdict(page: Page) -> None:
    page.press("ArrowRight")
    page.expect("id", IDS[1])
    page.expect("answer", "dog")
    for name, percent in (("cat", 10), ("dog", 90)):
        page.expect(f"p-{name}", f"{percent}.0 %")
        bar = page.tab.locator(f"#bar-{name}")
        full_px = bar.evaluate("bar => bar.parentElement.getBoundingClientRect().width")
        width_px = bar.evaluate("bar => bar.getBoundingClientRect().width")
        assert width_px == pytest.approx(full_px * percent / 100, abs=1)


def test_five_photos_are_decided_by_keys_alone(page: Page, server: Server) -> None:
    page.expect("id", IDS[0])
    keys = ("Enter", "c", "n", "x", " ")
    for count, key in enumerate(keys, start=1):
        page.press(key)
        page.expect("count", f"{count} of 8 decided")
        page.expect("id", IDS[count])
        assert len(server.decided()) == count
    assert list(server.decided().values()) == ["keep", "cat", "neither", "drop", "keep"]
    page.press("ArrowLeft", "k", "ArrowRight", "j", "ArrowLeft")
    page.expect("id", IDS[4])
    page.expect("verdict", "kept")


def test_undo_takes_back_the_latest_and_shows_it(page: Page, server: Server) -> None:
    page.press("d")
    page.expect("id", IDS[1])
    page.press("b")
    page.expect("id", IDS[2])
    page.press("u")
    page.expect("id", IDS[1])
    page.expect("count", "1 of 8 decided")
    page.expect("saved", "Taken back")
    assert server.decided() == {IDS[0]: "dog"}
    page.press("ArrowLeft")
    page.press("Backspace")
    page.expect("count", "0 of 8 decided")
    page.press("u")
    page.expect("status", "There is nothing to undo.")
    assert server.decided() == {}


def test_reload_keeps_decisions_and_place(page: Page, server: Server) -> None:
    page.press("c")
    page.expect("id", IDS[1])
    page.press("d")
    page.expect("id", IDS[2])
    page.press("ArrowRight")
    page.expect("id", IDS[3])
    page.tab.reload()
    page.expect("id", IDS[3])
    page.expect("count", "2 of 8 decided")
    page.press("u")  # the latest is known after a reload too
    page.expect("id", IDS[1])
    assert server.decided() == {IDS[0]: "cat"}


def test_killed_server_loses_nothing_and_the_page_says_so(page: Page, server: Server) -> None:
    page.press("c")
    page.expect("id", IDS[1])
    page.press("d")
    page.expect("id", IDS[2])
    server.stop(signal.SIGKILL)
    with server.log.open("ab") as log:
        log.write(f"{IDS[2]},0000".encode())  # as if it had been killed while it wrote
    page.press("n")
    page.expect("saved", "Not saved")
    assert "the server does not answer" in page.tab.locator("#error").inner_text()
    page.expect("id", IDS[2])
    page.expect("count", "2 of 8 decided")
    server.start()
    page.tab.locator("#retry").click()
    page.expect("id", IDS[3])
    page.expect("count", "3 of 8 decided")
    assert not page.tab.locator("#error").is_visible()
    assert server.decided() == {IDS[0]: "cat", IDS[1]: "dog", IDS[2]: "neither"}
    # Chromium notes that the server was gone: refused, reset, not connected.
    noted = "Failed to load resource: net::ERR_"
    assert [error for error in page.errors if not error.startswith(noted)] == []
    page.errors.clear()


def test_key_held_down_decides_once(page: Page, server: Server) -> None:
    page.tab.keyboard.down("c")
    page.expect("id", IDS[1])
    for _ in range(5):
        page.tab.keyboard.down("c")  # repeats while it is down
        page.tab.wait_for_timeout(50)
    page.expect("id", IDS[1])
    assert server.decided() == {IDS[0]: "cat"}


def test_photo_that_is_not_there_yet_cannot_be_decided(page: Page, server: Server) -> None:
    held: list[Any] = []
    page.tab.route("**/7/large", lambda route: held.append(route))
    page.tab.locator("#strip button").last.click()
    page.tab.keyboard.press("x")
    page.expect("status", "Wait: the photo is still loading.")
    assert not server.log.exists()
    held[0].continue_()
    page.press("x")
    page.expect("saved", "Saved: drop")
    assert server.decided() == {IDS[7]: "drop"}


def test_shortcuts_of_the_browser_decide_nothing(page: Page, server: Server) -> None:
    page.press("Control+c", "Control+d", "Alt+n", "Meta+x", "ArrowRight")
    page.expect("id", IDS[1])
    assert not server.log.exists()


def test_space_after_a_click_keeps_and_on_a_focused_button_presses_it(
    page: Page, server: Server
) -> None:
    page.tab.locator("[data-decision=drop]").click()
    page.expect("id", IDS[1])
    page.press(" ")
    page.expect("id", IDS[2])
    page.tab.locator("[data-decision=both]").focus()
    page.press(" ")
    page.expect("id", IDS[3])
    assert list(server.decided().values()) == ["drop", "keep", "both"]


def test_filter_shows_one_kind_and_moves_within_it(page: Page, server: Server) -> None:
    page.tab.get_by_role("button", name="Duplicates disagree 2 left").click()
    page.expect("id", IDS[5])
    page.expect("place", "Photo 1 of 2")
    assert page.tab.locator("#strip button").count() == 2
    assert page.tab.locator("#related img").get_attribute("alt") == f"{IDS[6]}, labelled dog"
    page.press("d")
    page.expect("id", IDS[6])
    page.press("d")
    playwright.expect(page.tab.locator("#done")).to_contain_text("others are left under “All”")
    page.tab.get_by_role("button", name="All 6 left").click()
    page.press("g")
    page.expect("id", IDS[7])
    page.press("c")
    page.expect("id", IDS[0])  # round to the first that is left
    assert len(server.decided()) == 3


def test_last_decision_says_that_all_is_done(page: Page, server: Server) -> None:
    for count, key in enumerate("cdbnxcdb", start=1):
        page.press(key)
        page.expect("count", f"{count} of 8 decided")
    playwright.expect(page.tab.locator("#done")).to_contain_text(f"stand in {server.log}")
    page.expect("id", IDS[7])


def test_help_and_zoom_open_and_close_by_key(page: Page, server: Server) -> None:
    page.press("?")
    assert page.tab.locator("#help").is_visible()
    page.tab.keyboard.press("x")
    page.tab.keyboard.press("Escape")
    assert not page.tab.locator("#help").is_visible()
    page.press("z", "Shift+ArrowLeft")
    image = page.tab.locator("#photo img")
    assert image.evaluate("image => image.style.transform") == "scale(2.5)"
    assert image.evaluate("image => image.style.transformOrigin") == "35% 50%"
    page.press("z")
    assert image.evaluate("image => image.style.transform") == ""
    page.expect("id", IDS[0])
    assert not server.log.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [320, 390, 820, 1440])
def test_page_fits_its_window(chromium: Any, server: Server, width_px: int, scheme: str) -> None:
    viewport = {"width": width_px, "height": 844}
    page = Page(chromium, server.url, viewport=viewport, color_scheme=scheme)
    assert page.tab.evaluate("document.documentElement.scrollWidth") == width_px
    for button in page.tab.locator("#choices button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44 and box["width"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= width_px
        assert box["y"] + box["height"] <= viewport["height"]  # all in reach without scrolling
    page.close()


def test_everything_has_a_name_for_screen_readers(page: Page) -> None:
    assert page.tab.locator("#photo img").get_attribute("alt") == f"{IDS[0]}, labelled dog"
    assert page.tab.locator("img:not([alt])").count() == 0
    names = page.tab.evaluate(
        "[...document.querySelectorAll('button')].map(b => b.ariaLabel || b.textContent.trim())"
    )
    assert len(names) > 20 and all(names)
    page.press("c")
    page.expect("id", IDS[1])
    status = page.tab.locator("#status")
    playwright.expect(status).to_contain_text(f"Saved as cat. Photo 2 of 8: {IDS[1]}")
    assert status.get_attribute("aria-live") == "polite"
