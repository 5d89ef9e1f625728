"""`catordog challenge`: what has become of Asirra's challenge."""

from __future__ import annotations

import json as json_format
import math
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from catordog.challenge.verdict import Contender, Verdict

challenge = typer.Typer(name="challenge", no_args_is_help=True)

_NAME_CHARACTERS = 22
_CELL_CHARACTERS = 9
_LINE_CHARACTERS = 80
_HEADS = ("first try", "2 tries", "3 tries", "bucket 3", "bucket 2", "bucket 1")  # as in `RULES`
_LEGEND = (
    "Partial credit: two challenges in a row with one photo wrong pass too. Bucket 3, 2, 1: for "
    "whoever failed a lot, the chance of one attempt: solve a challenge, then another within so "
    "many tries (Golle's token bucket refill). 1/459 is one in 459."
)


@challenge.callback()
def _describe() -> None:
    """Asirra's challenge: pick the cats out of twelve photos. A demonstration, not a protection."""


@challenge.command()
def odds(
    accuracy: Annotated[
        float | None, typer.Option(help="Of a model on one photo: 0.99 for 99 %.")
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Or metrics.json or answers.csv of catordog evaluate, best together."
        ),
    ] = None,
    photos: Annotated[int, typer.Option(min=2, max=100, help="In a challenge.")] = 12,
    rounds: Annotated[int, typer.Option(min=1, help="Of the simulation, with --from.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulation, with --from.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Tell how often a model would pass a challenge, beside chance, Golle's attack, and people.

    Exactly, with partial credit for one wrong photo, and under token buckets, as Golle describes
    them (CCS 2008). From what catordog evaluate wrote, also by challenges drawn from the photos
    the model answered. Its answer is the more likely of cat and dog, even where it says neither.
    """
    from catordog.errors import ConfigError

    if (accuracy is None) == (metrics is None):
        raise ConfigError(
            "Cannot tell the odds: expected one of --accuracy and --from, received "
            f"{'neither' if metrics is None else 'both'}. Give --accuracy 0.99, or --from "
            "metrics.json."
        )
    from catordog.challenge.answers import read_answers
    from catordog.challenge.verdict import verdict_of_accuracy, verdict_of_answers

    if metrics is not None:
        answers = read_answers(metrics)
        verdict = verdict_of_answers(answers, photos, rounds=rounds, seed=seed)
    elif accuracy is not None:
        verdict = verdict_of_accuracy(accuracy, photos)
    if json:
        typer.echo(json_format.dumps(_as_json(verdict), indent=2))
    else:
        typer.echo("\n".join(_as_text(verdict)))


def _as_text(verdict: Verdict) -> Iterator[str]:
    """Yields lines of at most 80 characters."""
    from catordog.challenge.rules import PHOTOS, RULES
    from catordog.challenge.verdict import PEOPLE_MEASURED

    yield f"Chance to pass a challenge of {verdict.photos} photos"
    half = len(RULES) // 2
    for title, rules in (
        ("every photo right", slice(0, half)),
        ("with partial credit", slice(half, None)),
    ):
        yield ""
        yield _line(title, _HEADS)
        for contender in verdict.contenders:
            yield from _contender_lines(contender, rules)
            if contender.name == "people" and verdict.photos == PHOTOS:
                published = [PEOPLE_MEASURED.get(rule) for rule in RULES[rules]]
                yield _line("    as published", ["" if r is None else _share(r) for r in published])
    yield ""
    yield from wrap(_LEGEND, _LINE_CHARACTERS)
    for sentence in verdict.sentences:
        yield from wrap(sentence, _LINE_CHARACTERS)


def _contender_lines(contender: Contender, rules: slice) -> Iterator[str]:
    is_drawn = contender.method == "drawn"
    name = f"{contender.name}, {'drawn' if is_drawn else f'{contender.accuracy * 100:.4g}%'}"
    yield _line(f"  {name}", map(_share, contender.rates[rules]))
    if contender.low is not None and contender.high is not None:
        yield _line("    95% interval from", map(_share, contender.low[rules]))
        yield _line("    to", map(_share, contender.high[rules]))


def _line(name: str, cells: Iterable[str]) -> str:
    line = f"{name:<{_NAME_CHARACTERS}}" + "".join(f"{c:>{_CELL_CHARACTERS}}" for c in cells)
    return line.rstrip()


def _share(rate: float) -> str:
    """Writes a chance so that a small one is not rounded to none, nor a large one to all."""
    if rate in (0, 1):
        return f"{rate:.0%}"
    if rate >= 0.9995:
        return ">99.99%" if rate > 0.9999 else f"{math.floor(rate * 1e4) / 100:.2f}%"
    if rate >= 0.01:
        return f"{rate:.1%}"
    odds_against = 1 / rate
    if odds_against < 99_999.5:
        return f"1/{odds_against:,.0f}"
    if odds_against < 999_500:
        return f"1/{odds_against / 1e3:.0f}k"
    if odds_against < 99_950_000:
        return f"1/{odds_against / 1e6:.1f}M"
    return f"{rate:.0e}"


def _as_json(verdict: Verdict) -> dict[str, Any]:
    from catordog.challenge.rules import RULES
    from catordog.challenge.verdict import PEOPLE_MEASURED

    answers = verdict.answers
    return {
        "photos": verdict.photos,
        "measured": answers
        and {
            "model": answers.model,
            "part": answers.part,
            "labels": answers.labels,
            "photos": len(answers.right),
            "wrong": answers.wrong,
            "failed": answers.failed,
        },
        "odds": [
            {
                "who": contender.name,
                "method": contender.method,
                "accuracy": contender.accuracy,
                **asdict(rule),
                "pass_rate": float(contender.rates[index]),
                "low": _item(contender.low, index),
                "high": _item(contender.high, index),
                "monte_carlo_error": _item(contender.errors, index),
            }
            for contender in verdict.contenders
            for index, rule in enumerate(RULES)
        ],
        "people_published": [
            {**asdict(rule), "pass_rate": rate} for rule, rate in PEOPLE_MEASURED.items()
        ],
        "sentences": verdict.sentences,
    }


def _item(values: NDArray[np.float64] | None, index: int) -> float | None:
    return None if values is None else float(values[index])
