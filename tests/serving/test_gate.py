from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catordog.errors import BundleError
from catordog.serving import answering
from catordog.serving.app import create_app
from catordog.serving.settings import ServeSettings
from tests.serving.conftest import SETTINGS, wait_until_ready


def open_client(**options: Any) -> TestClient:
    return TestClient(create_app(ServeSettings(**SETTINGS, **options)))


def files(*photos: bytes) -> list[Any]:
    return [("photos", ("a", photo, "image/jpeg")) for photo in photos]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer first, second"}, 401),
        ({"Authorization": "Basic second"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"X-API-Key": "first"}, 200),
        ({"Authorization": "Bearer second"}, 200),
    ],
)
def test_keys_are_asked_for_where_they_are_set_up(headers: dict[str, str], status: int) -> None:
    with open_client(api_keys="first,second") as client:
        wait_until_ready(client)
        for response in (
            client.post("/v1/predict", files=files(b"x"), headers=headers),
            client.get("/v1/models", headers=headers),
            client.get("/v2/models/fast", headers=headers),
        ):
            assert response.status_code == status
        for path in ("/", "/livez", "/metrics", "/docs", "/v2/health/live"):
            assert client.get(path).status_code == 200
        # Sites show a secret of their own there; no challenge is served here.
        assert client.post("/v1/siteverify").status_code == 404
        if status == 401:
            refused = client.get("/v1/models", headers=headers)
            assert refused.headers["www-authenticate"] == "Bearer"


def test_other_sites_may_ask_only_where_they_are_named() -> None:
    origin = {"Origin": "https://cats.example"}
    for cors, allowed in (("", None), ("https://cats.example", "https://cats.example")):
        with open_client(cors_origins=cors) as client:
            response = client.get("/livez", headers=origin)
            assert response.headers.get("access-control-allow-origin") == allowed


def test_readiness_waits_for_the_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    warm_up = answering.Answerer.warm_up

    def hold_back(self: answering.Answerer) -> None:
        assert go_on.wait(20)
        warm_up(self)

    monkeypatch.setattr(answering.Answerer, "warm_up", hold_back)
    with open_client() as client:
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/v2/health/ready").status_code == 503
        early = client.post("/v1/predict", files=files(b"x"))
        assert (early.status_code, early.headers["retry-after"]) == (503, "1")
        go_on.set()
        wait_until_ready(client)


def test_model_that_does_not_answer_never_becomes_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: answering.Answerer) -> None:
        raise BundleError("broken")

    monkeypatch.setattr(answering.Answerer, "warm_up", fail)
    with open_client() as client:
        for _ in range(200):
            if client.get("/readyz").json() == {"status": "broken"}:
                break
        assert client.get("/readyz").status_code == 503
        assert client.post("/v1/predict", files=files(b"x")).status_code == 503


def test_counts_are_kept(samples: Path) -> None:
    with open_client() as client:
        wait_until_ready(client)
        photo = (samples / "dog.jpg").read_bytes()
        client.post("/v1/predict", files=files(photo, photo, b"x"))
        client.get("/no/such/path")
        client.post("/v1/predict", content=b"x")
        text = client.get("/metrics").text
    for line in (
        'catordog_verdicts_total{label="dog"} 2.0',
        'catordog_failed_photos_total{kind="ImageDecodeError"} 1.0',
        'catordog_requests_total{method="POST",route="/v1/predict",status="200"} 1.0',
        'catordog_requests_total{method="GET",route="other",status="404"} 1.0',
        'catordog_rejections_total{kind="wrong-type"} 1.0',
        "catordog_queue_depth 0.0",
        "catordog_request_bytes_count 1.0",
    ):
        assert line in text.splitlines()
    assert "no/such" not in text


def test_photo_that_breaks_the_server_is_an_item_with_its_error(
    monkeypatch: pytest.MonkeyPatch, samples: Path
) -> None:
    answer = answering.Answerer.answer

    def break_on(
        self: answering.Answerer, photos: Sequence[bytes], question: answering.Question
    ) -> list[answering.Answered]:
        if b"poison" in photos:
            raise MemoryError
        return answer(self, photos, question)

    monkeypatch.setattr(answering.Answerer, "answer", break_on)
    with open_client() as client:
        wait_until_ready(client)
        good = (samples / "dog.jpg").read_bytes()
        answers = client.post("/v1/predict", files=files(good, b"poison")).json()["answers"]
    assert answers[0]["label"] == "dog"
    assert answers[1]["error"]["status"] == 500


def test_uploads_together_are_bounded(samples: Path) -> None:
    with open_client(max_request_bytes=100_000, max_buffered_bytes=100_000) as client:
        wait_until_ready(client)
        budget = client.app.state.service.budget  # type: ignore[attr-defined]
        with budget.share() as other:
            other.take(90_000)
            refused = client.post("/v1/predict", files=files(bytes(20_000)))
            assert refused.status_code == 503
            assert refused.json()["type"].endswith(":busy")
        assert client.post("/v1/predict", files=files(bytes(20_000))).status_code == 200
        assert budget.held_bytes == 0
