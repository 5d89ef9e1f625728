"""How many photos does `catordog serve` answer, how fast, and what happens when there are too many?

    python benchmarks/bench_serve.py [--model accurate] [--seconds 20] [--overload-s 60]

Each figure stands beside its bar:

- throughput: requests/s of /v1/predict, one 25 kB photo each, 16 connections, one process per core,
  as a share of decoding plus ONNX Runtime alone on all cores in the same run: at least 0.70
- p99 at half that load, over the p50 of requests that come alone: at most 6
- overload, ten times the throughput for a while: no answer but 200, 503 and 504, memory that does
  not grow, and the p50 of single requests back to normal within 5 s

The client takes part of the same cores, so the share is a lower bound. Prints JSON; the exit code
is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from catordog.inference.classifier import Classifier
from catordog.inference.pipeline import available_cores, map_in_order
from http_load import Connection, as_request, closed_loop, open_loop

CONNECTIONS = 16
PHOTO_BYTES = 25_000
BARS = {"share": 0.70, "p99_over_p50": 6.0, "recovery_s": 5.0, "memory_growth": 0.10}


def draw_photo(seed: int) -> bytes:
    """Draws a photo of about 25 kB, 500 x 375 pixels, as in Dogs vs. Cats."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((500, 375), Image.Resampling.BICUBIC), np.int64)
    pixels = pixels + random.integers(-12, 13, pixels.shape)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    encoded = []
    for quality in range(30, 96):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        encoded.append(file.getvalue())
    return min(encoded, key=lambda jpeg: abs(len(jpeg) - PHOTO_BYTES))


def alone_photos_per_s(classifier: Classifier, photos: list[bytes], seconds: float) -> float:
    """Decodes and runs the network on all cores, in batches, without a server."""
    batch = photos[:8]
    started = time.perf_counter()
    done = 0

    def batches() -> Any:
        while time.perf_counter() - started < seconds:
            yield batch

    for answers in map_in_order(classifier.answer_batch, batches(), workers=available_cores()):
        done += len(answers)
    return done / (time.perf_counter() - started)


def memory_bytes(pid: int) -> int:
    """Adds up the resident memory of a process and of all below it."""
    own = Path(f"/proc/{pid}/status").read_text()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rss = int(re.findall(r"VmRSS:\s+(\d+)", own)[0]) * 1024
    return rss + sum(memory_bytes(int(child)) for child in children)


async def measure_overload(
    port: int, pid: int, requests: list[bytes], per_s: float, seconds: float, p50_s: float
) -> dict[str, Any]:
    """Sends ten times what the server can answer, then waits for it to be as before."""
    samples: list[int] = []

    async def watch() -> None:
        while True:
            samples.append(memory_bytes(pid))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    _, seen = await open_loop(port, requests, per_s, seconds)
    watching.cancel()
    over = time.perf_counter()
    recovery_s = float("inf")
    while time.perf_counter() - over < 30:
        _, took, _ = await closed_loop(port, requests, 1, 1.0)
        if took and statistics.median(took) <= 1.5 * p50_s:
            recovery_s = time.perf_counter() - over
            break
    third = max(1, len(samples) // 3)
    growth = (
        statistics.mean(samples[-third:]) / statistics.mean(samples[third : 2 * third] or samples)
        - 1
    )
    return {
        "offered_per_s": per_s,
        "answers": dict(seen),
        "memory_growth": growth,
        "memory_mb": max(samples) / 1e6,
        "recovery_s": recovery_s,
    }


def start(model: str, workers: int) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", "catordog", "serve", "--port", "0", "--model", model]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        env=os.environ | {"CATORDOG_ACCESS_LOG": "false"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    found = re.search(r":(\d+)/", said)
    if found is None:
        raise SystemExit(said + process.stderr.read())
    return process, int(found[1])


async def wait_until_ready(port: int, request: bytes, workers: int) -> None:
    connections = [Connection(port) for _ in range(8 * workers)]  # so that each process is asked
    for connection in connections:
        for _ in range(600):
            try:
                if await connection.ask(request) == 200:
                    break
            except (OSError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.1)
        connection.close()


async def measure(options: argparse.Namespace, port: int, pid: int) -> dict[str, Any]:
    photos = [draw_photo(seed) for seed in range(32)]
    requests = [as_request(photo) for photo in photos]
    classifier = Classifier.load(options.model)
    workers = available_cores()
    await wait_until_ready(port, requests[0], workers)
    alone, served = [], []
    for _ in range(options.rounds):
        alone.append(
            await asyncio.to_thread(alone_photos_per_s, classifier, photos, options.seconds)
        )
        per_s, _, seen = await closed_loop(port, requests, CONNECTIONS, options.seconds)
        served.append(per_s)
        if set(seen) != {"200"}:
            raise SystemExit(f"expected only 200 at {CONNECTIONS} connections, received {seen}")
    throughput = statistics.median(served)
    _, single, _ = await closed_loop(port, requests, 1, options.seconds / 2)
    p50_s = statistics.median(single)
    half, seen = await open_loop(port, requests, throughput / 2, options.seconds)
    p99_s = float(np.quantile(half, 0.99))
    overload = await measure_overload(
        port, pid, requests, 10 * throughput, options.overload_s, p50_s
    )
    allowed = {"200", "503", "504"}
    report: dict[str, Any] = {
        "model": options.model,
        "cores": workers,
        "photo_bytes": round(statistics.mean(map(len, photos))),
        "alone_per_s": statistics.median(alone),
        "requests_per_s": throughput,
        "share": statistics.median(s / a for s, a in zip(served, alone, strict=True)),
        "single_p50_ms": p50_s * 1000,
        "half_load_p99_ms": p99_s * 1000,
        "half_load_answers": dict(seen),
        "p99_over_p50": p99_s / p50_s,
        "overload": overload,
        "bars": BARS,
    }
    report["passed"] = {
        "share": report["share"] >= BARS["share"],
        "p99_over_p50": report["p99_over_p50"] <= BARS["p99_over_p50"],
        "overload_answers": set(overload["answers"]) <= allowed and "200" in overload["answers"],
        "memory_growth": overload["memory_growth"] <= BARS["memory_growth"],
        "recovery_s": overload["recovery_s"] <= BARS["recovery_s"],
    }
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="accurate")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--overload-s", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    process, port = start(options.model, available_cores())
    try:
        report = asyncio.run(measure(options, port, process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    print(json.dumps(report, indent=2, default=float))
    raise SystemExit(0 if all(report["passed"].values()) else 1)


if __name__ == "__main__":
    main()
