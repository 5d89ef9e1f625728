"""The Open Inference Protocol (v2) as Triton's and KServe's clients speak it.

One input, `photos`: encoded photos, as bytes in the binary extension or as base64 in JSON. Two
outputs in the photos' order: `probabilities`, FP32 (N, 2), p_cat and p_dog, and `label`, BYTES (N).
The protocol knows no error of a single photo, so one bad photo refuses its request.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from catordog.errors import ImageError
from catordog.labels import CLASSES
from catordog.records import Failure, Prediction
from catordog.serving.limits import check_count
from catordog.serving.problems import Problem, first_error
from catordog.serving.settings import ServeSettings
from catordog.serving.uploads import decode_base64

JSON_LENGTH = "inference-header-content-length"
"""Header of the binary extension: how many bytes of the body are JSON; the rest is tensors."""

PHOTOS = "photos"
OUTPUTS = ("probabilities", "label")
_TYPES = {"probabilities": "FP32", "label": "BYTES"}


class Tensor(BaseModel):
    """An input, as the protocol describes it."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    data: list[Any] | None = None


class WantedOutput(BaseModel):
    """An output that is asked for."""

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class InferBody(BaseModel):
    """The JSON of `POST /v2/models/{name}/infer`."""

    id: str | None = Field(None, max_length=200)
    parameters: dict[str, Any] = Field(default_factory=dict)
    inputs: list[Tensor] = Field(min_length=1, max_length=1)
    outputs: list[WantedOutput] = Field(default_factory=list, max_length=2)


def describe_model(name: str) -> dict[str, Any]:
    """Returns the model's metadata as the protocol wants it."""
    return {
        "name": name,
        "versions": ["1"],
        "platform": "onnxruntime",
        "inputs": [{"name": PHOTOS, "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, len(CLASSES)]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def read_photos(
    raw: bytes, json_length: str | None, settings: ServeSettings
) -> tuple[InferBody, list[bytes | Failure]]:
    """Takes a request apart.

    Args:
        raw: the request's body.
        json_length: value of the header `JSON_LENGTH`; None if the body is JSON alone.
        settings: the limits.

    Raises:
        Problem: 400, the body is not what the protocol says; 413, there are too many photos.
    """
    end = len(raw)
    if json_length is not None:
        is_number = json_length.isascii() and json_length.isdigit()
        end = int(json_length[:18]) if is_number else -1
        if not 0 <= end <= len(raw):
            raise _wrong(f"expected a header length of at most {len(raw)}, received another")
    try:
        body = InferBody.model_validate_json(raw[:end])
    except ValidationError as exc:
        raise _wrong(first_error(exc.errors(include_input=False, include_url=False))) from exc
    tensor = body.inputs[0]
    if tensor.name != PHOTOS or tensor.datatype != "BYTES":
        raise _wrong(f"expected an input '{PHOTOS}' of BYTES, received another")
    unknown = [output.name for output in body.outputs if output.name not in OUTPUTS]
    if unknown:
        raise _wrong(f"expected outputs {' and '.join(OUTPUTS)}, received others")
    photos: list[bytes | Failure]
    if tensor.data is None:
        photos = list(_split(raw[end:], tensor.parameters.get("binary_data_size"), settings))
    else:
        check_count(len(tensor.data), settings)
        if not all(isinstance(text, str) for text in tensor.data):
            raise _wrong("expected photos as base64 texts, received other values")
        photos = [decode_base64(text, settings) for text in tensor.data]
    if not photos or tensor.shape not in ([len(photos)], [len(photos), 1]):
        raise _wrong(f"expected photos of shape [{max(1, len(photos))}], received another")
    return body, photos


def lay_out_outputs(
    body: InferBody, name: str, predictions: Sequence[Prediction]
) -> tuple[bytes, int | None]:
    """Lays answers out as a response.

    Args:
        body: what was asked.
        name: of the model.
        predictions: in the photos' order.

    Returns:
        The response's body, and how many bytes of it are JSON; None if all are.
    """
    is_binary_by_default = body.parameters.get("binary_data_output") is True
    wanted = {output.name: output.parameters for output in body.outputs}
    outputs, tail = [], b""
    for output in OUTPUTS:
        if wanted and output not in wanted:
            continue
        values = _values(output, predictions)
        described: dict[str, Any] = {
            "name": output,
            "datatype": _TYPES[output],
            "shape": list(values.shape),
        }
        if wanted.get(output, {}).get("binary_data", is_binary_by_default) is True:
            packed = _pack(values)
            described["parameters"] = {"binary_data_size": len(packed)}
            tail += packed
        else:
            described["data"] = values.ravel().tolist()
        outputs.append(described)
    head: dict[str, Any] = {"model_name": name, "model_version": "1", "outputs": outputs}
    if body.id is not None:
        head["id"] = body.id
    packed_head = json.dumps(head).encode()
    return packed_head + tail, len(packed_head) if tail else None


def only_predictions(answers: Sequence[object]) -> list[Prediction]:
    """Checks that every photo has its answer.

    Raises:
        Problem: 400, one has not; the message says which and why.
    """
    for index, answer in enumerate(answers):
        if isinstance(answer, Failure):
            raise _wrong(f"photo {index}: {answer.error}")
        if not isinstance(answer, Prediction):
            raise Problem(500, "server-error", f"The server failed on photo {index}.")
    return [answer for answer in answers if isinstance(answer, Prediction)]


def _values(output: str, predictions: Sequence[Prediction]) -> np.ndarray:
    if output == "label":
        return np.array([answer.label.value for answer in predictions], object)
    return np.array([(answer.p_cat, answer.p_dog) for answer in predictions], np.float32)


def _pack(values: np.ndarray) -> bytes:
    """Packs a tensor as the binary extension does: little end first, texts after their lengths."""
    if values.dtype == object:
        texts = [str(text).encode() for text in values]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return values.astype("<f4").tobytes()


def _split(packed: bytes, size: object, settings: ServeSettings) -> Sequence[bytes]:
    """Takes texts apart that stand one after the other, each after its length."""
    if size != len(packed):
        raise _wrong(f"expected binary_data_size {len(packed)}, received another")
    photos: list[bytes] = []
    at = 0
    while at < len(packed):
        if at + 4 > len(packed):
            raise _wrong("expected a length before each photo, received a body that ends there")
        (length,) = struct.unpack_from("<I", packed, at)
        at += 4
        if at + length > len(packed):
            raise _wrong("expected whole photos, received a length beyond the body's end")
        photos.append(packed[at : at + length])
        check_count(len(photos), settings)
        at += length
    return photos


def _wrong(what: str) -> Problem:
    return Problem(400, ImageError.__name__, f"Cannot infer: {what}. See GET /v2/models/NAME.")
