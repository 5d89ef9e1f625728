"""`/livez`, `/readyz` and `/metrics`: for what watches the server, without a key."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from catordog.serving import metrics
from catordog.serving.service import Service, State


def health_routes(service: Service) -> APIRouter:
    """Builds the routes that say how the server is."""
    router = APIRouter(tags=["Health"])

    @router.get("/livez", summary="Is the process alive?")
    async def read_life() -> dict[str, str]:
        """Answers as long as the process does; restart it when this does not answer."""
        return {"status": "alive"}

    @router.get(
        "/readyz",
        summary="Should clients be sent here?",
        responses={503: {"description": "Not yet, or not any more."}},
    )
    async def read_readiness() -> JSONResponse:
        """200 from the model's first answer until the server is told to stop; else 503."""
        is_ready = service.state is State.READY
        return JSONResponse({"status": service.state.value}, 200 if is_ready else 503)

    @router.get(
        "/metrics",
        summary="Counts for Prometheus",
        response_class=Response,
        responses={200: {"content": {metrics.MEDIA_TYPE: {}}}},
    )
    async def read_metrics() -> Response:
        """Requests, seconds, bytes, queue, batches, verdicts and refusals since the start."""
        body = await asyncio.to_thread(service.metrics.render)
        return Response(body, media_type=metrics.MEDIA_TYPE)

    return router
