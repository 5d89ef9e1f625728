"""The model file: one ONNX graph that says what it is, what it takes and how it was made.

Graph: `pixels` uint8 (N, size_px, size_px, 3) RGB in, scaling inside; out come `probabilities`
float32 (N, 2) in the order of `labels.CLASSES`, `features` float32 (N, 1280) and `evidence`
float32 (N, h, w, 2). What the graph cannot say stands in the file's metadata
(`docs/model-file.md` lists every key).
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from catordog.errors import BundleError, ConfigError
from catordog.images.preprocess import PreprocessSpec
from catordog.inference.second_look import SecondLookSpec
from catordog.inference.verdict import Thresholds
from catordog.labels import CLASSES

FORMAT = "catordog-model/2"
"""Value of the `format` key; the number goes up when an older catordog could not read the file."""

INPUT = "pixels"
PROBABILITIES = "probabilities"
FEATURES = "features"
EVIDENCE = "evidence"

SHIPPED_MODELS = ("accurate", "fast")
"""Names of the models inside the package, the default first."""

_FOLDER = Path(__file__).parent.parent / "models"


@dataclass(frozen=True, slots=True)
class BundleMetadata:
    """What a model file says of itself.

    Attributes:
        name: what the model calls itself, such as `accurate`.
        version: catordog's version that wrote it.
        backbone: the network below the head, such as `lite2`.
        preprocess: how a decoded photo becomes the network's input.
        thresholds: from where on a probability is a verdict.
        second_look: when to look again at parts of a photo, and what that counts for.
        training: what it was trained on and how; `data_sha256` names the photos.
        metrics: measured on photos held out of training.
        licence: of the weights, with their origin.
    """

    name: str
    version: str
    backbone: str
    preprocess: PreprocessSpec
    thresholds: Thresholds
    second_look: SecondLookSpec
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    licence: str

    def to_properties(self) -> dict[str, str]:
        """Returns the key-value texts that an ONNX file can hold."""
        return {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "backbone": self.backbone,
            "labels": json.dumps(CLASSES),
            "input": json.dumps(
                {"size_px": self.preprocess.size_px, "resize": self.preprocess.resize}
            ),
            "thresholds": json.dumps(asdict(self.thresholds)),
            "second_look": json.dumps(asdict(self.second_look)),
            "training": json.dumps(self.training, sort_keys=True),
            "metrics": json.dumps(self.metrics, sort_keys=True),
            "licence": self.licence,
        }

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> BundleMetadata:
        """Reads what `to_properties` wrote.

        Raises:
            ValueError: a key is missing or says something this version cannot honour.
        """
        try:
            if properties["format"] != FORMAT:
                raise ValueError(_name_format(properties["format"]))
            if tuple(json.loads(properties["labels"])) != CLASSES:
                raise ValueError(f"labels {properties['labels']}, not {json.dumps(CLASSES)}")
            return cls(
                name=properties["name"],
                version=properties["version"],
                backbone=properties["backbone"],
                preprocess=PreprocessSpec(**json.loads(properties["input"])),
                thresholds=Thresholds(**json.loads(properties["thresholds"])),
                second_look=SecondLookSpec(**json.loads(properties["second_look"])),
                training=json.loads(properties["training"]),
                metrics=json.loads(properties["metrics"]),
                licence=properties["licence"],
            )
        except (KeyError, TypeError, ConfigError) as exc:
            raise ValueError(f"no usable metadata ({exc})") from exc


def _name_format(name: str) -> str:
    if name == "catordog-model/1":
        return f"format '{name}' of an earlier catordog, which knew no 'both' and no 'neither'"
    return f"format {name!r}, not {FORMAT!r}"


class Look(NamedTuple):
    """What the network says of a batch of N pictures.

    Attributes:
        probabilities: float32 (N, 2), p_cat and p_dog of each, in (0, 1).
        evidence: float32 (N, h, w, 2): how much each place of the picture, top row first, argues
            for a cat and for a dog, as a logit. The mean over the places is the whole's logit.
    """

    probabilities: np.ndarray
    evidence: np.ndarray

    @property
    def logits(self) -> np.ndarray:
        """float32 (N, 2): the logits below the probabilities, exact where those are rounded."""
        mean: np.ndarray = self.evidence.mean(axis=(1, 2))
        return mean


class Bundle:
    """A model file, open and ready to run. Safe to share between threads.

    Attributes:
        path: the file.
        metadata: what it says of itself.
        size_bytes: the file's size.
    """

    def __init__(self, path: Path) -> None:
        """Opens and checks a model file; `load_bundle` is the usual way in.

        Raises:
            BundleError: see `load_bundle`.
        """
        self.path = path
        try:
            self._model = path.read_bytes()
            self._session = open_session(self._model)
            self.metadata = BundleMetadata.from_properties(
                self._session.get_modelmeta().custom_metadata_map
            )
            self._check_graph()
        except OSError as exc:
            raise BundleError(
                f"Cannot read model '{path}': expected a model file, received: {exc.strerror}. "
                "List the shipped models with: catordog models"
            ) from exc
        except ValueError as exc:
            raise BundleError(
                f"Cannot use model '{path}': expected an ONNX file written by catordog, received "
                f"one with {exc}. Train one anew with: catordog train DATA --out RUN"
            ) from exc
        self.size_bytes = len(self._model)

    @functools.cached_property
    def sha256(self) -> str:
        """Hex digest of the file: two models that share it give the same answers."""
        return hashlib.sha256(self._model).hexdigest()

    def predict_proba(self, pixels: np.ndarray) -> np.ndarray:
        """Runs the network.

        Args:
            pixels: uint8 RGB, shape (N, size_px, size_px, 3), from `preprocess`.

        Returns:
            float32, shape (N, 2): p_cat and p_dog of each photo, in (0, 1).
        """
        probabilities: np.ndarray = self._session.run([PROBABILITIES], {INPUT: pixels})[0]
        return probabilities

    def predict_with_features(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Runs the network, and keeps what its last layer sees.

        Args:
            pixels: as for `predict_proba`.

        Returns:
            float32 (N, 2), the probabilities; float32 (N, 1280), the pooled features, not
            negative.
        """
        outputs = self._session.run([PROBABILITIES, FEATURES], {INPUT: pixels})
        return outputs[0], outputs[1]

    def look(self, pixels: np.ndarray) -> Look:
        """Runs the network, and keeps which places of each picture its answer rests on.

        Args:
            pixels: as for `predict_proba`.
        """
        return Look(*self._session.run([PROBABILITIES, EVIDENCE], {INPUT: pixels}))

    def _check_graph(self) -> None:
        size_px = self.metadata.preprocess.size_px
        inputs = [(i.name, i.type, i.shape[1:]) for i in self._session.get_inputs()]
        if inputs != [(INPUT, "tensor(uint8)", [size_px, size_px, 3])]:
            raise ValueError(f"inputs {inputs}")
        outputs = {o.name: o.shape[1:] for o in self._session.get_outputs()}
        if outputs.get(PROBABILITIES) != [len(CLASSES)] or FEATURES not in outputs:
            raise ValueError(f"outputs {outputs}")
        evidence = outputs.get(EVIDENCE, [])
        if len(evidence) != 3 or evidence[-1] != len(CLASSES):
            raise ValueError(f"outputs {outputs}")


def open_session(model: bytes, *, threads: int = 1) -> Any:
    """Opens an ONNX model on the CPU.

    One thread a session call: whoever has many photos runs calls side by side, which uses the
    cores better than splitting one small photo between them (measured, see EXPERIMENTS.md).

    Raises:
        ValueError: the bytes are no ONNX model that ONNX Runtime can run.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # fatal only: what goes wrong is raised, not printed
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # ONNX Runtime's errors share no base class below Exception
        raise ValueError(f"content ONNX Runtime refuses ({str(exc).splitlines()[0][:80]})") from exc


def find_model(model: str | Path) -> Path:
    """Turns a shipped model's name, or a path, into the path of a model file."""
    if str(model) in SHIPPED_MODELS:
        return _FOLDER / f"{model}.onnx"
    return Path(model)


def load_bundle(model: str | Path = SHIPPED_MODELS[0]) -> Bundle:
    """Opens a model file.

    Args:
        model: a shipped model's name (`SHIPPED_MODELS`) or the path of a model file.

    Raises:
        BundleError: there is no such file, or it is no model that this version can use. Train
            one with `catordog train`, or take a shipped one.
    """
    return Bundle(find_model(model))


def list_models() -> list[Bundle]:
    """Opens every model that ships with the package, the default first."""
    return [load_bundle(name) for name in SHIPPED_MODELS]
