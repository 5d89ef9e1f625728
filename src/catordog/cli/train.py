"""`catordog train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catordog.cache_folder import CACHE


def train(
    data: Annotated[
        str,
        typer.Argument(
            help="Labelled photos, as for catordog explore: Kaggle's train.zip, class folders, ..."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Run folder to write.")],
    backbone: Annotated[
        str,
        typer.Option(
            help="lite2 (accurate), lite0 (fast), scratch (a small network from nothing), or a "
            "network of keras.applications, such as MobileNetV2, whose weights are downloaded."
        ),
    ] = "lite2",
    name: Annotated[str, typer.Option(help="What the model calls itself.")] = "model",
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the head on frozen features.")] = 5,
    fine_tune_epochs: Annotated[
        int, typer.Option(min=0, help="Then, epochs of the upper blocks; 0 for none.")
    ] = 0,
    strangers: Annotated[
        str | None,
        typer.Option(
            help="Photos of neither animal, a folder a group; those below a folder named both "
            "show both. Without them the model names one of the two."
        ),
    ] = None,
    hold_out: Annotated[
        str,
        typer.Option(help="Groups of strangers to validate by, with commas; default, a quarter."),
    ] = "",
    teacher: Annotated[
        str | None,
        typer.Option(help="Learn from this model's answers too: accurate, or a model file."),
    ] = None,
    split: Annotated[
        Path | None, typer.Option(help="From catordog split: which photo is used for what.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="From catordog review: labels changed, photos dropped.")
    ] = None,
    val: Annotated[
        float, typer.Option(help="Share held out to choose by, unless a split says.")
    ] = 0.1,
    test: Annotated[
        float, typer.Option(help="Share held out to be read once, unless a split says.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Of the split and of everything random.")] = 0,
    cache: Annotated[
        Path, typer.Option(help="Where frozen features are kept for later runs.")
    ] = CACHE,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write RUN/tensorboard.")
    ] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier run folder.")] = False,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Train a model on labelled photos.

    Computes the frozen backbone's features once (and keeps them), trains a head on them with
    Keras, and exports one 8-bit ONNX file that `catordog predict --model RUN/model.onnx` takes. An
    interrupted run goes on where it was when the same command is given again.
    """
    from catordog.extras import require_extra

    require_extra("catordog train", "train")
    from catordog.cli.stages import stage_screen
    from catordog.training.run import TrainConfig
    from catordog.training.run import train as run

    config = TrainConfig(
        data=data,
        out=out,
        backbone=backbone,
        name=name,
        epochs=epochs,
        fine_tune_epochs=fine_tune_epochs,
        strangers=strangers,
        hold_out=tuple(name for name in hold_out.split(",") if name),
        teacher=teacher,
        split=split,
        decisions=decisions,
        val=val,
        test=test,
        seed=seed,
        cache=cache,
        tensorboard=tensorboard,
        overwrite=overwrite,
    )
    with stage_screen(quiet=quiet) as screen:
        metrics = run(config, screen)
        screen.say(f"validation, the file as written: {metrics}")
        screen.say(f"wrote {out / 'model.onnx'}")
