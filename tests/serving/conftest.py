from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catordog.serving.app import create_app
from catordog.serving.settings import ServeSettings

SETTINGS: dict[str, Any] = {"model": "fast", "workers": 1, "drain_s": 0.0}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("CATORDOG_")]:
        monkeypatch.delenv(name)


def wait_until_ready(client: Any) -> None:
    until = time.monotonic() + 30
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until, client.get("/readyz").text
        time.sleep(0.02)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A server with small limits, so that tests can go over them."""
    limits = {"max_photo_bytes": 300_000, "max_request_bytes": 1_000_000, "max_photos": 4}
    settings = ServeSettings(**SETTINGS, **limits, max_pixels=1_000_000)
    with TestClient(create_app(settings), raise_server_exceptions=False) as opened:
        wait_until_ready(opened)
        yield opened
