"""`catordog challenge attack`."""

from __future__ import annotations

import json as json_format
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catordog.challenge.attack import Attack, Expected
    from catordog.inference.classifier import Classifier

_PEOPLE = "People passed 83.4 % at the first try (Golle 2008, quoting the Asirra paper)."


def attack(
    url: Annotated[
        str | None, typer.Option(help="Server to play against, such as http://127.0.0.1:8000.")
    ] = None,
    photos: Annotated[
        str | None, typer.Option(help="Or a labelled data set to draw from, without a server.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=1_000_000, help="Challenges to answer.")] = 100,
    model: Annotated[
        str, typer.Option(help="accurate, fast, or a model file.", metavar="NAME|FILE")
    ] = "accurate",
    accuracy: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="On one photo, to predict from; default, what the model file says."
        ),
    ] = None,
    owns_server: Annotated[
        bool,
        typer.Option("--i-own-this-server", help="Allow a server that is not on this computer."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Let a model answer challenges, and count how many it passes.

    Over HTTP it plays as a stranger would: it is told nothing but whether it passed, and begins
    anew each time. Token buckets then count too: an address that failed a lot has to solve two
    challenges in a row.
    """
    from catordog.errors import ConfigError

    if (url is None) == (photos is None):
        raise ConfigError(
            "Cannot attack: expected one of --url and --photos, received "
            f"{'neither' if url is None else 'both'}. Give --url http://127.0.0.1:8000, or "
            "--photos DATA."
        )
    from catordog.challenge.attack import PoolOpponent, ServerOpponent, expect
    from catordog.challenge.attack import attack as play
    from catordog.cli.stages import stage_screen
    from catordog.inference.classifier import Classifier

    with stage_screen(quiet=json) as screen:
        if url is not None:
            opponent = ServerOpponent(url, owns_server=owns_server)
            classifier = Classifier.load(model)
            with closing(opponent):
                played = play(opponent, classifier, rounds, screen.stage("challenges", rounds))
        elif photos is not None:
            from catordog.challenge.pool import PhotoPool
            from catordog.data.photo_reader import PhotoReader
            from catordog.data.sources import open_source

            with PhotoReader() as reader:
                pool = PhotoPool(open_source(photos).examples, reader, name=photos)
                classifier = Classifier.load(model)
                advance = screen.stage("challenges", rounds)
                played = play(PoolOpponent(pool), classifier, rounds, advance)
    given = (accuracy, None) if accuracy is not None else _measured_accuracy(classifier)
    expected = given and expect(*given)
    if json:
        typer.echo(json_format.dumps(_as_json(played, expected, classifier), indent=2))
    else:
        typer.echo("\n".join(_as_text(played, expected, classifier)))


def _measured_accuracy(classifier: Classifier) -> tuple[float, tuple[float, float]] | None:
    """Returns what the model file says of itself, if it does."""
    figures: Any = classifier.bundle.metadata.metrics.get("validation", {})
    try:
        return (
            float(figures["accuracy"]),
            (float(figures["accuracy_low"]), float(figures["accuracy_high"])),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _as_text(played: Attack, expected: Expected | None, classifier: Classifier) -> Iterator[str]:
    rate = played.passed / played.rounds
    yield (
        f"{classifier.name} passed {played.passed:,} of {played.rounds:,} challenges: {rate:.1%} "
        f"[{played.low:.1%}, {played.high:.1%}], in {played.took_s:.1f} s"
    )
    if played.wrong is not None:
        total = played.rounds * 12
        right = 1 - played.wrong / total
        yield f"single photos right: {right:.2%} ({played.wrong:,} of {total:,} wrong)"
    if expected is not None:
        yield (
            f"predicted, from {expected.accuracy:.2%} right on single photos: {expected.rate:.1%} "
            f"[{expected.low:.1%}, {expected.high:.1%}]"
        )
    yield _PEOPLE


def _as_json(played: Attack, expected: Expected | None, classifier: Classifier) -> dict[str, Any]:
    return {
        "model": classifier.name,
        **asdict(played),
        "pass_rate": played.passed / played.rounds,
        "predicted": expected and asdict(expected),
        "people": 0.834,
    }
