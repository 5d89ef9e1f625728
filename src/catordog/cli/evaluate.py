"""`catordog evaluate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    data: Annotated[str, typer.Argument(help="Labelled photos, as for catordog explore.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and answers.csv.")],
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
    cache: Annotated[
        Path, typer.Option(help="Where figures of photos are kept for the next look.")
    ] = Path("~/.cache/catordog"),
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Measure a model on labelled photos.

    Accuracy and log loss with 95 % intervals, on every labelled photo or on one part of a split.
    """
    from catordog.errors import ConfigError
    from catordog.extras import require_extra

    require_extra("catordog evaluate", "tables")
    from catordog.cli.stages import stage_screen
    from catordog.data.split import Part
    from catordog.evaluation.run import EvaluationConfig
    from catordog.evaluation.run import evaluate as run

    if part not in list(Part):
        raise ConfigError(
            f"Cannot measure on part '{part}': expected train, val or test, received another. "
            "Name one of these with --part."
        )
    config = EvaluationConfig(data, out, model, split, Part(part), decisions, cache)
    with stage_screen(quiet=quiet) as screen:
        for name, metrics in run(config, screen).items():
            screen.say(f"{'labels as given' if name == 'raw' else 'labels as decided'}: {metrics}")
    if not quiet:
        typer.echo(os.fsencode(out / "metrics.json"))
