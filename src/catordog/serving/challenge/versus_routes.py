"""Human against machine: the same twelve photos, and who gets more of them right."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from catordog.challenge.service import VERSUS_SITE, ChallengeService
from catordog.challenge.sheet import cut
from catordog.challenge.tallies import Tally, TallyBook
from catordog.records import Prediction
from catordog.serving.answering import Answered, Question
from catordog.serving.challenge.bodies import read_model
from catordog.serving.challenge.play_routes import GivenAnswer, gone
from catordog.serving.service import Service

_LONGEST_MS = 600_000.0


class TimedAnswer(GivenAnswer):
    """An answer, and how long it took."""

    took_ms: float = Field(ge=0, allow_inf_nan=False)


class PlayerRound(BaseModel):
    """How one player did."""

    picked: list[bool]
    wrong: int
    passed: bool
    took_ms: float


class PlayerTally(BaseModel):
    """How a player did over all rounds."""

    rounds: int
    passed: int
    photos: int
    wrong: int
    took_ms: float


class Tallies(BaseModel):
    """How everybody did so far, on this server."""

    people: PlayerTally
    model: PlayerTally


class Round(BaseModel):
    """A round that was played."""

    cats: list[bool]
    p_cat: list[float | None] = Field(description="The model's, by photo; null: no answer.")
    p_dog: list[float | None]
    model_name: str
    you: PlayerRound
    model: PlayerRound
    tallies: Tallies


def versus_routes(challenge: ChallengeService, book: TallyBook, service: Service) -> APIRouter:
    """Builds the routes."""
    router = APIRouter(tags=["versus"])

    @router.post("/versus/api/answers", summary="Answer, and let the model answer")
    async def answer(request: Request) -> Round:
        """Scores an answer to a challenge of the site key `versus`, then asks the model."""
        given = await read_model(request, TimedAnswer)
        sheet = await asyncio.to_thread(challenge.read_sheet_of, given.session)
        service.check_room()
        scored = await asyncio.to_thread(
            challenge.score,
            given.session,
            given.picked,
            challenge_id=given.challenge,
            site_key=VERSUS_SITE,
        )
        if scored is None or sheet is None:
            raise gone()
        cats = scored[0].cats
        photos = await asyncio.to_thread(cut, sheet)
        began = time.perf_counter()
        answers = await service.ask(photos, Question(second_look="off"))
        model_ms = (time.perf_counter() - began) * 1000
        you = _play(given.picked, cats, min(given.took_ms, _LONGEST_MS))
        model = _play([_picks(one) for one in answers], cats, model_ms)
        people, machine = await asyncio.to_thread(
            lambda: (book.add("people", _count(you)), book.add("model", _count(model)))
        )
        return Round(
            cats=cats,
            p_cat=[_probability(one, "p_cat") for one in answers],
            p_dog=[_probability(one, "p_dog") for one in answers],
            model_name=service.answerer.bundle.metadata.name,
            you=you,
            model=model,
            tallies=_lay_out(people, machine),
        )

    @router.get("/versus/api/tallies", summary="How everybody did so far")
    async def tallies() -> Tallies:
        people, machine = await asyncio.to_thread(lambda: (book.read("people"), book.read("model")))
        return _lay_out(people, machine)

    return router


def _picks(answer: Answered | BaseException) -> bool:
    """Says whether the model picks a photo: it is asked which of the two it is."""
    return isinstance(answer, Prediction) and answer.p_dog_given_pet < 0.5


def _probability(answer: Answered | BaseException, name: str) -> float | None:
    # To six decimals as everywhere: with four, photos of neither tie, and the pick looks arbitrary.
    return round(float(getattr(answer, name)), 6) if isinstance(answer, Prediction) else None


def _play(picked: list[bool], cats: list[bool], took_ms: float) -> PlayerRound:
    wrong = sum(one != other for one, other in zip(picked, cats, strict=True))
    return PlayerRound(picked=picked, wrong=wrong, passed=wrong == 0, took_ms=round(took_ms, 1))


def _count(played: PlayerRound) -> Tally:
    return Tally(1, int(played.passed), len(played.picked), played.wrong, played.took_ms)


def _lay_out(people: Tally, machine: Tally) -> Tallies:
    def lay(tally: Tally) -> Any:
        return PlayerTally(
            rounds=tally.rounds,
            passed=tally.passed,
            photos=tally.photos,
            wrong=tally.wrong,
            took_ms=tally.took_ms,
        )

    return Tallies(people=lay(people), model=lay(machine))
