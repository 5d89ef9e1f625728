from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catordog import Classifier


def infer(client: TestClient, body: Any) -> Any:
    return client.post("/v2/models/fast/infer", json=body)


def photos_input(*photos: bytes) -> dict[str, Any]:
    data = [base64.b64encode(photo).decode() for photo in photos]
    return {"name": "photos", "shape": [len(data)], "datatype": "BYTES", "data": data}


def test_health_and_metadata_are_those_of_the_protocol(client: TestClient) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/fast/ready"):
        assert client.get(path).status_code == 200
    model = client.get("/v2/models/fast").json()
    assert model["inputs"] == [{"name": "photos", "datatype": "BYTES", "shape": [-1]}]
    assert [output["name"] for output in model["outputs"]] == ["probabilities", "label"]
    assert client.get("/v2/models/fast/versions/1").json() == model
    assert set(client.get("/v2/models/slow").json()) == {"error"}


def test_json_is_answered_in_order(client: TestClient, samples: Path) -> None:
    photos = [(samples / name).read_bytes() for name in ("dog.jpg", "chelsea.jpg")]
    response = infer(client, {"id": "7", "inputs": [photos_input(*photos)]}).json()
    expected = [Classifier.load("fast").predict(photo) for photo in photos]
    probabilities, label = response["outputs"]
    assert response["id"] == "7"
    assert label["data"] == [str(prediction.label) for prediction in expected]
    assert probabilities["shape"] == [2, 2]
    flat = [p for prediction in expected for p in (prediction.p_cat, prediction.p_dog)]
    assert probabilities["data"] == pytest.approx(flat, abs=1e-5)


def test_only_wanted_outputs_are_answered(client: TestClient, samples: Path) -> None:
    body = {
        "inputs": [photos_input((samples / "dog.jpg").read_bytes())],
        "outputs": [{"name": "label"}],
    }
    assert [output["name"] for output in infer(client, body).json()["outputs"]] == ["label"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": [{"name": "pixels", "shape": [1], "datatype": "BYTES", "data": [""]}]},
        {"inputs": [{"name": "photos", "shape": [2], "datatype": "BYTES", "data": ["eA=="]}]},
        {"inputs": [{"name": "photos", "shape": [1], "datatype": "BYTES", "data": [7]}]},
        {"inputs": [{"name": "photos", "shape": [1], "datatype": "BYTES"}]},
        {"inputs": [photos_input(b"no photo")]},
        {"inputs": [photos_input(b"x")], "outputs": [{"name": "colour"}]},
    ],
)
def test_what_the_protocol_does_not_allow_is_an_error_in_its_form(
    client: TestClient, body: Any
) -> None:
    response = infer(client, body)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("tail", [b"\1", struct.pack("<I", 9) + b"short", b"\xff" * 8])
def test_damaged_binary_body_is_an_error(client: TestClient, tail: bytes) -> None:
    tensor = {
        "name": "photos",
        "shape": [1],
        "datatype": "BYTES",
        "parameters": {"binary_data_size": len(tail)},
    }
    head = json.dumps({"inputs": [tensor]}).encode()
    for length in (str(len(head)), str(len(head) + 99), "-1", "x"):
        headers = {"Inference-Header-Content-Length": length}
        response = client.post("/v2/models/fast/infer", content=head + tail, headers=headers)
        assert (response.status_code, set(response.json())) == (400, {"error"})
