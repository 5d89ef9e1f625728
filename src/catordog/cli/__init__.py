"""The command line. Each command parses, calls one function of the library, and prints.

What is heavy is imported where it is used, so that `catordog --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from catordog import __version__
from catordog.cli.attack import attack
from catordog.cli.challenge import challenge
from catordog.cli.download import download
from catordog.cli.evaluate import evaluate
from catordog.cli.explore import explore
from catordog.cli.models import models
from catordog.cli.predict import predict
from catordog.cli.review import review
from catordog.cli.serve import serve
from catordog.cli.split import split
from catordog.cli.train import train
from catordog.errors import CatOrDogError

_INTERRUPTED = 130
"""What shells return for a program that Ctrl-C ended."""


class _Commands(TyperGroup):
    """The edge of the program: here errors become one line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except CatOrDogError as exc:
            typer.echo(f"error: {' '.join(str(exc).splitlines())}", err=True)
            raise typer.Exit(exc.exit_code) from exc
        except KeyboardInterrupt as exc:
            kept = getattr(exc, "kept", 0)
            then = f"; {kept} answers kept: run the same command to carry on" if kept else ""
            typer.echo(f"interrupted{then}", err=True)
            raise typer.Exit(_INTERRUPTED) from exc
        except BrokenPipeError as exc:
            _close_stdout()
            raise typer.Exit(1) from exc
        return result


def _close_stdout() -> None:
    """Sends what is still buffered nowhere, so that Python does not complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_Commands,
    name="catordog",
    help="Is this photo a cat or a dog?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# In the order of a project: answer, or load, look, mend, split, train.
for command in (predict, models, serve, download, explore, review, split, train, evaluate):
    app.command()(command)
challenge.command()(attack)
app.add_typer(challenge, name="challenge")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"catordog {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line with the arguments of the process."""
    app()
