from __future__ import annotations

import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test that tries to reach another machine."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_locally)


def draw_photo(label: str, seed: int, *, side_px: int = 64) -> Image.Image:
    """Draws what a small model can learn: cats are warm discs, dogs are cool squares.

    Each stands before patches of its own, so that no two drawings are near duplicates.
    """
    random = np.random.default_rng(seed)
    patches = Image.fromarray(random.integers(70, 180, (4, 4, 3), dtype=np.uint8))
    pixels = np.array(patches.resize((side_px, side_px), Image.Resampling.BILINEAR), np.int64)
    pixels += random.integers(-20, 20, pixels.shape)
    rows, columns = np.mgrid[:side_px, :side_px] - side_px / 2
    radius = random.uniform(0.25, 0.4) * side_px
    if label == "cat":
        pixels[rows**2 + columns**2 < radius**2] = (220, 120, 40)
    else:
        pixels[np.maximum(abs(rows), abs(columns)) < radius] = (40, 90, 220)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def tiny_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kaggle's layout in small: 48 drawn photos in train/, named cat.0.jpg, dog.0.jpg, ..."""
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "train.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(24):
            for seed, label in ((index, "cat"), (1000 + index, "dog")):
                photo = folder / f"{label}.{index}.jpg"
                draw_photo(label, seed).save(photo, quality=90)
                archive.write(photo, f"train/{photo.name}")
    return path
