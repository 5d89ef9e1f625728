"""Takes photos out of a request's body while it comes in: in memory, within limits, never on disk.

Starlette's own form parser counts files, not bytes, and puts large ones into temporary files; so
the body is read here.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from catordog.errors import ImageDecodeError, ImageTooLargeError
from catordog.records import Failure
from catordog.serving.answering import Question
from catordog.serving.limits import UploadShare, check_count
from catordog.serving.multipart import FormReader
from catordog.serving.problems import Problem, first_error
from catordog.serving.settings import SecondLook, ServeSettings

FORM = "multipart/form-data"
JSON = "application/json"


class PhotoInJson(BaseModel):
    """One photo of a JSON body."""

    model_config = ConfigDict(extra="forbid")

    base64: str = Field(description="The photo's file, in base64.")


class PredictBody(BaseModel):
    """The JSON body of `POST /v1/predict`."""

    model_config = ConfigDict(extra="forbid")

    photos: list[PhotoInJson] = Field(min_length=1, description="Answered in this order.")
    explain: bool = Field(False, description="Return heat maps too.")
    second_look: SecondLook | None = Field(
        None, description="Look again, closer: when unsure, never or always; else as set up."
    )


@dataclass(slots=True)
class Upload:
    """What a request brought.

    Attributes:
        photos: encoded, in the order they came; a `Failure` stands for one that is over a limit
            or no base64, which spoils no other.
        question: what is asked of them.
        size_bytes: of the body.
    """

    question: Question
    photos: list[bytes | Failure] = field(default_factory=list)
    size_bytes: int = 0


async def read_upload(request: Request, settings: ServeSettings, share: UploadShare) -> Upload:
    """Reads a request's photos.

    Args:
        request: with a body of type multipart/form-data or application/json.
        settings: the limits.
        share: counts what is kept in memory.

    Raises:
        Problem: 400 or 422, the body is not what it says; 408, it comes too slowly; 413, it is
            over a limit; 415, it is of another type; 503, there is no room for it.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    content_type = kind.decode("latin-1").lower()
    if content_type not in (FORM, JSON):
        raise Problem(
            415,
            "wrong-type",
            f"Cannot read the body: expected {FORM} or {JSON}, received "
            f"'{content_type[:80]}'. Set Content-Type.",
        )
    body = LimitedBody(request, settings, share)
    async with reading_in_time(body, settings):
        if content_type == FORM:
            reader = FormReader(options.get(b"boundary", b""), settings)
            upload = await _read_form(body, reader, settings)
        else:
            upload = await _read_json(body, settings)
    if not upload.photos:
        raise Problem(
            422,
            "no-photos",
            "Cannot answer: expected at least one photo, received none. Send each as a file "
            "named 'photos'.",
        )
    upload.size_bytes = body.size_bytes
    return upload


class LimitedBody:
    """A request's body in pieces, which ends with a `Problem` where it goes over a limit.

    Attributes:
        size_bytes: read so far.
    """

    def __init__(self, request: Request, settings: ServeSettings, share: UploadShare) -> None:
        """Refuses at once what announces itself as too large."""
        self._request = request
        self._limit_bytes = settings.max_request_bytes
        self._share = share
        self.size_bytes = 0
        announced = request.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit():
            self._check(int(announced[:18]))

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the body's bytes as they come in."""
        try:
            async for piece in self._request.stream():
                self.size_bytes += len(piece)
                self._check(self.size_bytes)
                self._share.take(len(piece))
                yield piece
        except ClientDisconnect as exc:  # nobody hears this; it is counted
            detail = "Cannot read the body: expected all of it, received its beginning. Try again."
            raise Problem(400, "client-gone", detail) from exc

    async def read(self) -> bytes:
        """Returns the whole body."""
        return b"".join([piece async for piece in self.pieces()])

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            raise Problem(
                413,
                "request-too-large",
                f"Cannot read the body: expected at most {self._limit_bytes} bytes, received "
                f"{size_bytes} or more. Send fewer photos at once.",
            )


@asynccontextmanager
async def reading_in_time(body: LimitedBody, settings: ServeSettings) -> AsyncIterator[None]:
    """Ends reading that takes too long.

    Raises:
        Problem: 408, the body was not there in time.
    """
    try:
        async with asyncio.timeout(settings.upload_timeout_s):
            yield
    except TimeoutError as exc:
        raise Problem(
            408,
            "upload-too-slow",
            f"Cannot read the body: expected it whole within {settings.upload_timeout_s:g} s, "
            f"received {body.size_bytes} bytes of it. Send less at once.",
        ) from exc


def too_large(settings: ServeSettings) -> Failure:
    """Returns what stands for a photo of too many bytes."""
    return Failure(
        error=f"Cannot take the photo: expected at most {settings.max_photo_bytes} bytes, received "
        "more. Save it smaller.",
        kind=ImageTooLargeError.__name__,
    )


async def _read_form(body: LimitedBody, reader: FormReader, settings: ServeSettings) -> Upload:
    async for piece in body.pieces():
        reader.feed(piece)
    photos, fields = reader.finish()
    question = _question(fields, settings)
    return Upload(question, [too_large(settings) if p is None else p for p in photos])


async def _read_json(body: LimitedBody, settings: ServeSettings) -> Upload:
    raw = await body.read()
    try:
        parsed = PredictBody.model_validate_json(raw)
    except ValidationError as exc:
        errors = exc.errors(include_input=False, include_url=False)
        raise Problem(422, "invalid-request", first_error(errors)) from exc
    check_count(len(parsed.photos), settings)
    question = Question(parsed.second_look or settings.second_look, parsed.explain)
    upload = Upload(question)
    for photo in parsed.photos:
        await asyncio.sleep(0)  # a large body is decoded photo by photo, others in between
        upload.photos.append(decode_base64(photo.base64, settings))
    return upload


def decode_base64(text: str | bytes, settings: ServeSettings) -> bytes | Failure:
    """Decodes one photo; what is over the limit, or no base64, is a `Failure`."""
    if len(text) * 3 // 4 > settings.max_photo_bytes + 2:
        return too_large(settings)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return Failure(
            error="Cannot decode the photo: expected base64, received other characters. Encode "
            "the file's bytes.",
            kind=ImageDecodeError.__name__,
        )


def _question(fields: dict[str, str], settings: ServeSettings) -> Question:
    """Reads a form's fields as the JSON body's are read."""
    explain = fields.get("explain", "false").lower()
    second_look = fields.get("second_look") or settings.second_look
    if explain not in ("true", "false", "1", "0"):
        raise _wrong_field("explain", "true or false", explain)
    if second_look not in ("auto", "off", "always"):
        raise _wrong_field("second_look", "auto, off or always", second_look)
    return Question(second_look, explain in ("true", "1"))


def _wrong_field(name: str, expected: str, received: str) -> Problem:
    detail = f"Cannot use {name}: expected {expected}, received '{received[:80]}'. Mend the form."
    return Problem(422, "invalid-request", detail)
