from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from catordog import Classifier


def post(client: TestClient, *photos: bytes, **fields: str) -> Any:
    files = [("photos", ("name.jpg", photo, "image/jpeg")) for photo in photos]
    return client.post("/v1/predict", files=files, data=fields)


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 60)).save(file, "PNG")
    return file.getvalue()


def problem_of(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == response.status_code
    return response.status_code, body["type"].removeprefix("urn:catordog:problem:")


def test_answers_come_in_the_order_of_the_photos_and_are_those_of_the_library(
    client: TestClient, samples: Path
) -> None:
    names = ("dog.jpg", "chelsea.jpg", "coffee.jpg")
    response = post(client, *((samples / name).read_bytes() for name in names))
    assert response.status_code == 200
    classifier = Classifier.load("fast")
    expected = [classifier.predict(samples / name) for name in names]
    answers = response.json()["answers"]
    assert [answer["index"] for answer in answers] == [0, 1, 2]
    for answer, prediction in zip(answers, expected, strict=True):
        assert answer["label"] == prediction.label
        assert (answer["width"], answer["height"]) == (prediction.width, prediction.height)
        assert answer["p_cat"] == pytest.approx(prediction.p_cat, abs=1e-5)
        assert answer["p_dog"] == pytest.approx(prediction.p_dog, abs=1e-5)
    assert response.json()["model"]["sha256"] == classifier.bundle.sha256


def test_json_is_answered_as_a_form_is(client: TestClient, samples: Path) -> None:
    photo = (samples / "dog.jpg").read_bytes()
    body = {"photos": [{"base64": base64.b64encode(photo).decode()}]}
    response = client.post("/v1/predict", json=body)
    assert response.json() == post(client, photo).json()


def test_bad_photo_is_an_item_with_its_error_and_spoils_no_other(
    client: TestClient, samples: Path
) -> None:
    photos = (b"not a photo", (samples / "dog.jpg").read_bytes(), bytes(400_000), png(1001, 1000))
    response = post(client, *photos)
    assert response.status_code == 200
    answers = response.json()["answers"]
    assert answers[1]["label"] == "dog"
    errors = {i: answers[i]["error"] for i in (0, 2, 3)}
    assert {i: (error["kind"], error["status"]) for i, error in errors.items()} == {
        0: ("ImageDecodeError", 415),
        2: ("ImageTooLargeError", 413),
        3: ("ImageTooLargeError", 413),
    }
    assert "at most 300000 bytes" in errors[2]["detail"]
    assert "at most 1000000 pixels, received 1001x1000" in errors[3]["detail"]


def test_no_base64_is_an_item_with_its_error(client: TestClient) -> None:
    body = {"photos": [{"base64": "§§"}, {"base64": "A" * 500_000}]}
    answers = client.post("/v1/predict", json=body).json()["answers"]
    assert [answer["error"]["status"] for answer in answers] == [415, 413]


def test_too_many_photos_are_refused(client: TestClient) -> None:
    assert problem_of(post(client, *[b"x"] * 5)) == (413, "too-many-photos")
    body = {"photos": [{"base64": "eA=="}] * 5}
    assert problem_of(client.post("/v1/predict", json=body)) == (413, "too-many-photos")


def test_large_request_is_refused_by_its_announced_length(client: TestClient) -> None:
    response = post(client, bytes(1_000_001))
    assert problem_of(response) == (413, "request-too-large")


def test_large_request_without_a_length_is_refused_while_it_is_read(client: TestClient) -> None:
    sent = 0

    def body() -> Any:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 100_000
            yield bytes(100_000)

    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = client.post("/v1/predict", content=body(), headers=headers)
    assert problem_of(response) == (413, "request-too-large")


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("image/jpeg", b"x", (415, "wrong-type")),
        ("", b"x", (415, "wrong-type")),
        ("multipart/form-data", b"x", (400, "damaged-form")),
        ("multipart/form-data; boundary=b", b"x", (400, "damaged-form")),
        ("multipart/form-data; boundary=b", b"--b\r\nx", (400, "damaged-form")),
        ("multipart/form-data; boundary=b", b"", (400, "damaged-form")),
        ("multipart/form-data; boundary=b", b"--b--\r\n", (422, "no-photos")),
        ("application/json", b"", (422, "invalid-request")),
        ("application/json", b"{}", (422, "invalid-request")),
        ("application/json", b'{"photos": []}', (422, "invalid-request")),
        ("application/json", b"[" * 100_000, (422, "invalid-request")),
        ("application/json", b"\xff\xfe", (422, "invalid-request")),
        ("application/json", b'{"photos": [{"base64": "", "x": 1}]}', (422, "invalid-request")),
    ],
)
def test_body_that_is_not_what_it_should_be_is_refused(
    client: TestClient, content_type: str, body: bytes, expected: tuple[int, str]
) -> None:
    response = client.post("/v1/predict", content=body, headers={"content-type": content_type})
    assert problem_of(response) == expected


def test_form_with_other_fields_or_values_is_refused(client: TestClient) -> None:
    assert problem_of(post(client, b"x", colour="red")) == (422, "invalid-request")
    assert problem_of(post(client, b"x", second_look="maybe")) == (422, "invalid-request")
    assert problem_of(post(client, b"x", explain="y" * 100)) == (413, "request-too-large")


def test_upload_is_never_written_to_disk(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starlette's forms would go to a temporary file from 1 MiB on; no file may even be asked for.

    `test_processes.py` shows the same with a process that the system lets write no file.
    """
    import tempfile

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("an upload asked for a temporary file")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert len(file.getvalue()) > 250_000
    assert "label" in post(client, file.getvalue()).json()["answers"][0]


def test_models_say_what_they_are(client: TestClient) -> None:
    [model] = client.get("/v1/models").json()["models"]
    bundle = Classifier.load("fast").bundle
    assert (model["name"], model["sha256"]) == (bundle.metadata.name, bundle.sha256)
    assert model["size_px"] == bundle.metadata.preprocess.size_px
    assert model["thresholds"] == {
        "pet": bundle.metadata.thresholds.pet,
        "both": bundle.metadata.thresholds.both,
    }


def test_unknown_route_and_method_are_problems(client: TestClient) -> None:
    assert problem_of(client.get("/v1/nothing")) == (404, "not-found")
    assert problem_of(client.get("/v1/predict")) == (405, "method-not-allowed")


def test_every_response_protects_the_page(client: TestClient) -> None:
    for response in (client.get("/"), client.get("/v1/nothing"), post(client, b"x")):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"


def test_description_is_valid_and_its_examples_are_answered(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert {"/v1/predict", "/v1/models", "/livez", "/readyz", "/metrics"} <= set(described["paths"])
    content = described["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    response = client.post("/v1/predict", json=content["application/json"]["example"])
    assert response.status_code == 200, json.dumps(response.json())
    assert response.json()["answers"][0]["width"] == 2


def test_explanation_is_a_heat_map_for_each_animal(client: TestClient, samples: Path) -> None:
    photo = (samples / "dog.jpg").read_bytes()
    [plain] = post(client, photo).json()["answers"]
    [explained, failed] = post(client, photo, b"no photo", explain="true").json()["answers"]
    maps = {name: base64.b64decode(text) for name, text in explained.pop("heat_maps").items()}
    assert explained == plain
    assert failed["error"]["status"] == 415
    assert set(maps) == {"cat", "dog"}
    assert maps["cat"] != maps["dog"]
    for jpeg in maps.values():
        assert Image.open(io.BytesIO(jpeg)).format == "JPEG"


def test_second_look_is_asked_for_by_request(client: TestClient, samples: Path) -> None:
    photo = (samples / "dog_person_horse.jpg").read_bytes()
    for look in ("off", "always"):
        [answer] = post(client, photo, second_look=look).json()["answers"]
        expected = Classifier.load("fast", second_look=look).predict(photo)
        assert answer["p_dog"] == pytest.approx(expected.p_dog, abs=1e-5)
        assert answer["p_cat"] == pytest.approx(expected.p_cat, abs=1e-5)
