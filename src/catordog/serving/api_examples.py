"""What OpenAPI says of bodies that the routes read themselves, with examples to try."""

from __future__ import annotations

from typing import Any

from catordog.serving.problems import MEDIA_TYPE
from catordog.serving.schemas import ProblemBody
from catordog.serving.uploads import FORM, JSON, PredictBody

_SMALLEST_PHOTO = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGPcMMuAgYGBiQEM"
    "GBkYGAAoBQFBNdDfPAAAAABJRU5ErkJggg=="
)
"""Two by two pixels, to show the form of a request; it is no animal."""

PREDICT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["photos"],
                    "properties": {
                        "photos": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "One or more photos: JPEG, PNG, WebP, AVIF, ...",
                        },
                        "explain": {"type": "boolean", "default": False},
                        "second_look": {"type": "string", "enum": ["auto", "off", "always"]},
                    },
                }
            },
            JSON: {
                "schema": PredictBody.model_json_schema(),
                "example": {"photos": [{"base64": _SMALLEST_PHOTO}]},
            },
        },
    }
}

_WHY = {
    400: "The form is damaged.",
    401: "A key is needed, and none or a wrong one was shown.",
    408: "The upload came too slowly.",
    413: "Too many bytes or photos.",
    415: "The body is neither a form nor JSON.",
    422: "The body lacks something, or has something unknown.",
    503: "The server is busy, starting or stopping; Retry-After says when to try again.",
    504: "The answer was not there in time.",
}

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": why, "model": ProblemBody, "content": {MEDIA_TYPE: {}}}
    for status, why in _WHY.items()
}
