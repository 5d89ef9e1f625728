"""Measures ways from JPEG bytes to the network's input, on the same photos, in turns.

    python benchmarks/bench_decode.py DATA_ZIP [--photos N] [--size-px S] [--rounds R]

Prints one JSON object: machine, versions, and per way and number of threads the photos per second
(median of the rounds), the ratio to plain Pillow, and how far its pixels are from plain Pillow's.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import json
import os
import platform
import random
import statistics
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, features

from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess

try:
    import cv2
except ImportError:
    cv2 = None
try:
    import pyvips
except (ImportError, OSError):
    pyvips = None

Way = Callable[[bytes, int], np.ndarray]
PACKAGES = (
    "catordog",
    "numpy",
    "pillow",
    "simplejpeg",
    "opencv-python-headless",
    "pyvips",
    "pyvips-binary",
)


def shrink(image: Image.Image, size_px: int) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((size_px, size_px), Image.Resampling.BILINEAR))


def by_pillow(data: bytes, size_px: int) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return shrink(image, size_px)


def by_pillow_draft(data: bytes, size_px: int) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (size_px, size_px))
        return shrink(image, size_px)


def by_simplejpeg_full(data: bytes, size_px: int) -> np.ndarray:
    return shrink(Image.fromarray(simplejpeg.decode_jpeg(data, "RGB", strict=False)), size_px)


def by_simplejpeg_and_opencv(data: bytes, size_px: int) -> np.ndarray:
    pixels = simplejpeg.decode_jpeg(
        data, "RGB", min_height=size_px, min_width=size_px, strict=False
    )
    return cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA)


def by_opencv(data: bytes, size_px: int) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


def by_pyvips(data: bytes, size_px: int) -> np.ndarray:
    image = pyvips.Image.thumbnail_buffer(data, size_px, height=size_px, size="force")
    return image.colourspace("srgb").numpy()


def by_catordog(data: bytes, size_px: int) -> np.ndarray:
    return decode_and_preprocess(data, PreprocessSpec(size_px=size_px)).pixels


def find_ways() -> Mapping[str, Way]:
    """The ways that are installed here."""
    ways: dict[str, Way] = {
        "pillow": by_pillow,
        "pillow draft": by_pillow_draft,
        "simplejpeg full + pillow resize": by_simplejpeg_full,
        "catordog": by_catordog,
    }
    if cv2 is not None:
        cv2.setNumThreads(1)
        ways["simplejpeg scaled + opencv area"] = by_simplejpeg_and_opencv
        ways["opencv"] = by_opencv
    if pyvips is not None:
        ways["pyvips"] = by_pyvips
    return ways


def read_photos(path: Path, count: int) -> Sequence[bytes]:
    """Draws JPEGs from a ZIP, the same ones each time."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if n.lower().endswith((".jpg", ".jpeg")))
        names = random.Random(0).sample(names, min(count, len(names)))
        return [archive.read(name) for name in names]


def time_once(way: Way, photos: Sequence[bytes], size_px: int, threads: int) -> float:
    """Photos per second."""
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        for _ in pool.map(lambda data: way(data, size_px), photos):
            pass
        return len(photos) / (time.perf_counter() - start)


def mean_difference(way: Way, photos: Sequence[bytes], size_px: int) -> float:
    """Mean absolute difference from plain Pillow's pixels, of 255."""
    differences = [
        np.abs(way(data, size_px).astype(int) - by_pillow(data, size_px)).mean() for data in photos
    ]
    return float(np.mean(differences))


def find_versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {**versions, "pillow's libjpeg-turbo": features.version("libjpeg_turbo")}


def measure(photos: Sequence[bytes], size_px: int, rounds: int) -> dict[str, object]:
    ways = find_ways()
    for way in ways.values():
        time_once(way, photos[:20], size_px, 1)
    speeds: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):  # in turns: a busy moment of the machine then hits every way
        for threads in (1, 2):
            for name, way in ways.items():
                speed = time_once(way, photos, size_px, threads)
                speeds.setdefault((name, threads), []).append(speed)
    results: dict[str, object] = {}
    for name, way in ways.items():
        result = {"mean_difference": round(mean_difference(way, photos[:100], size_px), 2)}
        for threads in (1, 2):
            speed = statistics.median(speeds[name, threads])
            paired = zip(speeds[name, threads], speeds["pillow", threads], strict=True)
            ratio = statistics.median(own / pillow for own, pillow in paired)
            result[f"photos_per_s_{threads}_threads"] = round(speed, 1)
            result[f"ratio_to_pillow_{threads}_threads"] = round(ratio, 2)
        results[name] = result
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data_zip", type=Path, help="a ZIP with JPEGs in it")
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--size-px", type=int, default=260)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    photos = read_photos(args.data_zip, args.photos)
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "load_before": round(os.getloadavg()[0], 2),
        "versions": find_versions(),
        "photos": len(photos),
        "size_px": args.size_px,
        "rounds": args.rounds,
        "ways": measure(photos, args.size_px, args.rounds),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
