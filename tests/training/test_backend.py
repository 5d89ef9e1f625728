from __future__ import annotations

import os
import subprocess
import sys

PREPARE = "from catordog.training.backend import prepare_keras; prepare_keras(0); import keras"


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_default_backend_loads_in_silence() -> None:
    result = run(f"{PREPARE}; print(keras.backend.backend())")
    assert (result.stdout, result.stderr) == ("tensorflow\n", "")


def test_users_backend_is_honoured_and_named_when_missing() -> None:
    result = run(PREPARE, KERAS_BACKEND="no_such_backend")
    assert "Keras on no_such_backend" in result.stderr
    assert "pip install 'catordog[train]'" in result.stderr


def test_same_seed_gives_the_same_numbers() -> None:
    code = f"{PREPARE}; import numpy as np; print(np.random.rand(), keras.random.uniform((1,)))"
    assert run(code).stdout == run(code).stdout != ""
