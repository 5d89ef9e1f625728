"""`catordog predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catordog.errors import ConfigError

if TYPE_CHECKING:
    from catordog.scoring.sort import SortPlan


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Photos, folders, zips, paths inside zips, or patterns; - reads a list of paths.",
            metavar="PATH...",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Table to write: .csv, .jsonl or .parquet.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start the table anew.")] = False,
    sort_into: Annotated[
        Path | None, typer.Option(help="Put the photos into DIR/cat, DIR/dog, ...", metavar="DIR")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Sort copies (the default).")] = False,
    move: Annotated[bool, typer.Option("--move", help="Sort the photos themselves.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Sort symbolic links.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what sorting would do; write nothing, not even --out."),
    ] = False,
    model: Annotated[
        str, typer.Option(help="accurate, fast, or a model file.", metavar="NAME|FILE")
    ] = "accurate",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads; default, one per core.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Photos per network call.")] = 16,
    json: Annotated[
        bool, typer.Option("--json", help="Answers as JSON Lines; with --out, the totals as JSON.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no totals.")] = False,
) -> None:
    """Say which photos show a cat, a dog, both or neither.

    Prints a table, or CSV where the output is no terminal. With --out, a run that was stopped
    carries on when the same command is given again. Exit code: 0 if every photo was answered, 1 if
    some were not, 2 if the command cannot be carried out, 3 if a model, folder or zip is damaged.
    """
    plan = _plan_sorting(sort_into, copy=copy, move=move, link=link, dry_run=dry_run, json=json)

    from catordog.cli.screen import Output, Screen
    from catordog.inference.classifier import Classifier
    from catordog.scoring.rows import check_format
    from catordog.scoring.score import score

    if out is not None:
        check_format(out)  # before a model is opened for nothing
    output = Output.choose(out=out, json=json, dry_run=dry_run, is_terminal=sys.stdout.isatty())
    classifier = Classifier.load(model)
    with Screen(output, quiet=quiet) as screen:
        summary = score(
            classifier,
            paths,
            out=out,
            overwrite=overwrite,
            sort=plan,
            workers=workers,
            batch_size=batch_size,
            stdin=sys.stdin.buffer if "-" in paths else None,
            hooks=screen.hooks,
        )
    screen.finish(summary, out=out, plan=plan)
    is_missing = summary.sorted is not None and summary.sorted.missing > 0
    raise typer.Exit(1 if summary.failed or is_missing else 0)


def _plan_sorting(
    folder: Path | None, *, copy: bool, move: bool, link: bool, dry_run: bool, json: bool
) -> SortPlan | None:
    flags = {"--copy": copy, "--move": move, "--link": link, "--dry-run": dry_run}
    given = [flag for flag, is_given in flags.items() if is_given]
    if folder is None:
        if given:
            raise ConfigError(
                f"Cannot use {given[0]}: expected --sort-into with it, received none. Name the "
                "folder to sort into."
            )
        return None
    if copy + move + link > 1:
        raise ConfigError(
            f"Cannot sort into '{folder}': expected one of --copy, --move and --link, received "
            f"{' and '.join(given)}. Leave one."
        )
    if dry_run and json:
        raise ConfigError(
            "Cannot use --json with --dry-run: expected one thing to print, received two. Leave "
            "one out."
        )
    from catordog.scoring.sort import SortMode, SortPlan

    mode = SortMode.MOVE if move else SortMode.LINK if link else SortMode.COPY
    return SortPlan(folder, mode, dry_run=dry_run)
