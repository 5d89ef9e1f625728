"""`POST /v1/predict` and `GET /v1/models`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from catordog.records import Failure, Prediction
from catordog.serving import api_examples, schemas
from catordog.serving.answering import Answered, Explained, Question
from catordog.serving.service import Service
from catordog.serving.uploads import read_upload


def predict_routes(service: Service) -> APIRouter:
    """Builds the routes that answer photos."""
    router = APIRouter(prefix="/v1", tags=["Photos"])

    @router.post(
        "/predict",
        response_model=schemas.Answers,
        response_model_exclude_unset=True,
        responses=api_examples.REFUSALS,
        openapi_extra=api_examples.PREDICT,
        summary="Tell cats from dogs",
    )
    async def predict(request: Request) -> JSONResponse:
        """Answers photos in their order; one that cannot be answered is an item with an error."""
        service.check_room()
        with service.budget.share() as share:
            upload = await read_upload(request, service.settings, share)
            service.metrics.request_bytes.observe(upload.size_bytes)
            answers = await answer_photos(service, upload.photos, upload.question)
        bundle = service.answerer.bundle
        body = {
            "model": {"name": bundle.metadata.name, "sha256": bundle.sha256},
            "answers": [schemas.lay_out(index, answer) for index, answer in enumerate(answers)],
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    @router.get("/models", response_model=schemas.Models, summary="List the models that answer")
    async def read_models() -> dict[str, Any]:
        """Says which models answer here, and what they were measured to be worth."""
        bundle = service.answerer.bundle
        metadata = bundle.metadata
        description = {
            "name": metadata.name,
            "sha256": await asyncio.to_thread(lambda: bundle.sha256),
            "version": metadata.version,
            "backbone": metadata.backbone,
            "size_px": metadata.preprocess.size_px,
            "size_bytes": bundle.size_bytes,
            "thresholds": asdict(metadata.thresholds),
            "metrics": metadata.metrics,
            "licence": metadata.licence,
        }
        return {"models": [description]}

    return router


async def answer_photos(
    service: Service, photos: Sequence[bytes | Failure], question: Question
) -> list[Answered | BaseException]:
    """Answers what can be answered, leaves the failures in their places, and counts both.

    Raises:
        Problem: 503 or 504, see `Service.ask`.
    """
    asked = iter(await service.ask([p for p in photos if isinstance(p, bytes)], question))
    answers = [photo if isinstance(photo, Failure) else next(asked) for photo in photos]
    for answer in answers:
        said = answer.prediction if isinstance(answer, Explained) else answer
        if isinstance(said, Prediction):
            service.metrics.verdicts.labels(said.label.value).inc()
        else:
            kind = answer.kind if isinstance(answer, Failure) else "ServerError"
            service.metrics.failures.labels(kind).inc()
    return answers
