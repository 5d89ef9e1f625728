"""`python -m tests.challenge.ticket_server URL PORT`: tickets without photos or a model."""

from __future__ import annotations

import sys
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from catordog.challenge.pool import DrawnChallenge
from catordog.challenge.records import Session
from catordog.challenge.service import ChallengeService
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tables import open_database
from catordog.serving.challenge.verify_routes import verify_routes
from tests.challenge.conftest import SITE


class NoPhotos:
    """Draws what is no photo."""

    def draw(self) -> DrawnChallenge:
        return DrawnChallenge(b"x", [True] * 12)


def open_service(url: str) -> ChallengeService:
    pools = cast(Any, (NoPhotos(), NoPhotos()))
    return ChallengeService(ChallengeStore(open_database(url)), pools, sites=[SITE])


def issue_ticket(service: ChallengeService) -> str:
    """Issues a ticket as a solved challenge does."""
    session: Session = service.begin_session(SITE.key, "192.0.2.1")
    assert service.show_challenge(session) is not None
    scored = service.score(session.id, [True] * 12)
    assert scored is not None
    return scored[1]


if __name__ == "__main__":
    app = FastAPI()
    app.include_router(verify_routes(open_service(sys.argv[1])))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="critical")
