"""How fast is `catordog predict FOLDER`, against its own limit and against PyTorch with Pillow?

    python benchmarks/bench_predict.py FOLDER [--rounds 3] [--peer-python PYTHON]

The limit is 1 / (1/decode-only + 1/inference-only) photos/s, each measured alone on all cores in
the same round. The peer is the same network as its authors publish it, in eager PyTorch with
Pillow, on all cores (`peer_pytorch.py`, in an environment that has torch and
efficientnet_lite_pytorch). Prints JSON; machines are noisy, so read the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess
from catordog.inference.bundle import load_bundle
from catordog.inference.classifier import DEFAULT_BATCH_SIZE
from catordog.inference.pipeline import available_cores, chunked, map_in_order

PEER = Path(__file__).parent / "peer_pytorch.py"


def photos_per_s(photos: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return photos / (time.perf_counter() - started)


def decode_only(files: list[Path], spec: PreprocessSpec) -> float:
    def decode(chunk: list[Path]) -> None:
        for file in chunk:
            decode_and_preprocess(file.read_bytes(), spec)

    chunks = chunked(files, DEFAULT_BATCH_SIZE)
    run = map_in_order(decode, chunks, workers=available_cores())
    return photos_per_s(len(files), lambda: list(run))


def inference_only(photos: int, model: str) -> float:
    bundle = load_bundle(model)
    side = bundle.metadata.preprocess.size_px
    shape = (DEFAULT_BATCH_SIZE, side, side, 3)
    batch = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    calls = photos // DEFAULT_BATCH_SIZE
    run = map_in_order(bundle.predict_proba, [batch] * calls, workers=available_cores())
    return photos_per_s(calls * DEFAULT_BATCH_SIZE, lambda: list(run))


def whole_command(folder: Path, photos: int, model: str) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "catordog", "predict", str(folder), "--quiet"]
        command += ["--model", model, "--out", str(Path(scratch, "answers.csv"))]
        return photos_per_s(photos, lambda: subprocess.run(command, check=True))


def peer(python: str, folder: Path, model: str) -> float:
    backbone = load_bundle(model).metadata.backbone
    command = [python, str(PEER), str(folder), backbone, "--photos", "300"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(result.stdout)["photos_per_s"])


def measure(folder: Path, files: list[Path], model: str, peer_python: str | None) -> dict[str, Any]:
    spec = load_bundle(model).metadata.preprocess
    decode, inference = decode_only(files, spec), inference_only(len(files), model)
    limit = 1 / (1 / decode + 1 / inference)
    predict = whole_command(folder, len(files), model)
    row = {
        "decode_only": decode,
        "inference_only": inference,
        "limit": limit,
        "predict": predict,
        "share_of_limit": predict / limit,
    }
    if peer_python:
        row["peer"] = peer(peer_python, folder, model)
        row["times_peer"] = predict / row["peer"]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=["fast", "accurate"])
    parser.add_argument("--peer-python")
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.is_file())
    report: dict[str, Any] = {"photos": len(files), "cores": available_cores()}
    for model in options.models:
        rows = [
            measure(options.folder, files, model, options.peer_python)
            for _ in range(options.rounds)
        ]
        medians = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        report[model] = {key: round(value, 3) for key, value in medians.items()}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
