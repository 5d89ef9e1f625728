"""`catordog serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from catordog.serving.settings import ServeSettings


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to serve on; 0.0.0.0 for all.  [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="0 for any free one.  [default: 8000]", min=0, max=65_535)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="accurate, fast, or a model file.", metavar="NAME|FILE")
    ] = None,
    second_look: Annotated[
        str | None,
        typer.Option(help="When to look again, closer.", metavar="auto|off|always"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default, one per core.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Photos per network call at most.")
    ] = None,
    queue_size: Annotated[
        int | None, typer.Option(min=1, help="Photos that may wait; more get 503.")
    ] = None,
    timeout_s: Annotated[
        float | None, typer.Option(help="For an answer; later ones get 504.")
    ] = None,
    max_photos: Annotated[int | None, typer.Option(min=1, help="In one request.")] = None,
    cors_origins: Annotated[
        str | None, typer.Option(help="Sites whose pages may ask, with commas between.")
    ] = None,
    challenge_photos: Annotated[
        str | None,
        typer.Option(help="Labelled data set; serves Asirra's challenge and /versus from it."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="TOML file of settings; flags and variables go first.")
    ] = None,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print every setting and its source, and end.")
    ] = False,
) -> None:
    """Answer photos over HTTP: a page for people, an API for programs.

    Every setting, also those that have no flag here, is a variable CATORDOG_NAME and a key of the
    settings file. Keys of clients are given as CATORDOG_API_KEYS, with commas between. Ctrl-C
    ends.
    """
    flags = {
        "host": host,
        "port": port,
        "model": model,
        "second_look": second_look,
        "workers": workers,
        "batch_size": batch_size,
        "queue_size": queue_size,
        "timeout_s": timeout_s,
        "max_photos": max_photos,
        "cors_origins": cors_origins,
        "challenge_photos": challenge_photos,
    }
    from catordog.extras import require_extra

    require_extra("catordog serve", "serve")
    from catordog.serving.settings import find_sources, load_settings

    loaded = load_settings(flags, file=settings)
    if show_settings:
        _print_settings(find_sources(loaded, flags, file=settings))
        return
    run(loaded)


def run(settings: ServeSettings) -> None:
    """Serves until Ctrl-C or SIGTERM."""
    from catordog.inference.bundle import load_bundle
    from catordog.serving.processes import Processes

    load_bundle(settings.model)  # a model that cannot be used is refused here, not in each process
    processes = Processes(settings)
    count = "1 process" if settings.workers == 1 else f"{settings.workers} processes"
    typer.echo(f"catordog answers at {processes.url} with {count} (Ctrl-C ends)", err=True)
    processes.run()


def _print_settings(sources: dict[str, tuple[str, str]]) -> None:
    from catordog.serving.settings import ServeSettings

    fields: Any = ServeSettings.model_fields
    for name, (value, source) in sources.items():
        typer.echo(f"{name} = {value}  [{source}]\n    {fields[name].description}")
