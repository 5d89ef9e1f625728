"""`catordog split`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from catordog.cache_folder import CACHE


def split(
    data: Annotated[str, typer.Argument(help="Labelled photos, as for catordog explore.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    decisions: Annotated[
        Path | None, typer.Option(help="From catordog review: labels changed, photos dropped.")
    ] = None,
    val: Annotated[float, typer.Option(help="Share held out to choose by.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share held out to be read once.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
    cache: Annotated[
        Path, typer.Option(help="Where figures of photos are kept for the next look.")
    ] = CACHE,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier file.")] = False,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Split photos into training, validation and test parts that share no picture.

    Each class in the same shares; copies and near copies of a photo stay together; the same
    photos and seed give the same split, whatever the files are called and however they are packed.
    Splits that the data set comes with play no part; catordog train without --split keeps them.
    """
    from catordog.errors import ConfigError
    from catordog.extras import require_extra

    require_extra("catordog split", "tables")
    if out.exists() and not overwrite:
        raise ConfigError(
            f"Cannot write split '{out}': expected a new file, received one that exists. Name "
            "another with --out, or replace it with --overwrite."
        )
    from catordog.cli.stages import stage_screen
    from catordog.data.labelled import deal_parts, load_labelled_photos
    from catordog.data.split import Part, check_shares
    from catordog.data.split_file import write_split

    check_shares(val, test)
    with stage_screen(quiet=quiet) as screen:
        photos = load_labelled_photos(data, screen, decisions=decisions, cache=cache)
        parts = deal_parts(photos, val=val, test=test, seed=seed)
        written = write_split(
            out,
            (
                (photo.example.id, photo.label, part, photo.key, photo.sha256)
                for photo, part in zip(photos, parts, strict=True)
            ),
        )
        counts = ", ".join(f"{parts.count(part)} {part}" for part in Part)
        groups = len({photo.key for photo in photos})
        screen.say(f"{len(photos)} photos, {groups} different pictures: {counts}")
        screen.say(f"data {written.data_sha256}")
    if not quiet:
        typer.echo(os.fsencode(out))  # a name need not be UTF-8
