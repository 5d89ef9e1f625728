"""The review page's server side: a queue, its photos, and one place to post a decision to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException

from catordog.data.decision_log import DecisionLog
from catordog.data.decisions import Choice
from catordog.errors import CatOrDogError
from catordog.labels import Label
from catordog.review.guard import Guard
from catordog.review.photos import Size, to_jpeg
from catordog.review.queue import ReviewItem
from catordog.web.files import add_file, add_shared_files

_STATIC = Path(__file__).parent / "static"
_FILES = {"/": "page.html", "/review.css": "review.css", "/review.js": "review.js"}


class PostedDecision(BaseModel):
    """What the page sends.

    Attributes:
        queue: the queue's digest as the page knows it: an index of another queue is another photo.
        index: of the photo in the queue.
        decision: about it.
    """

    queue: str
    index: int
    decision: Choice


def create_app(
    items: Sequence[ReviewItem], read_photo: Callable[[str], bytes], decisions: DecisionLog
) -> FastAPI:
    """Builds the application; it answers only requests that this computer sent to itself.

    Photos are addressed by their place in the queue, so there is no way to ask for another file.

    Args:
        items: the queue, in the order to show it.
        read_photo: returns a photo's encoded bytes, of any format, by its id; called on several
            threads.
        decisions: where decisions go; what it holds already is shown as decided.
    """
    app = FastAPI(title="catordog review", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard)
    app.add_exception_handler(CatOrDogError, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(AnyHTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_crash)
    for path, name in _FILES.items():
        add_file(app, path, _STATIC / name)
    add_shared_files(app)
    _add_queue_routes(app, items, decisions)
    _add_photo_routes(app, items, read_photo)
    return app


def _add_queue_routes(app: FastAPI, items: Sequence[ReviewItem], log: DecisionLog) -> None:
    queue = _digest(items)

    @app.get("/api/queue")
    def read_queue() -> JSONResponse:
        latest = log.latest
        age = {id: number for number, id in enumerate(latest.decisions)}
        positions = {item.id: index for index, item in enumerate(items)}
        rows = []
        for index, item in enumerate(items):
            row = _describe(index, item, [(id, positions.get(id)) for id in item.related], items)
            found = latest.find(item.id, item.sha256)
            row["decision"] = found.decision if found else Choice.UNDECIDED
            row["order"] = age[item.id] if found else -1
            row["is_stale"] = found is None and item.id in latest.decisions
            rows.append(row)
        body = {"queue": queue, "file": _text(str(log.path)), "note": latest.note, "items": rows}
        return JSONResponse(body)

    @app.post("/api/decisions")
    def post_decision(posted: PostedDecision) -> JSONResponse:
        _check_queue(posted.queue, queue)
        item = _item_at(items, posted.index)
        label = Label(item.label) if item.label else None
        log.append(item.id, item.sha256, label, posted.decision)
        return JSONResponse({"index": posted.index, "decision": posted.decision})


def _add_photo_routes(
    app: FastAPI, items: Sequence[ReviewItem], read_photo: Callable[[str], bytes]
) -> None:
    queue = _digest(items)
    sha256s = {item.id: item.sha256 for item in items}

    def show(id: str, size: Size) -> Response:
        jpeg = to_jpeg(id, sha256s.get(id, ""), size, read_photo)
        headers = {"Cache-Control": "private, max-age=3600"}  # the queue's digest is in the URL
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    @app.get("/photos/{of_queue}/{index}/{size}")
    def read_one(of_queue: str, index: int, size: Size) -> Response:
        _check_queue(of_queue, queue)
        return show(_item_at(items, index).id, size)

    @app.get("/photos/{of_queue}/{index}/related/{position}/{size}")
    def read_related(of_queue: str, index: int, position: int, size: Size) -> Response:
        _check_queue(of_queue, queue)
        related = _item_at(items, index).related
        if not 0 <= position < len(related):
            raise HTTPException(404, "There is no such related photo.")
        return show(related[position], size)


def _describe(
    index: int,
    item: ReviewItem,
    related: Sequence[tuple[str, int | None]],
    items: Sequence[ReviewItem],
) -> dict[str, Any]:
    """Lays one photo out for the page."""
    return {
        "index": index,
        "id": _text(item.id),
        "label": item.label,
        "p_cat": item.p_cat,
        "p_dog": item.p_dog,
        "verdict": item.verdict,
        "reason": _text(item.reason),
        "kind": item.kind,
        "related": [
            {"id": _text(id), "index": at, "label": "" if at is None else items[at].label}
            for id, at in related
        ],
    }


def _item_at(items: Sequence[ReviewItem], index: int) -> ReviewItem:
    if not 0 <= index < len(items):
        raise HTTPException(404, f"There is no photo {index + 1}: the queue has {len(items)}.")
    return items[index]


def _check_queue(received: str, queue: str) -> None:
    if received != queue:
        raise HTTPException(409, "The list of photos is another one by now. Reload the page.")


def _digest(items: Sequence[ReviewItem]) -> str:
    """Returns what changes when an index would mean another photo."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(repr((item.id, item.sha256, item.label, item.related)).encode())
    return digest.hexdigest()[:16]


def _text(text: str) -> str:
    """Returns a name that JSON can carry: bytes that are not UTF-8 become question marks."""
    return text.encode(errors="replace").decode()


def _refuse(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": _text(error)}, status, {"Cache-Control": "no-store"})


def _answer_refusal(_: Request, exc: Exception) -> Response:
    return _refuse(getattr(exc, "http_status", 500), str(exc))


def _answer_invalid(_: Request, exc: Exception) -> Response:
    return _refuse(422, "The page sent what this server does not understand. Reload the page.")


def _answer_http(_: Request, exc: Exception) -> Response:
    status = getattr(exc, "status_code", 500)
    return _refuse(status, str(getattr(exc, "detail", exc)))


def _answer_crash(_: Request, exc: Exception) -> Response:
    return _refuse(500, f"The server failed with {type(exc).__name__}; see the terminal.")
