"""Plays challenges with a model, as a stranger would, and counts how many pass."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from catordog.challenge.odds import grade_chances
from catordog.challenge.pool import PhotoPool
from catordog.challenge.rules import PHOTOS, Grade, grade
from catordog.challenge.sheet import cut
from catordog.errors import ConfigError, DatasetError
from catordog.inference.classifier import Classifier
from catordog.metrics import wilson_interval
from catordog.records import Answer, Prediction
from catordog.web.addresses import is_loopback

_TIMEOUT_S = 30.0
_MAX_WAITS = 20
_MAX_RESPONSE_BYTES = 1_000_000


class Opponent(Protocol):
    """Who asks."""

    def ask(self) -> list[bytes]:
        """Returns the photos of a new challenge."""

    def score(self, picked: Sequence[bool]) -> tuple[bool, int | None]:
        """Returns whether an answer passed, and how many photos were wrong if that is told."""


@dataclass(frozen=True, slots=True)
class Attack:
    """What came of it.

    Attributes:
        rounds: challenges answered.
        passed: of them.
        low: lower end of the pass rate's 95 % interval (Wilson).
        high: upper end.
        wrong: photos that were wrong; None where nobody tells.
        took_s: for all rounds.
    """

    rounds: int
    passed: int
    low: float
    high: float
    wrong: int | None
    took_s: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model's accuracy on single photos foretells.

    Attributes:
        accuracy: on one photo, in [0, 1].
        rate: of challenges that pass at the first try.
        low: lower end of its interval; that of the rate if the accuracy has none.
        high: upper end.
    """

    accuracy: float
    rate: float
    low: float
    high: float


def attack(
    opponent: Opponent,
    classifier: Classifier,
    rounds: int,
    advance: Callable[[int], None] = lambda count: None,
) -> Attack:
    """Answers challenges.

    Args:
        opponent: asks.
        classifier: answers, which of the two each photo shows.
        rounds: how many challenges; 1 or more.
        advance: is called with 1 after each.

    Raises:
        ConfigError: the opponent does not play as expected.
    """
    passed, wrong = 0, 0
    is_told = True
    began = time.perf_counter()
    for _ in range(rounds):
        answers = classifier.answer_batch(opponent.ask())
        has_passed, found = opponent.score([picks_cat(answer) for answer in answers])
        passed += has_passed
        is_told = is_told and found is not None
        wrong += found or 0
        advance(1)
    low, high = wilson_interval(passed, rounds)
    took_s = time.perf_counter() - began
    return Attack(rounds, passed, low, high, wrong if is_told else None, took_s)


def picks_cat(answer: Answer) -> bool:
    """Says whether a photo is picked: of the two, which is it? What has no answer is not picked."""
    return isinstance(answer, Prediction) and answer.p_dog_given_pet < 0.5


def expect(accuracy: float, interval: tuple[float, float] | None = None) -> Expected:
    """Foretells the pass rate at the first try, for errors that are independent.

    Example:
        >>> round(expect(0.985).rate, 3)
        0.834
    """
    values = np.array([accuracy, *(interval or (accuracy, accuracy))])
    rate, low, high = grade_chances(values, PHOTOS)[Grade.RIGHT].tolist()
    return Expected(accuracy, rate, low, high)


class PoolOpponent:
    """Asks without a server: the same draws, on the same sheets."""

    def __init__(self, pool: PhotoPool) -> None:
        """Draws from a pool."""
        self._pool = pool
        self._cats: list[bool] = []

    def ask(self) -> list[bytes]:
        """Draws a challenge."""
        drawn = self._pool.draw()
        self._cats = drawn.cats
        return cut(drawn.sheet)

    def score(self, picked: Sequence[bool]) -> tuple[bool, int | None]:
        """Compares with the truth; without token buckets and partial credit."""
        wrong = sum(one != cat for one, cat in zip(picked, self._cats, strict=True))
        return grade(picked, self._cats) is Grade.RIGHT, wrong


class ServerOpponent:
    """Asks over HTTP: a server that `catordog serve --challenge-photos` runs."""

    def __init__(self, url: str, *, owns_server: bool = False) -> None:
        """Names the server; asks nothing yet.

        Args:
            url: such as `http://127.0.0.1:8000`.
            owns_server: it may be another machine's, for its owner says so.

        Raises:
            ConfigError: the URL is none, or names another machine that nobody vouches for.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"Cannot attack '{url[:80]}': expected a URL such as http://127.0.0.1:8000, "
                "received another text. Give the address that catordog serve prints."
            )
        if not owns_server and not is_loopback(parts.hostname):
            raise ConfigError(
                f"Cannot attack '{parts.hostname}': expected a server on this computer, received "
                "another's. If it is yours, say so: --i-own-this-server"
            )
        self._host, self._port = parts.hostname, parts.port
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None
        self._session = self._challenge = ""

    def ask(self) -> list[bytes]:
        """Begins a session, as a newcomer, and fetches a challenge with its photos."""
        self._session = str(self._post("sessions", {})["session"])
        shown = self._post("challenges", {"session": self._session})
        self._challenge = str(shown["challenge"])
        return cut(self._request("GET", str(shown["sheet"])))

    def score(self, picked: Sequence[bool]) -> tuple[bool, int | None]:
        """Sends an answer; nobody tells which photos were wrong."""
        body = {"session": self._session, "challenge": self._challenge, "picked": list(picked)}
        return bool(self._post("answers", body)["passed"]), None

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        path = f"/challenge/api/{what}"
        answered = self._request("POST", path, json.dumps(body).encode())
        try:
            found = json.loads(answered)
        except ValueError as exc:
            raise self._not_a_challenge(path, "what is no JSON") from exc
        if not isinstance(found, dict):
            raise self._not_a_challenge(path, "no JSON object")
        return found

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        for _ in range(_MAX_WAITS):
            try:
                connection = self._connect()
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                answered = response.read(_MAX_RESPONSE_BYTES)
            except (OSError, http.client.HTTPException) as exc:
                self.close()
                raise DatasetError(
                    f"Cannot play against '{self._host}': expected an answer, received: {exc}. Is "
                    "catordog serve --challenge-photos running there?"
                ) from exc
            if response.status in (429, 503):  # asked to come back later, and does
                time.sleep(min(60.0, float(response.headers.get("Retry-After", "1"))))
                continue
            if response.status >= 300:
                raise self._not_a_challenge(path, f"status {response.status}")
            return answered
        raise self._not_a_challenge(path, f"{_MAX_WAITS} times to come back later")

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self._context is not None:
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=_TIMEOUT_S, context=self._context
                )
            else:
                self._connection = http.client.HTTPConnection(
                    self._host, self._port, timeout=_TIMEOUT_S
                )
        return self._connection

    def _not_a_challenge(self, path: str, received: str) -> DatasetError:
        self.close()
        return DatasetError(
            f"Cannot play against '{self._host}': expected a challenge at {path}, received "
            f"{received}. Start one with: catordog serve --challenge-photos DATA"
        )
