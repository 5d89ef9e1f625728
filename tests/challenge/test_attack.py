from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catordog import Classifier, Failure, Label, Prediction
from catordog.challenge.attack import PoolOpponent, ServerOpponent, attack, expect, picks_cat
from catordog.challenge.pool import open_pools
from catordog.cli import app
from catordog.errors import ConfigError, DatasetError
from tests.challenge.test_pool import is_drawn_cat


class KnowsColours:
    """Answers the drawings rightly, or all of them wrongly."""

    def __init__(self, *, right: bool) -> None:
        self.right = right

    def answer_batch(self, photos: Sequence[bytes]) -> list[Prediction]:
        cats = [is_drawn_cat(photo) == self.right for photo in photos]
        return [Prediction(Label.CAT, 0.9 if c else 0.2, 0.5, 250, 250) for c in cats]


@pytest.mark.parametrize("right", [True, False])
def test_attack_counts_what_passes(tiny_zip: Path, right: bool) -> None:
    pool, _ = open_pools(str(tiny_zip))
    player: Any = KnowsColours(right=right)
    played = attack(PoolOpponent(pool), player, 20)
    assert (played.rounds, played.passed, played.wrong) == (20, 20 * right, 240 * (not right))
    assert (played.low > 0.8, played.high == 1.0) == (right, right)


def test_photo_is_picked_by_which_of_the_two_it_is() -> None:
    assert picks_cat(Prediction(Label.NEITHER, 0.02, 0.01, 1, 1))
    assert not picks_cat(Prediction(Label.BOTH, 0.98, 0.99, 1, 1))
    assert not picks_cat(Failure("no photo", "ImageDecodeError"))


def test_expected_rate_is_that_of_twelve_independent_photos() -> None:
    expected = expect(0.9, (0.8, 0.95))
    assert (expected.rate, expected.low, expected.high) == pytest.approx(
        (0.9**12, 0.8**12, 0.95**12)
    )


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://cats.example/", "http://0.0.0.0:1"])
def test_other_machines_are_left_alone_unless_they_are_ours(url: str) -> None:
    with pytest.raises(ConfigError, match="--i-own-this-server"):
        ServerOpponent(url)
    ServerOpponent(url, owns_server=True)


@pytest.mark.parametrize("url", ["", "cats", "ftp://127.0.0.1/", "http://"])
def test_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="expected a URL"):
        ServerOpponent(url)


class Nonsense(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def nonsense() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nonsense)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_server_without_a_challenge_is_named(nonsense: str) -> None:
    with pytest.raises(DatasetError, match="expected a challenge at /challenge/api/sessions"):
        ServerOpponent(nonsense).ask()
    with pytest.raises(DatasetError, match="Is catordog serve --challenge-photos running"):
        ServerOpponent("http://127.0.0.1:9").ask()


def test_command_reports_measured_beside_predicted(tiny_zip: Path) -> None:
    command = ["challenge", "attack", "--photos", str(tiny_zip), "--rounds", "3"]
    result = CliRunner().invoke(app, [*command, "--model", "fast", "--accuracy", "0.99", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["rounds"], report["model"]) == (3, Classifier.load("fast").name)
    assert report["pass_rate"] == report["passed"] / 3
    assert report["predicted"]["rate"] == pytest.approx(0.99**12)
    text = CliRunner().invoke(app, [*command, "--model", "fast"]).stdout
    assert "of 3 challenges" in text and "predicted, from" in text and "83.4 %" in text


def test_command_wants_one_opponent() -> None:
    for given in ([], ["--url", "http://127.0.0.1:1", "--photos", "x"]):
        result = CliRunner().invoke(app, ["challenge", "attack", *given])
        assert result.exit_code == 2
        assert "expected one of --url and --photos" in result.output
