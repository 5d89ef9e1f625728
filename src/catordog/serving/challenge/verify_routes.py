"""What a site's server asks about a ticket, in today's protocol and in Asirra's own."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from catordog.challenge.rules import PHOTOS
from catordog.challenge.service import ORIGINAL_SITE, ChallengeService
from catordog.challenge.sheet import view_singly
from catordog.serving.challenge.bodies import read_fields
from catordog.serving.challenge.play_routes import begin_session, send_picture, show_challenge
from catordog.serving.problems import Problem

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_SCRIPT = "text/javascript; charset=utf-8"
_PROTOCOL = 3
"""Asirra's version that clients in the wild speak."""
_SIDE_PX = 250
"""Of Asirra's photos: pages of its time leave room for that."""


class VerifiedTicket(BaseModel):
    """What is said of a ticket."""

    success: bool
    challenge_ts: str | None = Field(
        default=None, description="When it was solved, in UTC (ISO 8601)."
    )
    hostname: str | None = Field(default=None, description="Where, as the player's browser said.")
    error_codes: list[str] = Field(
        validation_alias="error_codes",
        serialization_alias="error-codes",
        description="missing-input-secret, invalid-input-secret, missing-input-response, "
        "invalid-input-response, bad-request, timeout-or-duplicate.",
    )


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {
                    "type": "object",
                    "required": ["secret", "response"],
                    "properties": {
                        "secret": {"type": "string", "description": "The site's."},
                        "response": {"type": "string", "description": "The ticket."},
                        "remoteip": {
                            "type": "string",
                            "description": "Where the site saw the player: must then be where the "
                            "challenge was solved.",
                        },
                        "idempotency_key": {
                            "type": "string",
                            "description": "Names this request, so that it may be sent again.",
                        },
                    },
                },
                "example": {"secret": "the site's secret", "response": "the ticket"},
            }
            for kind in ("application/x-www-form-urlencoded", "application/json")
        },
    }
}


def verify_routes(challenge: ChallengeService) -> APIRouter:
    """Builds the routes."""
    router = APIRouter(tags=["challenge"])

    @router.post("/v1/siteverify", summary="Use a ticket", openapi_extra=_FORM)
    async def siteverify(request: Request) -> VerifiedTicket:
        """Says whether a ticket is good, and uses it up. For a site's server, not its page.

        Conventions are those of reCAPTCHA, hCaptcha and Turnstile; a refusal is a 200 too.
        """
        fields = await read_fields(request)
        if fields is None:
            return VerifiedTicket(success=False, error_codes=["bad-request"])
        verified = await asyncio.to_thread(
            challenge.verify,
            fields.get("secret", ""),
            fields.get("response", ""),
            address=fields.get("remoteip", ""),
            used_by=fields.get("idempotency_key", ""),
        )
        if not verified.success:
            return VerifiedTicket(success=False, error_codes=verified.errors)
        solved_at = datetime.fromtimestamp(verified.issued_at, UTC).replace(microsecond=0)
        return VerifiedTicket(
            success=True,
            challenge_ts=solved_at.isoformat().replace("+00:00", "Z"),
            hostname=verified.hostname,
            error_codes=[],
        )

    @router.get("/cgi/Asirra", response_class=Response, summary="Asirra's own protocol")
    async def asirra(
        request: Request,
        action: str = "",
        sessionId: str = "",
        response: str = "",
        ticket: str = "",
    ) -> Response:
        """Answers clients of 2007: CreateSession, GetChallenge, ScoreResponse, ValidateTicket."""
        match action:
            case "CreateSession":
                session = await begin_session(challenge, request, ORIGINAL_SITE, "")
                lines = [f"asirraState.NewSessionComplete({_PROTOCOL}, {json.dumps(session.id)});"]
                return _script([*lines, await _challenge_line(challenge, request, session.id)])
            case "GetChallenge":
                await _check_session(challenge, sessionId)
                return _script([await _challenge_line(challenge, request, sessionId)])
            case "ScoreResponse":
                return _script([await _score(challenge, sessionId, response)])
            case "ValidateTicket":
                passed = await asyncio.to_thread(
                    challenge.verify_original, ticket.rpartition(";")[2]
                )
                return _validation(passed)
        raise Problem(
            400,
            "unknown-action",
            "Cannot answer: expected action=CreateSession, GetChallenge, ScoreResponse or "
            "ValidateTicket, received another. Mend the address.",
        )

    @router.get("/challenge/sheets/{name}.svg", response_class=Response, summary="View the photos")
    async def views(name: str) -> Response:
        """Sends the photos so that `#p0` to `#p11` show one: clients of 2007 want an address each.

        All are the same file, so none has bytes, a length or a time of its own.
        """
        sheet = await asyncio.to_thread(challenge.read_sheet, name)
        return send_picture(sheet and view_singly(sheet, _SIDE_PX), "image/svg+xml")

    return router


async def _check_session(challenge: ChallengeService, session_id: str) -> None:
    session = await asyncio.to_thread(challenge.find_session, session_id)
    if session is None or session.site_key != ORIGINAL_SITE:
        raise Problem(410, "gone", "There is no such session any more. Begin one: CreateSession.")


async def _challenge_line(challenge: ChallengeService, request: Request, session_id: str) -> str:
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        raise Problem(400, "bad-host", "Cannot answer: expected a host's name in Host. Mend it.")
    shown = await show_challenge(challenge, session_id)
    # Old clients put `http:` before the address, or leave that to the page.
    photos = ",\n".join(
        f'ImgRec("{shown.sheet}-{place}","//{host}/challenge/sheets/{shown.sheet}.svg#p{place}",'
        f"{_SIDE_PX},{_SIDE_PX})"
        for place in range(PHOTOS)
    )
    return f"asirraState.GetChallengeComplete(\n[{photos}]\n);"


async def _score(challenge: ChallengeService, session_id: str, response: str) -> str:
    scored = None
    if re.fullmatch(f"[01]{{{PHOTOS}}}", response):
        picked = [character == "1" for character in response]
        scored = await asyncio.to_thread(
            challenge.score, session_id, picked, site_key=ORIGINAL_SITE
        )
    if scored is None or not scored[1]:
        return 'asirraState.ScoreResponseComplete("");\n/* incorrect */'
    ticket = json.dumps(f"{_PROTOCOL};{session_id};{scored[1]}")
    return f"asirraState.ScoreResponseComplete({ticket});\n/* correct */"


def _script(lines: list[str]) -> Response:
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response("\n".join(lines) + "\n", media_type=_SCRIPT, headers=headers)


def _validation(passed: bool) -> Response:
    result: Any = "Pass" if passed else "Fail"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<AsirraValidation><Result>{result}</Result></AsirraValidation>\n"
    )
    return Response(body, media_type="text/xml", headers={"Cache-Control": "no-store"})
