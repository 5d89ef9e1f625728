"""`catordog review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catordog.cache_folder import CACHE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from catordog.data.decision_log import DecisionLog
    from catordog.explore.findings import Findings
    from catordog.review.queue import ReviewItem


def review(
    data: Annotated[str, typer.Argument(help="Data set, as for catordog explore.")],
    decisions: Annotated[
        Path, typer.Option(help="File that decisions are appended to; a review goes on from it.")
    ] = Path("decisions.csv"),
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 for any free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="An address that only this computer reaches.")
    ] = "127.0.0.1",
    cache: Annotated[
        Path, typer.Option(help="Where figures of photos are kept for the next look.")
    ] = CACHE,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the URL.")] = False,
) -> None:
    """Go through suspicious photos in the browser and decide about each.

    No photo is touched: what you decide is appended to a file, which `catordog train --decisions`
    and `catordog evaluate --decisions` read. Ctrl-C ends; the same command goes on.
    """
    from catordog.extras import require_extra

    require_extra("catordog review", "explore")
    from catordog.data.decision_log import DecisionLog
    from catordog.data.photos import PhotoReader
    from catordog.data.sources import open_source
    from catordog.review.queue import collect_items
    from catordog.review.server import open_socket

    # What can be refused is refused before minutes go into the photos.
    log = DecisionLog(decisions)
    photos = {example.id: example.photo for example in open_source(data).examples}
    with open_socket(host, port) as opened, PhotoReader() as reader:
        items = collect_items(_explore(data, cache))
        review_items(
            items, lambda id: reader.read(photos[id]), log, opened, opens_browser=not no_browser
        )


def _explore(data: str, cache: Path) -> Findings:
    """Runs the checks of `catordog explore`, or takes what it found before."""
    from catordog.cli.stages import stage_screen
    from catordog.explore.examine import examine

    with stage_screen(quiet=False) as screen:
        return examine(data, cache=cache, screen=screen)


def review_items(
    items: Sequence[ReviewItem],
    read_photo: Callable[[str], bytes],
    log: DecisionLog,
    opened: socket.socket,
    *,
    opens_browser: bool = True,
) -> None:
    """Serves a queue until Ctrl-C, and says before and after where the decisions are.

    Args:
        items: the queue.
        read_photo: returns a photo's encoded bytes by its id; called on several threads.
        log: where decisions go.
        opened: a port that only this computer reaches; closed at the end.
        opens_browser: whether to open the page.
    """
    import webbrowser

    from catordog.review.app import create_app
    from catordog.review.server import serve, url_of

    if log.latest.note:
        typer.echo(f"note: {log.latest.note}", err=True)
    if not items:
        typer.echo("Nothing to review: no photo looks suspicious.")
        return
    found = sum(log.latest.find(item.id, item.sha256) is not None for item in items)
    resumed = f", {found:,} decided before" if found else ""
    photos = "1 photo" if len(items) == 1 else f"{len(items):,} photos"
    typer.echo(f"{photos} to review{resumed}: {url_of(opened)} (Ctrl-C ends)")
    app = create_app(items, read_photo, log)
    serve(app, opened, browser=webbrowser.open if opens_browser else None)
    count = len(log.latest)
    typer.echo(f"\n{count:,} decision{'' if count == 1 else 's'} in {log.path}")
