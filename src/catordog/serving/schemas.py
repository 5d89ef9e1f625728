"""What the API answers with, as OpenAPI describes it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from catordog import errors
from catordog.labels import Label
from catordog.records import Prediction
from catordog.serving.answering import Answered, Explained


class PhotoError(BaseModel):
    """Why one photo has no answer; the others have theirs."""

    kind: str = Field(description="Class of the error.", examples=["ImageDecodeError"])
    status: int = Field(
        description="What the photo alone would have deserved as a status.", examples=[415]
    )
    detail: str = Field(description="What was expected and received, and the next step.")


class PhotoAnswer(BaseModel):
    """What the model says of one photo, or why it says nothing."""

    index: int = Field(description="Of the photo in the request, from 0.")
    label: Label | None = Field(None, description="cat, dog, both or neither.")
    p_cat: float | None = Field(None, description="Probability that it shows a cat, in [0, 1].")
    p_dog: float | None = Field(None, description="Probability that it shows a dog, in [0, 1].")
    width: int | None = Field(None, description="Pixels across, upright.")
    height: int | None = Field(None, description="Pixels down, upright.")
    warning: str | None = Field(None, description="Empty, or what the answer does not rest on.")
    heat_maps: dict[str, str] | None = Field(
        None,
        description="If asked for: by class, a JPEG in base64, the photo with what speaks for it.",
    )
    error: PhotoError | None = Field(None, description="In place of an answer.")


class ModelName(BaseModel):
    """Which model answered."""

    name: str = Field(examples=["accurate"])
    sha256: str = Field(description="Of its file: models that share it give the same answers.")


class Answers(BaseModel):
    """The answers to a request's photos, in the request's order."""

    model: ModelName
    answers: list[PhotoAnswer]


class ModelDescription(ModelName):
    """What a model says of itself."""

    version: str = Field(description="catordog's version that wrote it.")
    backbone: str
    size_px: int = Field(description="Side of the picture it looks at.")
    size_bytes: int = Field(description="Of its file.")
    thresholds: Mapping[str, float] = Field(
        description="Below `pet` for both animals: neither. From `both` on for each: both.",
        examples=[{"pet": 0.5, "both": 0.5}],
    )
    metrics: Mapping[str, Any] = Field(description="Measured on photos held out of training.")
    licence: str


class Models(BaseModel):
    """The models that answer here."""

    models: list[ModelDescription]


class ProblemBody(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(examples=["urn:catordog:problem:queue-full"])
    title: str = Field(examples=["Service Unavailable"])
    status: int = Field(examples=[503])
    detail: str = Field(description="What failed, what was expected, and the next step.")


def lay_out(index: int, answer: Answered | BaseException) -> dict[str, Any]:
    """Lays one photo's answer out as a `PhotoAnswer`.

    Example:
        >>> from catordog import Failure
        >>> lay_out(3, Failure("no picture", "ImageDecodeError"))["error"]["status"]
        415
    """
    if isinstance(answer, Explained):
        maps = {name: base64.b64encode(jpeg).decode() for name, jpeg in answer.heat_maps.items()}
        return lay_out(index, answer.prediction) | {"heat_maps": maps}
    if isinstance(answer, Prediction):
        return {
            "index": index,
            "label": answer.label.value,
            "p_cat": round(answer.p_cat, 6),
            "p_dog": round(answer.p_dog, 6),
            "width": answer.width,
            "height": answer.height,
            "warning": answer.warning,
        }
    if isinstance(answer, BaseException):
        detail = f"The server failed on this photo with {type(answer).__name__}; its log says more."
        return {"index": index, "error": {"kind": "ServerError", "status": 500, "detail": detail}}
    found = getattr(errors, answer.kind, errors.CatOrDogError)
    body = {"kind": answer.kind, "status": found.http_status, "detail": answer.error}
    return {"index": index, "error": body}
