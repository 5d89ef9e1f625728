"""What a request is refused with: one JSON object (RFC 9457), the same for every route.

The Open Inference Protocol wants another shape, `{"error": "..."}`, below `/v2`; it gets it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from catordog.errors import CatOrDogError

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request with a refusal.

    Attributes:
        status: of the response.
        kind: which problem it is, in words with dashes, such as `queue-full`.
        detail: what failed, what was expected, and the next step, in one line.
        retry_after_s: when to try again; None if that would change nothing.
    """

    def __init__(
        self, status: int, kind: str, detail: str, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s


def refuse(request: Request, problem: Problem) -> Response:
    """Lays a problem out as the response that the route's clients understand."""
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_s)))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if request.url.path.startswith("/v2"):
        return JSONResponse({"error": problem.detail}, problem.status, headers)
    body: dict[str, Any] = {
        "type": f"urn:catordog:problem:{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


def answer_problems(app: FastAPI, on_problem: Callable[[Problem], None]) -> None:
    """Makes an application answer every error as a problem, and tell `on_problem` of refusals."""

    async def problem(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, Problem)
        on_problem(exc)
        return refuse(request, exc)

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, CatOrDogError)
        return refuse(request, Problem(exc.http_status, _kind_of(exc), str(exc)))

    async def invalid(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        return refuse(request, Problem(422, "invalid-request", first_error(exc.errors())))

    async def http(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, AnyHTTPException)
        kind = HTTPStatus(exc.status_code).phrase.lower().replace(" ", "-")
        response = refuse(request, Problem(exc.status_code, kind, str(exc.detail)))
        response.headers.update(exc.headers or {})
        return response

    async def crash(request: Request, exc: Exception) -> Response:
        detail = f"The server failed with {type(exc).__name__}; its log says more."
        return refuse(request, Problem(500, "server-error", detail))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(CatOrDogError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(AnyHTTPException, http)
    app.add_exception_handler(Exception, crash)


def first_error(errors: Any) -> str:
    """Puts the first of pydantic's complaints into one line; what was received is left out."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    return (
        f"Cannot use {where[:80]}: {str(first['msg'])[:160]}{more}. See /docs for what is expected."
    )


def _kind_of(exc: CatOrDogError) -> str:
    name = type(exc).__name__.removesuffix("Error")
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
