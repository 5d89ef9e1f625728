"""One training under way: the head, the upper blocks, calibration, the graph."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from importlib import metadata as installed
from pathlib import Path
from typing import Any

import numpy as np

import catordog
from catordog.data.split import Part
from catordog.errors import ImageError
from catordog.images.preprocess import PreprocessSpec
from catordog.inference.bundle import FEATURES, Bundle
from catordog.inference.verdict import Thresholds, to_probabilities
from catordog.metrics import Metrics, measure
from catordog.progress import Screen
from catordog.training.backbones import BackboneSpec, read_imagenet_head
from catordog.training.calibrate import choose_thresholds, find_scale, to_logits
from catordog.training.epoch_figures import measure_epoch
from catordog.training.export import OUTPUTS, export_network, predict_graph
from catordog.training.fit import SCRATCH, Checkpoint, FitConfig, fit, predict_logits
from catordog.training.head import fit_head
from catordog.training.network import build_network
from catordog.training.onnx_graph import to_onnx
from catordog.training.passes import OnProgress, Pass, ask_teacher, cached_pass
from catordog.training.photos import PlainViews, RandomViews, TrainingPhotos
from catordog.training.quantize import CALIBRATION_PHOTOS, quantize

CHECK_PHOTOS = 64
"""Validation photos on which the exported file must answer as Keras does."""

CUT = "activations"
KNOWN = "known"


@dataclass(frozen=True)
class Learned:
    """What came of a training.

    Attributes:
        graph: the 8-bit `onnx.ModelProto`, calibrated, without metadata.
        thresholds: chosen on the validation photos.
        metrics: of the graph on the validation photos of one cat or dog.
        photos: how many cats and dogs were trained on.
    """

    graph: Any
    thresholds: Thresholds
    metrics: Metrics
    photos: int


class Learning:
    """A network that is being trained.

    Attributes:
        network: trained in place.
        preprocess: how a photo becomes its input.
        errors: why a cat's or dog's photo is left out, by its place.
        history: figures of each epoch so far.
    """

    def __init__(
        self,
        spec: BackboneSpec,
        photos: TrainingPhotos,
        *,
        cache: Path,
        screen: Screen,
        seed: int,
    ) -> None:
        """Builds the network; nothing is read yet."""
        self._photos, self._screen, self._seed = photos, screen, seed
        self._cache = cache.expanduser()
        self.preprocess = PreprocessSpec(spec.size_px)
        self.network = build_network(spec)
        self.errors: dict[int, str] = {}
        self.history: list[dict[str, Any]] = []
        self._val_views = PlainViews(photos, Part.VALIDATION, self.preprocess)
        self._checkpoint: Checkpoint | None = None

    def fit_head(self, epochs: int, *, with_views: bool) -> None:
        """Trains a linear head on frozen features, of plain photos and of one pass of mild views.

        Args:
            epochs: times each is seen.
            with_views: the passes are for fine-tuning too.
        """
        plain = self._pass("plain", PlainViews(self._photos, Part.TRAIN, self.preprocess))
        mild = RandomViews(self._photos, 0, self.preprocess, mild=True)
        views = self._pass("mild views", mild)
        val = self._pass("val", self._val_views, with_cut=with_views)
        self._note_errors(plain, val)
        if self.errors:
            self._screen.say(f"{len(self.errors)} photos cannot be decoded and are left out")
        passes = [plain, views]
        rows = [np.setdiff1d(np.arange(len(p.targets)), list(p.errors)) for p in passes]
        features, targets = (
            np.concatenate(
                [np.asarray(a[r], np.float32) for a, r in zip(arrays, rows, strict=True)]
            )
            for arrays in ([p.arrays[FEATURES] for p in passes], [p.targets for p in passes])
        )
        val_features = np.asarray(val.arrays[FEATURES], np.float32)

        def on_epoch(epoch: int, loss: float, kernel: np.ndarray, bias: np.ndarray) -> None:
            self._report("head", epoch, epochs, loss, val_features @ kernel + bias)

        head = fit_head(features, targets, epochs=epochs, seed=self._seed, on_epoch=on_epoch)
        self.network.set_head(*head)

    def fine_tune(self, epochs: int, teacher: Bundle | None) -> None:
        """Trains the upper blocks and the head together, an epoch on each pass of views."""
        spec = self.network.spec
        how = replace(SCRATCH, epochs=epochs) if spec.is_from_scratch else FitConfig(epochs)
        cut = spec.fine_tune_from
        top = self.network.top(cut)
        val = self._pass("val", self._val_views, with_cut=True)

        def read_pass(number: int) -> Pass:
            return self._random_pass(number, teacher, with_cut=True)

        def on_epoch(epoch: int, loss: float) -> None:
            logits = predict_logits(top, val.arrays[CUT])
            self._report("fine-tune", epoch, epochs, loss, logits)

        key = self._key("fit", asdict(how), "" if teacher is None else teacher.sha256)
        self._checkpoint = Checkpoint(self._cache / f"{spec.name}-{key}.npz")
        fit(
            top,
            read_pass,
            how,
            cut=CUT,
            seed=self._seed,
            known_head=self._known_head if spec.knows_imagenet else None,
            checkpoint=self._checkpoint,
            on_epoch=on_epoch,
        )
        self._report("averaged", epochs, epochs, None, predict_logits(top, val.arrays[CUT]))

    def finish(self) -> Learned:
        """Exports to 8 bits, calibrates what the 8-bit graph answers, chooses thresholds.

        After fine-tuning, all of it for photos as large as the model file will take them.
        """
        if self._checkpoint is not None and self.network.spec.larger_px:
            self._enlarge(self.network.spec.larger_px)
        self._screen.say("exporting to 8-bit ONNX and comparing with Keras")
        pixels, targets = self._read(self._val_views)
        calibration = self._read_calibration()
        draft = quantize(to_onnx(self.network.model, OUTPUTS), calibration)
        logits = to_logits(predict_graph(draft, pixels))
        scales = [find_scale(logits[:, c], targets[:, c] > 0.5) for c in range(2)]
        self.network.rescale_logits(*np.array(scales, np.float32).T)
        graph = export_network(self.network, calibration, pixels[:CHECK_PHOTOS])
        probabilities = predict_graph(graph, pixels)
        thresholds = choose_thresholds(probabilities, targets)
        one = targets.sum(axis=1) == 1
        metrics = measure(probabilities[one], targets[one].argmax(axis=1))
        trained = [p for p in self._photos.places(Part.TRAIN) if p < len(self._photos.items)]
        return Learned(graph, thresholds, metrics, len(set(trained) - set(self.errors)))

    def _enlarge(self, size_px: int) -> None:
        """Rebuilds the network, with its weights, for larger photos than it was trained on."""
        larger = build_network(replace(self.network.spec, size_px=size_px), weights=False)
        larger.model.set_weights(self.network.model.get_weights())
        self.network, self.preprocess = larger, PreprocessSpec(size_px)
        self._val_views = PlainViews(self._photos, Part.VALIDATION, self.preprocess)

    def forget_checkpoint(self) -> None:
        """Removes what an interrupted training would have gone on from."""
        if self._checkpoint is not None:
            self._checkpoint.path.unlink(missing_ok=True)

    def _read_calibration(self) -> np.ndarray:
        """Returns uint8 (N, S, S, 3), training photos that set the 8-bit ranges."""
        plain = PlainViews(self._photos, Part.TRAIN, self.preprocess)
        pixels, _ = self._read(plain, CALIBRATION_PHOTOS)
        return pixels

    @functools.cached_property
    def _known_head(self) -> tuple[np.ndarray, np.ndarray]:
        return read_imagenet_head(self.network.spec)

    @functools.cache  # noqa: B019  # one learning a process
    def _trunk(self, with_cut: bool) -> bytes:
        """Returns the trunk in 8 bits, as the model will be: the top learns what it will see."""
        self._screen.say("quantizing the frozen trunk")
        names: tuple[str, ...] = (CUT, FEATURES)
        if with_cut:
            model = self.network.trunk(self.network.spec.fine_tune_from, self._known_head)
            names += (KNOWN,)
        else:
            model = self.network.trunk(FEATURES, None)
        graph: bytes = quantize(to_onnx(model, names), self._read_calibration()).SerializeToString()
        return graph

    def _random_pass(
        self, number: int, teacher: Bundle | None = None, *, with_cut: bool = False
    ) -> Pass:
        mild = self.network.spec.is_from_scratch
        views = RandomViews(self._photos, number, self.preprocess, mild=mild)
        with_known = with_cut and self.network.spec.knows_imagenet
        found = self._pass(f"views {number}", views, with_cut=with_cut, with_known=with_known)
        if teacher is None:
            return found
        spec = teacher.metadata.preprocess
        return ask_teacher(
            found,
            self._folder(f"views {number}", with_cut),
            teacher,
            RandomViews(self._photos, number, spec, mild=mild),
            self._screen.stage(f"asking the teacher, views {number}", len(views)),
        )

    def _pass(
        self,
        name: str,
        views: PlainViews | RandomViews,
        *,
        with_cut: bool = False,
        with_known: bool = False,
    ) -> Pass:
        if self.network.spec.is_from_scratch:
            outputs, trunk = [CUT], None
        else:
            outputs = [FEATURES, *([CUT] if with_cut else []), *([KNOWN] if with_known else [])]
            trunk = functools.partial(self._trunk, with_cut)

        def on_progress() -> OnProgress:
            return self._screen.stage(f"computing activations, {name}", len(views))

        return cached_pass(
            self._folder(name, with_cut),
            outputs,
            trunk,
            len(views),
            views,
            on_progress,
        )

    def _folder(self, name: str, with_cut: bool) -> Path:
        cut = self.network.spec.fine_tune_from if with_cut else ""
        return self._cache / f"{self.network.spec.name}-{self._key(name, cut)}"

    def _key(self, *parts: Any) -> str:
        """Names what follows from the photos, the network, this code and `parts`."""
        made_from = [
            self.network.spec.weights_sha256,
            asdict(self.preprocess),
            self.network.spec.name,
            self._photos.state,
            catordog.__version__,
            installed.version("onnxruntime"),
            *parts,
        ]
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:24]

    def _note_errors(self, plain: Pass, val: Pass) -> None:
        for found, places in (
            (plain, self._photos.places(Part.TRAIN)),
            (val, self._val_views.places),
        ):
            self.errors |= {places[row]: error for row, error in found.errors.items()}

    def _read(
        self, views: PlainViews | RandomViews, most: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns pixels uint8 (M, S, S, 3) and targets float32 (M, 2) of views that decode.

        `most` of them, evenly spread; None for all.
        """
        step = max(1, len(views) // most) if most else 1
        found = []
        for index in range(0, len(views), step):
            try:
                found.append(views(index))
            except ImageError:  # told of with every other
                continue
        pixels, targets = zip(*found[:most], strict=True)
        return np.stack(pixels), np.stack(targets)

    def _report(
        self, stage: str, epoch: int, epochs: int, loss: float | None, logits: np.ndarray
    ) -> None:
        """Notes how a stage stands on the validation photos."""
        val = self._pass("val", self._val_views, with_cut=stage != "head")
        good = np.setdiff1d(np.arange(len(val.targets)), list(val.errors))
        figures = measure_epoch(to_probabilities(logits[good]), val.targets[good])
        self.history.append({"stage": stage, "epoch": epoch, "loss": loss, **asdict(figures)})
        told = "" if loss is None else f"loss {loss:.4f}, "
        self._screen.say(f"{stage}, epoch {epoch}/{epochs}: {told}{figures}")
