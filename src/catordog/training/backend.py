"""Prepares the Keras backend: which one, how loud, how repeatable."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

from catordog.errors import MissingExtraError

DEFAULT_BACKEND = "tensorflow"
"""The fastest Keras backend on a plain CPU; KERAS_BACKEND chooses another."""


def prepare_keras(seed: int, *, deterministic: bool = True) -> None:
    """Chooses the backend if the user did not, and seeds every random generator that Keras uses.

    Must run before the first import of Keras in the process, or the user's backend stays.

    Args:
        seed: of every random generator.
        deterministic: on a CPU, the same seed gives the same weights; keeps training
            convolutions on one core (EXPERIMENTS.md), a linear head loses nothing.

    Raises:
        MissingExtraError: Keras or the chosen backend is not installed.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", DEFAULT_BACKEND)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if importlib.util.find_spec("keras") is None or importlib.util.find_spec(backend) is None:
        raise MissingExtraError(f"training (Keras on {backend})", extra="train")
    with _standard_error_closed():
        import keras

    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if deterministic:
            tf.config.experimental.enable_op_determinism()
        # It warns of "retracing" for every last, smaller batch.
        tf.get_logger().setLevel("ERROR")


@contextmanager
def _standard_error_closed() -> Iterator[None]:
    """Keeps native code from writing to standard error.

    TensorFlow greets there when it is loaded, before its own log level counts. What goes wrong
    is raised, and so still seen.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
