"""Whole runs beyond the default recipe, on drawn photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog import Classifier
from catordog.errors import ConfigError
from catordog.training.calibrate import NEVER
from catordog.training.run import TrainConfig, train
from tests.training.conftest import SilentScreen


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups of what the drawn pets stand before, with no pet there.

    Of the same texture as the training photos: 8-bit ranges come from those, and what is wholly
    unlike them (stripes, say) is cut off at their ends.
    """
    root = tmp_path_factory.mktemp("strangers")
    for number, (group, tiles) in enumerate((("coarse", 3), ("fine", 5))):
        (root / group).mkdir()
        for seed in range(8):
            random = np.random.default_rng(10 * number + seed)
            patches = Image.fromarray(random.integers(70, 180, (tiles, tiles, 3), dtype=np.uint8))
            pixels = np.array(patches.resize((64, 64), Image.Resampling.BILINEAR), np.int64)
            pixels += random.integers(-20, 20, pixels.shape)
            image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            image.save(root / group / f"{seed}.png")
    return root


class PullsThePlug(SilentScreen):
    """Interrupts a run after the first epoch of fine-tuning."""

    def say(self, text: str) -> None:
        super().say(text)
        if text.startswith("fine-tune, epoch 1/"):
            raise KeyboardInterrupt


def test_run_with_strangers_and_a_teacher_goes_on_after_an_interruption(
    tiny_zip: Path, tiny_run: Path, strangers: Path, tmp_path: Path
) -> None:
    config = TrainConfig(
        data=str(tiny_zip),
        out=tmp_path / "run",
        backbone="lite0",
        name="pupil",
        val=0.25,
        test=0.25,
        epochs=60,  # of a step each: answers near a half do not survive rounding to 8 bits
        fine_tune_epochs=2,
        strangers=str(strangers),
        hold_out=("fine",),
        teacher=str(tiny_run / "model.onnx"),
        cache=tmp_path / "cache",
        tensorboard=True,
    )
    with pytest.raises(KeyboardInterrupt):
        train(config, PullsThePlug())
    assert not config.out.exists()
    screen = SilentScreen()
    train(config, screen)
    epochs = [line.split(":")[0] for line in screen.lines if line.startswith("fine-tune")]
    assert epochs == ["fine-tune, epoch 2/2"]
    assert "16 strangers: 8 train, 8 val (fine)" in screen.lines
    # Nothing that the first try had computed is computed again.
    assert "computing activations, views 0" not in screen.stages
    metadata = Classifier.load(config.out / "model.onnx").bundle.metadata
    assert (metadata.training["strangers"], metadata.training["teacher"]) == (8, "tiny")
    assert metadata.thresholds != NEVER
    assert list((config.out / "tensorboard").iterdir())
    assert not list(config.cache.glob("*.npz"))  # what it would have gone on from is not needed


def test_network_from_scratch_is_trained_and_written(
    tiny_zip: Path, tmp_path: Path, samples: Path
) -> None:
    config = TrainConfig(
        data=str(tiny_zip),
        out=tmp_path / "run",
        backbone="scratch",
        epochs=2,
        val=0.25,
        test=0.25,
        cache=tmp_path / "cache",
    )
    train(config, SilentScreen())
    classifier = Classifier.load(config.out / "model.onnx")
    assert classifier.bundle.metadata.preprocess.size_px == 128
    assert classifier.predict(samples / "dog.jpg").p_dog > 0


def test_recipes_that_cannot_be_are_refused(tiny_zip: Path, tmp_path: Path) -> None:
    config = TrainConfig(data=str(tiny_zip), out=tmp_path / "run")
    with pytest.raises(ConfigError, match="Cannot learn from a teacher"):
        train(replace(config, teacher="fast"), SilentScreen())
    with pytest.raises(ConfigError, match="Cannot fine-tune 'MobileNetV2'"):
        train(replace(config, backbone="MobileNetV2", fine_tune_epochs=1), SilentScreen())
