"""Reads small request bodies, and no more of them than is allowed."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from catordog.serving.problems import Problem, first_error

MAX_BODY_BYTES = 8192
"""An answer takes about 300."""

Body = TypeVar("Body", bound=BaseModel)


async def read_model(request: Request, kind: type[Body]) -> Body:
    """Reads a JSON body.

    Raises:
        Problem: 413, it is too large; 415, it is no JSON by its type; 422, by its content.
    """
    if media_type_of(request) != "application/json":
        raise Problem(
            415,
            "wrong-type",
            "Cannot read the request: expected application/json, received another Content-Type. "
            "Send JSON.",
        )
    try:
        return kind.model_validate_json(await read_bytes(request))
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
        raise Problem(422, "invalid-request", first_error(errors)) from exc


async def read_fields(request: Request) -> dict[str, str] | None:
    """Reads the fields of a form or of a flat JSON object; None if it is neither.

    Raises:
        Problem: 413, it is too large.
    """
    body = await read_bytes(request)
    kind = media_type_of(request)
    if kind == "application/json":
        try:
            return _Fields.model_validate_json(body).model_dump(exclude_none=True)
        except ValidationError:
            return None
    if kind not in ("application/x-www-form-urlencoded", ""):
        return None
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=20, errors="replace"))
    except ValueError:
        return None


async def read_bytes(request: Request) -> bytes:
    """Reads a body while it is small enough.

    Raises:
        Problem: 413, it is too large; 400, its sender is gone.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise Problem(
                    413,
                    "request-too-large",
                    f"Cannot read the request: expected at most {MAX_BODY_BYTES} bytes, received "
                    "more. Send only the fields that /docs names.",
                )
    except ClientDisconnect as exc:
        raise Problem(400, "cut-short", "Cannot read the request: it ended early.") from exc
    return body


def media_type_of(request: Request) -> str:
    """Returns the Content-Type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def address_of(request: Request) -> str:
    """Returns where a request came from."""
    return request.client.host if request.client else ""


class _Fields(BaseModel):
    """What `siteverify` takes as JSON."""

    secret: str | None = None
    response: str | None = None
    remoteip: str | None = None
    idempotency_key: str | None = None
