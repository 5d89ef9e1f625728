"""Puts the server's parts together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from catordog import __version__
from catordog.serving.gate import Gate
from catordog.serving.health_routes import health_routes
from catordog.serving.inference_routes import inference_routes
from catordog.serving.page_routes import page_routes
from catordog.serving.predict_routes import predict_routes
from catordog.serving.problems import answer_problems
from catordog.serving.service import Service
from catordog.serving.settings import ServeSettings

_DESCRIPTION = """Is this photo a cat or a dog? Two questions are answered of each photo: does it
show a cat, does it show a dog? So the two probabilities do not add up to 1, and the verdict may be
`both` or `neither`. Photos are answered in memory and forgotten."""


def create_app(
    settings: ServeSettings | None = None,
    *,
    service: Service | None = None,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Builds the application; uvicorn, or any ASGI server, runs it.

    Args:
        settings: how the server is set up; None reads the environment.
        service: what answers; None opens the model of the settings when the application starts.
        routers: of parts that are built elsewhere; they go before the page's routes.
    """
    settings = settings or ServeSettings()
    service = service or Service(settings)

    close_challenge = None
    if settings.challenge_photos:
        from catordog.serving.challenge.mount import open_challenge

        challenge, close_challenge = open_challenge(settings, service)
        routers = (*routers, *challenge)

    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        starting = asyncio.create_task(service.start())
        yield
        await starting
        await service.stop()
        if close_challenge is not None:
            await asyncio.to_thread(close_challenge)

    app = FastAPI(
        title="catordog",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=run,
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    rejections = service.metrics.rejections
    answer_problems(app, lambda problem: rejections.labels(problem.kind).inc())
    app.state.service = service
    own = (predict_routes(service), health_routes(service), inference_routes(service))
    for router in (*own, *routers, page_routes(has_challenge=close_challenge is not None)):
        app.include_router(router)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            expose_headers=["Retry-After"],
        )
    app.add_middleware(Gate, service=service)
    return app
