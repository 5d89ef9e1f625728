"""A real browser for the tests of pages: only there do keys, focus, layout and policy show.

Needs Playwright, of catordog[dev], and Chromium; `browser_tests` skips what lacks them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
browser_tests = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
]
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
SCREENSHOTS = os.environ.get("CATORDOG_SCREENSHOTS")
"""Where `make screenshots` wants pictures of the pages."""
_PATIENCE_MS = 20_000
"""For what should come at once: on a busy machine it does not."""
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def launch() -> Iterator[Any]:
    """Yields a browser, for a fixture; skips where there is no Playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with api.sync_playwright() as driver:
        api.expect.set_options(timeout=_PATIENCE_MS)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS.split())
        yield browser
        browser.close()


class Tab:
    """One tab, and what went wrong or elsewhere in it."""

    def __init__(self, chromium: Any, *servers: str, **options: Any) -> None:
        self.tab = chromium.new_page(**options)
        self.servers = servers
        self.errors: list[str] = []
        self.requested: set[str] = set()
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", self._on_console)
        self.tab.on("request", lambda request: self.requested.add(request.url))

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning") and "favicon" not in str(message.location):
            self.errors.append(message.text)

    def check(self) -> None:
        """Lets axe look, and checks that nothing is wider than the window."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
        found = axe.Axe().run(self.tab).response["violations"]
        assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found] == []
        assert not self.tab.evaluate("document.documentElement.scrollWidth > innerWidth")

    def keep_picture(self, name: str) -> None:
        """Keeps a picture of the page, if pictures are wanted."""
        if SCREENSHOTS:
            self.tab.screenshot(path=Path(SCREENSHOTS, f"{name}.png"), full_page=True)

    def close(self) -> None:
        """Closes the tab; nothing may have gone wrong, or been asked of anyone else."""
        self.tab.close()
        assert self.errors == []
        elsewhere = [url for url in self.requested if not url.startswith((*self.servers, "blob:"))]
        assert elsewhere == []
