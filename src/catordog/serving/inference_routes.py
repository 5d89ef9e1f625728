"""The routes below `/v2`: what Triton's and KServe's clients call."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catordog import __version__
from catordog.serving import inference_protocol as protocol
from catordog.serving.answering import Question
from catordog.serving.predict_routes import answer_photos
from catordog.serving.problems import Problem
from catordog.serving.service import Service, State
from catordog.serving.uploads import LimitedBody, reading_in_time

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": '`{"error": "..."}` says why.'} for status in (400, 401, 404, 503)
}


def inference_routes(service: Service) -> APIRouter:
    """Builds the routes of the Open Inference Protocol."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"], responses=_ERRORS)

    def check_name(name: str) -> str:
        served = service.answerer.bundle.metadata.name
        if name != served:
            raise Problem(404, "no-model", f"Cannot find the model: expected '{served}'.")
        return served

    def health(is_well: bool) -> Response:
        return Response(status_code=200 if is_well else 503)

    @router.get("", summary="Server metadata")
    async def read_server() -> dict[str, Any]:
        return {"name": "catordog", "version": __version__, "extensions": ["binary_tensor_data"]}

    @router.get("/health/live", summary="Is the server alive?")
    async def read_life() -> Response:
        return health(True)

    @router.get("/health/ready", summary="Is the server ready?")
    async def read_readiness() -> Response:
        return health(service.state is State.READY)

    @router.get("/models/{name}/ready", summary="Is the model ready?")
    async def read_model_readiness(name: str) -> Response:
        check_name(name)
        return health(service.state is State.READY)

    @router.get("/models/{name}", summary="Model metadata")
    async def read_model(name: str) -> dict[str, Any]:
        return protocol.describe_model(check_name(name))

    @router.post(
        "/models/{name}/infer",
        summary="Infer",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": protocol.InferBody.model_json_schema()}},
            }
        },
    )
    async def infer(name: str, request: Request) -> Response:
        """Answers encoded photos: base64 in JSON, or bytes in the binary extension."""
        served = check_name(name)
        service.check_room()
        settings = service.settings
        with service.budget.share() as share:
            limited = LimitedBody(request, settings, share)
            async with reading_in_time(limited, settings):
                raw = await limited.read()
            service.metrics.request_bytes.observe(len(raw))
            length = request.headers.get(protocol.JSON_LENGTH)
            body, photos = await asyncio.to_thread(protocol.read_photos, raw, length, settings)
            question = Question(settings.second_look)
            answers = await answer_photos(service, photos, question)
        predictions = protocol.only_predictions(answers)
        packed, json_bytes = protocol.lay_out_outputs(body, served, predictions)
        if json_bytes is None:
            return Response(packed, media_type="application/json")
        headers = {protocol.JSON_LENGTH: str(json_bytes)}
        return Response(packed, media_type="application/octet-stream", headers=headers)

    for path, handler in (
        ("/models/{name}/versions/1", read_model),
        ("/models/{name}/versions/1/ready", read_model_readiness),
    ):
        router.add_api_route(path, handler, methods=["GET"], include_in_schema=False)
    router.add_api_route(
        "/models/{name}/versions/1/infer", infer, methods=["POST"], include_in_schema=False
    )
    return router
