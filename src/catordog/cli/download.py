"""`catordog download`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def download(
    source: Annotated[
        str, typer.Argument(help="microsoft, kaggle, redux, huggingface or oxford-pet.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to put it in.")],
    timeout_s: Annotated[float, typer.Option(help="Seconds that a server may say nothing.")] = 60.0,
) -> None:
    """Download a published copy of the photos.

    Says licence, terms, origin and size first. Interrupted, the same command carries on. Kaggle's
    copies need a token and accepted rules; those and Hugging Face's need catordog[download].
    """
    from catordog.cli.download_screen import download_screen
    from catordog.data.download.run import download as run

    with download_screen() as screen:
        try:
            path = run(source, out, screen=screen, timeout_s=timeout_s)
        except KeyboardInterrupt:
            screen.say("what has arrived is kept: run the same command to carry on")
            raise
    typer.echo(path)
    typer.echo(f"next: catordog explore {shlex.quote(str(path))} --out report", err=True)
