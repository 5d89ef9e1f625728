"""`catordog explore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from catordog.cache_folder import CACHE


def explore(
    data: Annotated[
        str,
        typer.Argument(
            help="Any copy of Dogs vs. Cats, class folders, a CSV list, Parquet, or just photos."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for report.html, tables and pictures.")],
    against: Annotated[
        str | None, typer.Option(help="Another data set: which photos are in both?")
    ] = None,
    model: Annotated[
        str, typer.Option(help="Whose features tell suspicious labels: a name, file, or none.")
    ] = "accurate",
    seed: Annotated[int, typer.Option(help="Of the folds and of which photos are shown.")] = 0,
    cache: Annotated[
        Path, typer.Option(help="Where figures of photos are kept for the next look.")
    ] = CACHE,
    overwrite: Annotated[bool, typer.Option(help="Write into a folder that exists.")] = False,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Look at a data set: what is in it, what is wrong with it.

    Reads every photo once, compares them, weighs their labels, and writes one page that opens
    offline, with the tables behind it. Photos and labels are not changed.
    """
    from catordog.extras import require_extra

    require_extra("catordog explore", "explore")
    _check_out(out, data, overwrite=overwrite)
    from catordog.cli.stages import stage_screen
    from catordog.explore.attention import summarize
    from catordog.explore.examine import examine
    from catordog.explore.report import write_report
    from catordog.pages.wording import count_of

    with stage_screen(quiet=quiet) as screen:
        findings = examine(
            data,
            against=against,
            model=None if model == "none" else model,
            seed=seed,
            cache=cache,
            screen=screen,
        )
        screen.say("writing the report")
        page = write_report(findings, out, seed=seed)
        screen.say(f"{count_of(len(findings.table), 'photo')}, {findings.layout}")
        for line in summarize(findings):
            screen.say(f"- {line}")
    if not quiet:
        typer.echo(os.fsencode(page))  # a name need not be UTF-8


def _check_out(out: Path, data: str, *, overwrite: bool) -> None:
    """Refuses a folder that would not do, before minutes go into the photos."""
    from catordog.errors import ConfigError

    if out.exists() and not out.is_dir():
        raise ConfigError(
            f"Cannot write report '{out}': expected a new or empty folder, received a file. Name "
            "another with --out."
        )
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise ConfigError(
            f"Cannot write report '{out}': expected a new or empty folder, received one that is "
            "not empty. Name another with --out, or allow it with --overwrite."
        )
    if out.resolve().is_relative_to(Path(data).resolve()):
        raise ConfigError(
            f"Cannot write report '{out}': expected a folder outside the data set, received one "
            f"inside '{data}', where the next look would take its pictures for photos. Name "
            "another with --out."
        )
