"""The API that the challenge's pages, and whoever plays without them, talk to."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from catordog.challenge.records import Session, Shown
from catordog.challenge.rules import PHOTOS
from catordog.challenge.service import OWN_SITE, ChallengeService
from catordog.challenge.sheet import COLUMNS, SIDE_PX
from catordog.serving.challenge.bodies import address_of, read_model
from catordog.serving.problems import Problem

HONESTY = (
    "A demonstration of what became of Asirra, not a protection: people passed 83.4 % of such "
    "challenges at the first try (Golle 2008, quoting the Asirra paper), and a program with "
    "catordog's own model passes more of them than people do. See docs/challenge.md."
)

Id = Annotated[str, Field(max_length=64)]
Picked = Annotated[
    list[bool], Field(min_length=PHOTOS, max_length=PHOTOS, description="One a photo; true: a cat.")
]


class NewSession(BaseModel):
    """Who wants to be asked."""

    site_key: str = Field(OWN_SITE, max_length=100)
    hostname: str = Field("", max_length=253, description="Of the page that shows the challenge.")


class BegunSession(BaseModel):
    """A session."""

    session: str
    photos: int = Field(description="In a challenge.")
    partial_credit: bool
    refill: int = Field(description="Of an empty token bucket; 0: there are none.")
    notice: str


class OfSession(BaseModel):
    """Which session wants a challenge."""

    session: Id


class ShownChallenge(BaseModel):
    """A challenge: pick every cat, and no dog."""

    challenge: str
    sheet: str = Field(description="Where the picture of all photos is, in rows, in order.")
    columns: int
    side_px: int = Field(description="Of each photo.")
    expires_at: float = Field(description="Seconds since 1970.")


class GivenAnswer(OfSession):
    """An answer to a challenge."""

    challenge: Id
    picked: Picked
    hostname: str = Field("", max_length=253)


class ScoredAnswer(BaseModel):
    """What came of an answer. Which photos were wrong is not told."""

    passed: bool
    ticket: str | None = Field(description="For the site's server, once, within five minutes.")


def play_routes(challenge: ChallengeService) -> APIRouter:
    """Builds the routes."""
    router = APIRouter(tags=["challenge"])

    @router.post("/challenge/api/sessions", status_code=201, summary="Begin a session")
    async def begin(request: Request) -> BegunSession:
        wanted = await read_model(request, NewSession)
        session = await begin_session(challenge, request, wanted.site_key, wanted.hostname)
        policy = challenge.policy
        return BegunSession(
            session=session.id,
            photos=PHOTOS,
            partial_credit=policy.partial_credit,
            refill=policy.refill,
            notice=HONESTY,
        )

    @router.post("/challenge/api/challenges", status_code=201, summary="Show a new challenge")
    async def show(request: Request) -> ShownChallenge:
        wanted = await read_model(request, OfSession)
        shown = await show_challenge(challenge, wanted.session)
        return ShownChallenge(
            challenge=shown.id,
            sheet=f"/challenge/sheets/{shown.sheet}.webp",
            columns=COLUMNS,
            side_px=SIDE_PX,
            expires_at=shown.expires_at,
        )

    @router.post("/challenge/api/answers", summary="Answer a challenge")
    async def answer(request: Request) -> ScoredAnswer:
        given = await read_model(request, GivenAnswer)
        scored = await asyncio.to_thread(
            challenge.score,
            given.session,
            given.picked,
            challenge_id=given.challenge,
            hostname=given.hostname,
        )
        if scored is None:
            raise gone()
        return ScoredAnswer(passed=scored[0].passed, ticket=scored[1] or None)

    @router.get("/challenge/sheets/{name}.webp", response_class=Response, summary="Read the photos")
    async def sheet(name: str) -> Response:
        return send_picture(await asyncio.to_thread(challenge.read_sheet, name), "image/webp")

    for route in router.routes:
        _describe_body(route)
    return router


def send_picture(picture: bytes | None, media_type: str) -> Response:
    """Sends a picture of a challenge.

    Raises:
        Problem: 404, there is none.
    """
    if picture is None:
        raise Problem(
            404,
            "not-found",
            "There is no such picture, or its challenge is over. Ask for a new challenge.",
        )
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(picture, media_type=media_type, headers=headers)


async def begin_session(
    challenge: ChallengeService, request: Request, site_key: str, hostname: str
) -> Session:
    """Begins a session for whoever asks.

    Raises:
        Problem: 403, the site is not known, or not at this host.
    """
    if not challenge.knows_site(site_key, hostname):
        raise Problem(
            403,
            "unknown-site",
            "Cannot begin a session: expected a site key of this server, shown on one of the "
            "site's hosts, received another. See CATORDOG_CHALLENGE_SITES.",
        )
    return await asyncio.to_thread(challenge.begin_session, site_key, address_of(request))


async def show_challenge(challenge: ChallengeService, session_id: str) -> Shown:
    """Shows a session a new challenge.

    Raises:
        Problem: 410, there is no such session; 429, too many are open; 503, none is ready.
    """
    session = await asyncio.to_thread(challenge.find_session, session_id)
    if session is None:
        raise gone()
    if not await asyncio.to_thread(challenge.has_room, session):
        raise Problem(
            429,
            "too-many-open",
            "Cannot show one more challenge: expected some of those shown to this address to be "
            "answered, received none of it. Answer them, or wait until they expire.",
            retry_after_s=60,
        )
    shown = await asyncio.to_thread(challenge.show_challenge, session)
    if shown is None:
        raise Problem(
            503, "not-ready", "Cannot show a challenge: none is ready. Try again.", retry_after_s=2
        )
    return shown


def gone() -> Problem:
    """Builds the refusal of what was answered, has expired, or never was."""
    return Problem(
        410,
        "gone",
        "Cannot find that challenge: expected one that is open, received one that was answered or "
        "replaced, has expired, or never was. Ask for a new one.",
    )


_BODIES: dict[str, tuple[type[BaseModel], dict[str, object]]] = {
    "/challenge/api/sessions": (NewSession, {"site_key": OWN_SITE, "hostname": "blog.example"}),
    "/challenge/api/challenges": (OfSession, {"session": "0123456789abcdef0123456789abcdef"}),
    "/challenge/api/answers": (
        GivenAnswer,
        {
            "session": "0123456789abcdef0123456789abcdef",
            "challenge": "fedcba9876543210fedcba9876543210",
            "picked": [True, False] * (PHOTOS // 2),
            "hostname": "blog.example",
        },
    ),
}


def _describe_body(route: object) -> None:
    """Tells OpenAPI of a body, which the route reads by itself to bound it."""
    found = _BODIES.get(getattr(route, "path", ""))
    if found is not None:
        model, example = found
        content = {"schema": model.model_json_schema(), "example": example}
        body = {"required": True, "content": {"application/json": content}}
        route.openapi_extra = {"requestBody": body}  # type: ignore[attr-defined]
