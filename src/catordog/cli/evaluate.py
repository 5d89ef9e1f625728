"""`catordog evaluate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from catordog.cache_folder import CACHE

WORSE = 4
"""Exit code: the other model is better at something by more than was allowed."""


def evaluate(
    data: Annotated[str, typer.Argument(help="Labelled photos, as for catordog explore.")],
    out: Annotated[
        Path, typer.Option(help="Folder for report.html, metrics.json and answers.csv.")
    ],
    model: Annotated[
        str, typer.Option(help="A shipped model's name, or the path of a model file.")
    ] = "accurate",
    split: Annotated[
        Path | None,
        typer.Option(help="From catordog split or a run folder: measure on one part of it."),
    ] = None,
    part: Annotated[str, typer.Option(help="Which part: train, val or test.")] = "test",
    decisions: Annotated[
        Path | None, typer.Option(help="From catordog review: measure by these labels as well.")
    ] = None,
    no_right_answer: Annotated[
        Path | None,
        typer.Option(
            help="A list of photos without a right answer, one a line or in a column id: measure "
            "without them as well."
        ),
    ] = None,
    strangers: Annotated[
        list[str] | None,
        typer.Option(
            help="Also a folder or zip of photos with neither animal, or with both in a folder "
            "named both. May be given several times."
        ),
    ] = None,
    second_look: Annotated[
        str,
        typer.Option(help="When to look at parts of a photo as well: auto, off or always."),
    ] = "auto",
    cache: Annotated[
        Path, typer.Option(help="Where figures of photos are kept for the next look.")
    ] = CACHE,
    compare: Annotated[
        str | None, typer.Option(help="Another model, to answer the same photos.")
    ] = None,
    fail_if_worse: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="With --compare: exit with code 4 if the other model is right more often by more "
            "than this many percentage points, and McNemar's exact p, adjusted, is under 0.05: at "
            "cat or dog, at verdicts, or at photos of neither.",
        ),
    ] = None,
    corruptions: Annotated[
        bool, typer.Option(help="Also blur, compress, turn, ... photos: 30 more answers a photo.")
    ] = False,
    corruption_photos: Annotated[
        int, typer.Option(min=1, help="With --corruptions: how many photos, drawn at random.")
    ] = 300,
    kaggle: Annotated[
        Path | None,
        typer.Option(help="Also answer the photos of test1/, for Kaggle: a file of id,label."),
    ] = None,
    kaggle_clip: Annotated[
        float, typer.Option(help="With --kaggle: P(dog) is kept this far from 0 and 1.")
    ] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")] = 0,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Measure a model on labelled photos.

    On every labelled photo or on one part of a split. The report opens offline: cat or dog, and
    verdicts with both and neither, each with 95 % intervals; calibration, mistakes, kinds of
    photos, Asirra's challenge. metrics.json says the same.
    """
    from catordog.errors import ConfigError
    from catordog.extras import require_extra

    require_extra("catordog evaluate", "explore")
    from catordog.cli.stages import stage_screen
    from catordog.data.split import Part
    from catordog.evaluation.outcome import TITLES
    from catordog.evaluation.run import EvaluationConfig
    from catordog.evaluation.run import evaluate as run
    from catordog.evaluation.sentences import say_comparison
    from catordog.evaluation.verdict_sentences import say_cleaning, say_strangers, say_verdicts

    if part not in list(Part):
        raise ConfigError(
            f"Cannot measure on part '{part}': expected train, val or test, received another. "
            "Name one of these with --part."
        )
    config = EvaluationConfig(
        *(data, out, model, split, Part(part), decisions, no_right_answer),
        strangers=strangers or (),
        second_look=second_look,
        cache=cache,
        compare=compare,
        fail_if_worse=fail_if_worse,
        corruptions=corruption_photos if corruptions else 0,
        kaggle=kaggle,
        kaggle_clip=kaggle_clip,
        seed=seed,
    )
    with stage_screen(quiet=quiet) as screen:
        outcome = run(config, screen)
        for name, metrics in outcome.metrics.items():
            screen.say(f"{TITLES[name]}, cat or dog: {metrics}")
        screen.say(say_verdicts(outcome.readings))
        for sentence in (say_strangers(outcome.readings), say_cleaning(outcome)):
            if sentence:
                screen.say(sentence)
        if outcome.other is not None:
            screen.say(say_comparison(outcome))
        if outcome.regressions:
            screen.say(f"worse than {compare} at: {', '.join(outcome.regressions)}")
    if not quiet:
        typer.echo(os.fsencode(out / "report.html"))
        if kaggle is not None:
            typer.echo(os.fsencode(kaggle))
    if outcome.regressions:
        raise typer.Exit(WORSE)
