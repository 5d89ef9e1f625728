"""Challenge, versus, and other sites' forms in a real browser."""

from __future__ import annotations

import contextlib
import http.server
import io
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.chromium import SIZES, Tab, browser_tests, launch

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install 'catordog[dev]'"
)
pytestmark = browser_tests
ROOT = Path(__file__).parents[2]
SECRET = "a-secret-nobody-guesses"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tiny_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, folder = free_port(), tmp_path_factory.mktemp("challenge")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "src"),
        "CATORDOG_DATABASE_URL": f"sqlite:///{folder}/challenge.db",
        "CATORDOG_CHALLENGE_SITES": f"guestbook:{SECRET}:127.0.0.1",
        "CATORDOG_DRAIN_S": "0",
    }
    command = [sys.executable, "-m", "catordog", "serve", "--port", str(port), "--workers", "1"]
    # For pictures to look at, photos of one's own.
    photos = os.environ.get("CATORDOG_CHALLENGE_SHOWS", str(tiny_zip))
    command += ["--model", "fast", "--challenge-photos", photos]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    yield from launch()


class Page(Tab):
    """A page with a challenge in a tab."""

    def wait(self, within: Any = None) -> Any:
        """Waits for a challenge; returns its tiles."""
        where = within or self.tab
        playwright.expect(where.locator(".tile:not([disabled])")).to_have_count(12)
        return where.locator(".tile").all()

    def truth(self, tiles: list[Any]) -> list[bool]:
        """Reads which drawings are cats from their colours, as the browser shows them."""
        pixel = "photo => [...photo.getContext('2d').getImageData(128, 128, 1, 1).data]"
        colours = [tile.locator("canvas").evaluate(pixel) for tile in tiles]
        return [red > blue for red, _, blue, _ in colours]

    def first_photo(self) -> str:
        """Returns the first photo's pixels, encoded."""
        photo = self.tab.locator(".tile canvas").first
        return str(photo.evaluate("photo => photo.toDataURL()"))


@pytest.fixture
def page(chromium: Any, server: str) -> Iterator[Page]:
    opened = Page(chromium, server, viewport={"width": 1440, "height": 900})
    yield opened
    opened.close()


def test_challenge_is_solved_by_keyboard_alone(page: Page, server: str) -> None:
    page.tab.goto(f"{server}/challenge")
    tiles = page.wait()
    for _ in range(5):  # brand, three links, then the first photo
        page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement === document.querySelector('.tile')")
    for index, is_cat in enumerate(page.truth(tiles)):
        if is_cat:
            page.tab.keyboard.press("Space" if index % 2 else "Enter")
        page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("ArrowUp")
    assert (
        page.tab.evaluate("[...document.querySelectorAll('.tile')].indexOf(document.activeElement)")
        == 5
    )
    page.tab.locator(".tile").nth(11).focus()
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Enter")
    playwright.expect(page.tab.locator(".say")).to_have_text("Right, all twelve.")
    playwright.expect(page.tab.locator(".ticket")).to_be_visible()


def test_wrong_answer_brings_other_photos(page: Page, server: str) -> None:
    page.tab.goto(f"{server}/challenge")
    tiles = page.wait()
    before = page.first_photo()
    cats = page.truth(tiles)
    for index, tile in enumerate(tiles):
        if cats[index] != (index == 3):
            tile.click()
    page.tab.get_by_role("button", name="Check").click()
    playwright.expect(page.tab.locator(".say")).to_contain_text("Not this time")
    page.wait()
    assert page.first_photo() != before
    assert page.tab.locator(".tile[aria-pressed=true]").count() == 0


def test_photo_is_larger_where_the_pointer_or_the_focus_is(page: Page, server: str) -> None:
    page.tab.goto(f"{server}/challenge")
    tiles = page.wait()
    page.tab.emulate_media(reduced_motion="reduce")
    small = tiles[2].locator("canvas").bounding_box()["width"]
    tiles[2].hover()
    assert tiles[2].locator("canvas").bounding_box()["width"] == pytest.approx(1.6 * small)
    tiles[2].focus()
    page.tab.keyboard.press("ArrowRight")
    assert tiles[3].locator("canvas").bounding_box()["width"] == pytest.approx(1.6 * small)
    assert tiles[2].locator("canvas").bounding_box()["width"] == pytest.approx(small)
    for index in (0, 5, 6, 11):  # nothing is cut off at the edges
        tiles[index].focus()
        page.tab.keyboard.press("ArrowLeft" if index else "ArrowRight")
        page.tab.keyboard.press("ArrowRight" if index else "ArrowLeft")
        box = tiles[index].locator("canvas").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1440


def test_new_challenge_button_shows_another(page: Page, server: str) -> None:
    page.tab.goto(f"{server}/challenge")
    page.wait()
    before = page.first_photo()
    page.tab.get_by_role("button", name="New challenge").click()
    page.wait()
    assert page.first_photo() != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_and_axe_finds_nothing(
    chromium: Any, server: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    page = Page(chromium, server, viewport=viewport, color_scheme=scheme, has_touch=size == "phone")
    press = "tap" if size == "phone" else "click"
    page.tab.goto(f"{server}/challenge")
    tiles = page.wait()
    getattr(tiles[1], press)()
    assert tiles[1].get_attribute("aria-pressed") == "true"
    page.check()
    page.keep_picture(f"challenge_{size}_{scheme}")
    page.tab.goto(f"{server}/versus")
    page.check()
    page.keep_picture(f"versus_before_{size}_{scheme}")
    getattr(page.tab.locator("#start"), press)()
    tiles = page.wait()
    for tile in tiles[:4]:
        getattr(tile, press)()
    page.check()
    page.keep_picture(f"versus_playing_{size}_{scheme}")
    getattr(page.tab.get_by_role("button", name="Done"), press)()
    playwright.expect(page.tab.locator("#reveal li")).to_have_count(12)
    page.check()
    page.keep_picture(f"versus_result_{size}_{scheme}")
    page.close()


def test_versus_shows_who_missed_what_and_saves_a_picture(page: Page, server: str) -> None:
    page.tab.goto(f"{server}/versus")
    page.tab.locator("#start").click()
    tiles = page.wait()
    cats = page.truth(tiles)
    for index, tile in enumerate(tiles):
        if cats[index] != (index == 7):
            tile.click()
    page.tab.get_by_role("button", name="Done").click()
    playwright.expect(page.tab.locator("#you .score")).to_have_text("11 of 12")
    words = page.tab.locator("#reveal .is").all_inner_texts()
    assert words == ["A cat" if cat else "A dog" for cat in cats]
    missed = page.tab.locator("#reveal li", has_text="You missed")
    assert missed.count() == 1
    assert missed.locator("canvas").get_attribute("aria-label") == "Photo 8"
    assert page.tab.locator("#odds-you td").first.inner_text() == "1"
    with page.tab.expect_download() as download:
        page.tab.get_by_role("button", name="Save the picture").click()
    with Image.open(download.value.path()) as picture:
        assert picture.size == (1200, 630)
        assert len(picture.convert("RGB").getcolors(2**20) or []) > 1000  # the photos are in it
    page.tab.locator("#again").click()
    page.wait()


def test_form_of_another_site_gets_a_ticket_by_one_line(chromium: Any, server: str) -> None:
    port = free_port()
    command = [sys.executable, str(ROOT / "examples/challenge_site.py"), server, SECRET, str(port)]
    site = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    page = Page(chromium, server, f"http://127.0.0.1:{port}")
    try:
        wait_for(f"http://127.0.0.1:{port}/", site)
        page.tab.goto(f"http://127.0.0.1:{port}/")
        page.tab.fill("[name=name]", "Ada <b>")
        page.tab.get_by_role("button", name="Sign").click()
        playwright.expect(page.tab.locator("body")).to_contain_text("Pick all the cats first")
        page.tab.goto(f"http://127.0.0.1:{port}/")
        frame = page.tab.frame_locator("iframe")
        tiles = page.wait(frame)
        for tile, is_cat in zip(tiles, page.truth(tiles), strict=True):
            if is_cat:
                tile.click()
        frame.get_by_role("button", name="Check").click()
        playwright.expect(frame.locator(".say")).to_have_text("Right, all twelve.")
        page.keep_picture("widget")
        page.tab.fill("[name=name]", "Ada <b>")
        page.tab.get_by_role("button", name="Sign").click()
        playwright.expect(page.tab.locator("body")).to_have_text("Thank you, Ada <b>.")
        page.close()
    finally:
        site.terminate()
        site.wait()


OLD_PAGE = """<!doctype html><html lang="en"><title>Wiki</title>
<script>
function HumanCheckComplete(isHuman) {{
  if (isHuman) document.getElementById("mainForm").submit();
  else document.title = "Please correctly identify the cats.";
}}
</script>
<form action="/done" method="get" id="mainForm">
<script type="text/javascript" src="{server}/js/AsirraClientSide.js"></script>
<script type="text/javascript">
asirraState.SetEnlargedPosition("right");
asirraState.SetCellsPerRow(6);
</script>
<input type="button" value="Submit" onclick="javascript:Asirra_CheckIfHuman(HumanCheckComplete)">
</form>"""


@contextlib.contextmanager
def site_that_says(html: str) -> Iterator[str]:
    """Serves one page, of another site than the challenge's; gives its address."""

    class OldWiki(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: Any) -> None:
            pass

    wiki = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldWiki)
    threading.Thread(target=wiki.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{wiki.server_address[1]}"
    finally:
        wiki.shutdown()
        wiki.server_close()


def test_page_of_2008_works_with_its_host_changed(chromium: Any, server: str) -> None:
    with site_that_says(OLD_PAGE.format(server=server)) as url:
        page = Page(chromium, server, url)
        page.tab.goto(url)
        frame = page.tab.frame_locator("iframe")
        page.wait(frame)
        page.tab.get_by_role("button", name="Submit").click()  # nothing picked
        playwright.expect(page.tab).to_have_title("Please correctly identify the cats.")
        tiles = page.wait(frame)
        for tile, is_cat in zip(tiles, page.truth(tiles), strict=True):
            if is_cat:
                tile.click()
        page.tab.get_by_role("button", name="Submit").click()
        page.tab.wait_for_url("**/done?Asirra_Ticket=3*")
        ticket = page.tab.url.partition("Asirra_Ticket=")[2]
        validation = f"{server}/cgi/Asirra?action=ValidateTicket&ticket={ticket}"
        for expected in ("Pass", "Fail"):
            assert f"<Result>{expected}</Result>" in fetch(validation)
        page.close()


def test_page_that_shows_photo_by_photo_gets_views_of_one_file(chromium: Any, server: str) -> None:
    """As JSPWiki's page does, which does not say how large the photos are."""
    created = fetch(f"{server}/cgi/Asirra?action=CreateSession")
    pets = re.findall(r'ImgRec\("(.+?)","(.+?)",', created)
    table = "<table><tr>" + "".join(f'<td><img src="http:{at}" alt="pet">' for _, at in pets)
    with site_that_says(f'<!doctype html><html lang="en"><title>Wiki</title>{table}') as url:
        page = Page(chromium, server, url, viewport={"width": 3200, "height": 400})
        asked: list[str] = []
        page.tab.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        page.tab.goto(url, wait_until="load")
        photos = page.tab.locator("img").all()
        sizes = [photo.evaluate("p => [p.naturalWidth, p.naturalHeight]") for photo in photos]
        assert sizes == [[250, 250]] * 12
        cats = []
        for photo in photos:
            with Image.open(io.BytesIO(photo.screenshot())) as shown:
                red, _, blue = shown.convert("RGB").getpixel((125, 125))
                cats.append(red > blue)
        page.keep_picture("old_client")
        page.close()
    found = re.search(r'NewSessionComplete.+?"(.+?)"', created)
    assert found is not None
    bits = "".join("01"[is_cat] for is_cat in cats)
    scored = f"{server}/cgi/Asirra?action=ScoreResponse&sessionId={found[1]}&response={bits}"
    assert "/* correct */" in fetch(scored)
    assert sum(address.endswith(".svg") for address in asked) == 1


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(response.read().decode())
