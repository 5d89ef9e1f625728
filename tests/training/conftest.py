from __future__ import annotations

from pathlib import Path

import pytest

from catordog.training.backend import prepare_keras
from catordog.training.run import TrainConfig, train


class SilentScreen:
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stages: list[str] = []
        self.done = 0

    def stage(self, name: str, total: int):  # type: ignore[no-untyped-def]
        self.stages.append(name)

        def advance(count: int) -> None:
            self.done += count

        return advance

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="session")
def keras():  # type: ignore[no-untyped-def]
    prepare_keras(seed=0)
    import keras

    return keras


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, tiny_zip: Path) -> Path:
    """A whole training run on drawn photos, with fine-tuning: the run folder."""
    folder = tmp_path_factory.mktemp("run")
    config = TrainConfig(
        data=str(tiny_zip),
        out=folder / "run",
        backbone="lite0",
        name="tiny",
        val=0.25,
        test=0.25,
        fine_tune_epochs=1,
        cache=folder / "cache",
    )
    train(config, SilentScreen())
    return folder / "run"
