from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice, read_decisions
from catordog.review.app import create_app
from catordog.review.queue import ReviewItem
from tests.review.queue_of_drawings import draw_queue, read_from, size_of

HERE = "http://127.0.0.1:8765"


def open_page(
    path: Path, items: list[ReviewItem], photos: dict[str, bytes], **options: Any
) -> TestClient:
    app = create_app(items, lambda id: read_from(photos, id), DecisionLog(path))
    return TestClient(app, base_url=HERE, headers={"Origin": HERE}, **options)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "decisions.csv"


@pytest.fixture
def page(log_path: Path) -> TestClient:
    return open_page(log_path, *draw_queue(with_unreadable=True))


def post(page: TestClient, index: int, decision: str, queue: str = "") -> Any:
    queue = queue or page.get("/api/queue").json()["queue"]
    return page.post("/api/decisions", json={"queue": queue, "index": index, "decision": decision})


def photo_url(page: TestClient, rest: str) -> str:
    return f"/photos/{page.get('/api/queue').json()['queue']}/{rest}"


@pytest.mark.parametrize("path", ["/", "/review.css", "/review.js", "/static/icon.svg"])
def test_page_loads_nothing_from_elsewhere(page: TestClient, path: str) -> None:
    response = page.get(path)
    assert response.status_code == 200
    text = response.text.replace("http://www.w3.org/2000/svg", "")  # a name, never fetched
    assert "http:" not in text and "https:" not in text and "//cdn" not in text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src")
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_queue_lists_what_to_decide_and_why(page: TestClient) -> None:
    body = page.get("/api/queue").json()
    assert len(body["items"]) == 9
    first, sixth = body["items"][0], body["items"][5]
    assert first == {
        "index": 0,
        "id": "train/dog.0.jpeg",
        "label": "dog",
        "p_cat": 0.0,
        "p_dog": 1.0,
        "verdict": "dog",
        "reason": "labelled dog, the model reads another (p_cat 0.098)",
        "kind": "label",
        "related": [],
        "decision": "undecided",
        "order": -1,
        "is_stale": False,
    }
    assert sixth["related"] == [{"id": "train/dog.6.jpeg", "index": 6, "label": "dog"}]
    assert sixth["p_cat"] is None


def test_decision_is_in_the_file_when_the_answer_comes(page: TestClient, log_path: Path) -> None:
    assert not log_path.exists()
    response = post(page, 1, "dog")
    assert (response.status_code, response.json()) == (200, {"index": 1, "decision": "dog"})
    found = read_decisions(log_path).decisions["train/cat.1.png"]
    assert (found.decision, found.label) == (Choice.DOG, "cat")
    assert found.sha256 == draw_queue()[0][1].sha256
    assert page.get("/api/queue").json()["items"][1]["decision"] == "dog"


def test_restart_goes_on_where_it_was(page: TestClient, log_path: Path) -> None:
    for index, decision in (
        (2, "drop"),
        (0, "keep"),
        (2, "neither"),
        (3, "both"),
        (3, "undecided"),
    ):
        assert post(page, index, decision).status_code == 200
    rows = open_page(log_path, *draw_queue()).get("/api/queue").json()["items"]
    assert [row["decision"] for row in rows[:4]] == ["keep", "undecided", "neither", "undecided"]
    assert rows[2]["order"] > rows[0]["order"] > rows[1]["order"] == -1


def test_decision_on_another_version_of_a_photo_does_not_count(log_path: Path) -> None:
    items, photos = draw_queue()
    DecisionLog(log_path).append(items[0].id, "f" * 64, None, Choice.CAT)
    row = open_page(log_path, items, photos).get("/api/queue").json()["items"][0]
    assert (row["decision"], row["is_stale"]) == ("undecided", True)


@pytest.mark.parametrize("index", range(8))
def test_photo_of_any_format_becomes_a_jpeg_of_its_size(page: TestClient, index: int) -> None:
    for size, side_px in (("large", 1024), ("thumb", 160)):
        response = page.get(photo_url(page, f"{index}/{size}"))
        assert response.headers["Content-Type"] == "image/jpeg"
        kind, mode, (width, height) = size_of(response.content)
        original_px = 200 + 240 * index
        assert (kind, mode) == ("JPEG", "RGB")
        assert width == min(side_px, original_px)
        assert abs(height - 180 * width / original_px) <= 1


def test_related_photo_is_shown_by_its_place(page: TestClient) -> None:
    related = page.get(photo_url(page, "5/related/0/thumb"))
    assert related.content == page.get(photo_url(page, "6/thumb")).content
    assert page.get(photo_url(page, "5/related/1/thumb")).status_code == 404
    assert page.get(photo_url(page, "5/related/-1/thumb")).status_code == 404


def test_photo_that_cannot_be_decoded_is_a_reason_in_words(page: TestClient) -> None:
    response = page.get(photo_url(page, "8/large"))
    assert response.status_code == 415
    assert "received text (15 bytes)" in response.json()["error"]
    assert response.headers["Cache-Control"] == "no-store"


def test_photo_that_changed_since_it_was_listed_is_not_shown(log_path: Path) -> None:
    items, photos = draw_queue()
    photos[items[0].id] = photos[items[1].id]
    page = open_page(log_path, items, photos)
    response = page.get(photo_url(page, "0/large"))
    assert response.status_code == 500
    assert "has changed since" in response.json()["error"]


@pytest.mark.parametrize("rest", ["9/large", "-1/large", "0/huge", "x/large", "../../etc/passwd"])
def test_nothing_but_photos_of_the_queue_can_be_had(page: TestClient, rest: str) -> None:
    assert page.get(photo_url(page, rest)).status_code in (404, 422)


def test_page_of_another_queue_is_told_to_reload(page: TestClient, log_path: Path) -> None:
    other = open_page(log_path, *draw_queue())
    stale = other.get("/api/queue").json()["queue"]
    response = post(page, 0, "cat", queue=stale)
    assert response.status_code == 409
    assert "Reload the page" in response.json()["error"]
    assert page.get(f"/photos/{stale}/0/large").status_code == 409
    assert not log_path.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"index": 9, "decision": "cat"}, 404),
        ({"index": -1, "decision": "cat"}, 404),
        ({"index": 0, "decision": "fish"}, 422),
        ({"index": 0}, 422),
        ([], 422),
    ],
)
def test_decision_that_makes_no_sense_is_refused(
    page: TestClient, log_path: Path, body: Any, status: int
) -> None:
    if isinstance(body, dict):
        body["queue"] = page.get("/api/queue").json()["queue"]
    response = page.post("/api/decisions", json=body)
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert not log_path.exists()


def test_full_disk_is_an_error_and_not_a_decision(
    page: TestClient, log_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    response = post(page, 0, "cat")
    assert response.status_code == 500
    assert "No space left on device" in response.json()["error"]
    assert page.get("/api/queue").json()["items"][0]["decision"] == "undecided"
    assert log_path.read_bytes() == b""


@pytest.mark.parametrize("host", ["cats.example", "127.0.0.1.cats.example", "10.0.0.1:8765", ""])
def test_request_under_another_name_is_refused(page: TestClient, host: str) -> None:
    for path in ("/", "/api/queue", "/photos/x/0/large"):
        response = page.get(path, headers={"Host": host, "Origin": f"http://{host}"})
        assert response.status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "[::1]:8765", "127.0.0.1", "localhost"])
def test_request_by_a_name_of_this_computer_is_answered(page: TestClient, host: str) -> None:
    response = page.get("/api/queue", headers={"Host": host, "Origin": f"http://{host}"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://cats.example", 403),
        ("http://127.0.0.1:3000", 403),
        ("https://127.0.0.1:8765", 403),
        ("null", 403),
        (HERE, 200),
    ],
)
def test_only_the_own_page_may_post(
    page: TestClient, log_path: Path, origin: str, status: int
) -> None:
    queue = page.get("/api/queue").json()["queue"]
    body = {"queue": queue, "index": 0, "decision": "cat"}
    response = page.post("/api/decisions", json=body, headers={"Origin": origin})
    assert response.status_code == status
    assert log_path.exists() == (status == 200)


def test_post_without_origin_is_refused(log_path: Path) -> None:
    page = open_page(log_path, *draw_queue())
    del page.headers["Origin"]
    assert page.get("/api/queue").status_code == 200  # a browser sends none for its own page
    assert post(page, 0, "cat").status_code == 403


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_post_that_a_form_could_send_is_refused(page: TestClient, media_type: str) -> None:
    queue = page.get("/api/queue").json()["queue"]
    content = f'{{"queue": "{queue}", "index": 0, "decision": "cat"}}'
    headers = {"Content-Type": media_type}
    assert page.post("/api/decisions", content=content, headers=headers).status_code == 415


def test_post_that_is_no_decision_by_its_length_is_refused(page: TestClient) -> None:
    assert page.post("/api/decisions", json={"queue": "x" * 5000}).status_code == 413


def test_name_that_is_not_utf8_reaches_the_page_and_the_log(log_path: Path) -> None:
    items, photos = draw_queue()
    odd = "train/caf\udce9.jpeg"
    photos[odd] = photos[items[0].id]
    first = ReviewItem(odd, items[0].sha256, "dog", None, None, "odd name", "label")
    page = open_page(log_path, [first], photos)
    assert page.get("/api/queue").json()["items"][0]["id"] == "train/caf?.jpeg"
    assert post(page, 0, "cat").status_code == 200
    assert list(read_decisions(log_path).decisions) == [odd]


def test_crash_of_the_reader_is_an_answer_in_words(log_path: Path) -> None:
    items, _ = draw_queue()

    def crash(id: str) -> bytes:
        raise RuntimeError(id)

    app = create_app(items, crash, DecisionLog(log_path))
    page = TestClient(app, base_url=HERE, raise_server_exceptions=False)
    response = page.get(photo_url(page, "0/large"))
    assert response.status_code == 500
    assert response.json()["error"] == "The server failed with RuntimeError; see the terminal."
