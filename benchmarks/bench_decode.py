"""Measures ways from JPEG bytes to the network's input, on the same photos, in turns.

    python benchmarks/bench_decode.py PHOTOS [--photos N] [--size-px S] [--rounds R]
        [--min-side-px M] [--enlarge-px L]

PHOTOS is a ZIP or a folder with JPEGs in it. Prints one JSON object: machine, versions, and per way
how far its pixels are from plain Pillow's, its processor time (to be trusted on a busy machine
too), and for one and two threads the photos per second and the ratio to plain Pillow's (medians of
the rounds).

Photos under M pixels are left out: those that people take are larger, and some copies of the Kaggle
photos are shrunk, which leaves next to nothing to decode. `--enlarge-px 4000` measures photos of
the size that phones take, made from those given.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.metadata
import io
import itertools
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
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image, features

from catordog.images.preprocess import PreprocessSpec, decode_and_preprocess


def import_if_there(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):
        return None


cv2 = import_if_there("cv2")
pyvips = import_if_there("pyvips")

Way = Callable[[bytes, int], np.ndarray]
SUFFIXES = (".jpg", ".jpeg")
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


def by_simplejpeg_half_or_less(data: bytes, size_px: int) -> np.ndarray:
    pixels = simplejpeg.decode_jpeg(
        data, "RGB", min_height=size_px, min_width=size_px, min_factor=2, strict=False
    )
    return shrink(Image.fromarray(pixels), size_px)


def by_simplejpeg_and_opencv(data: bytes, size_px: int) -> np.ndarray:
    pixels = simplejpeg.decode_jpeg(
        data, "RGB", min_height=size_px, min_width=size_px, strict=False
    )
    small: np.ndarray = cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return small


def by_opencv(data: bytes, size_px: int) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA)
    rgb: np.ndarray = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    return rgb


def by_pyvips(data: bytes, size_px: int) -> np.ndarray:
    image = pyvips.Image.thumbnail_buffer(data, size_px, height=size_px, size="force")
    pixels: np.ndarray = image.colourspace("srgb").numpy()
    return pixels


def by_catordog(data: bytes, size_px: int) -> np.ndarray:
    return decode_and_preprocess(data, PreprocessSpec(size_px=size_px)).pixels


def find_ways() -> Mapping[str, Way]:
    """The ways that are installed here."""
    ways: dict[str, Way] = {
        "pillow": by_pillow,
        "pillow draft": by_pillow_draft,
        "simplejpeg full + pillow resize": by_simplejpeg_full,
        "simplejpeg at half or less + pillow resize": by_simplejpeg_half_or_less,
        "catordog": by_catordog,
    }
    if cv2 is not None:
        cv2.setNumThreads(1)
        ways["simplejpeg scaled + opencv area"] = by_simplejpeg_and_opencv
        ways["opencv"] = by_opencv
    if pyvips is not None:
        ways["pyvips"] = by_pyvips
    return ways


def find_readers(path: Path) -> Sequence[Callable[[], bytes]]:
    """Lists the JPEGs of a ZIP or a folder, in order of their names, each as what reads it."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return [file.read_bytes for file in files if file.suffix.lower() in SUFFIXES]
    archive = zipfile.ZipFile(path)
    names = sorted(name for name in archive.namelist() if name.lower().endswith(SUFFIXES))
    return [functools.partial(archive.read, name) for name in names]


def read_photos(path: Path, count: int, min_side_px: int) -> Sequence[bytes]:
    """Draws photos, the same ones each time."""
    readers = list(find_readers(path))
    random.Random(0).shuffle(readers)
    photos = (read() for read in readers)
    large = (
        photo
        for photo in photos
        if min(simplejpeg.decode_jpeg_header(photo, strict=False)[:2]) >= min_side_px
    )
    return list(itertools.islice(large, count))


def enlarge(data: bytes, long_side_px: int) -> bytes:
    """Makes a photo of a camera's size, as much like one as can be made."""
    with Image.open(io.BytesIO(data)) as image:
        scale = long_side_px / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=90)
    return file.getvalue()


def time_once(way: Way, photos: Sequence[bytes], size_px: int, threads: int) -> tuple[float, float]:
    """Photos per second, and milliseconds of processor time per photo, all threads together."""
    with ThreadPoolExecutor(threads) as pool:
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in pool.map(lambda data: way(data, size_px), photos):
            pass
        cpu_s = time.process_time() - cpu_start
        return len(photos) / (time.perf_counter() - start), cpu_s / len(photos) * 1000


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
    runs: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(rounds):  # in turns: a busy moment of the machine then hits every way
        for threads in (1, 2):
            for name, way in ways.items():
                run = time_once(way, photos, size_px, threads)
                runs.setdefault((name, threads), []).append(run)
    cpu_ms = {name: min(cpu for _, cpu in runs[name, 1]) for name in ways}
    results: dict[str, object] = {}
    for name, way in ways.items():
        result = {"mean_difference": round(mean_difference(way, photos[:100], size_px), 2)}
        # The least of the rounds: other programs can only add to it.
        result["cpu_ms_per_photo"] = round(cpu_ms[name], 3)
        result["cpu_speed_to_pillow"] = round(cpu_ms["pillow"] / cpu_ms[name], 2)
        for threads in (1, 2):
            pairs = zip(runs[name, threads], runs["pillow", threads], strict=True)
            ratio = statistics.median(own / pillow for (own, _), (pillow, _) in pairs)
            speed = statistics.median(speed for speed, _ in runs[name, threads])
            result[f"photos_per_s_{threads}_threads"] = round(speed, 1)
            result[f"ratio_to_pillow_{threads}_threads"] = round(ratio, 2)
        results[name] = result
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("path", type=Path, help="a ZIP or a folder with JPEGs in it")
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--size-px", type=int, default=260)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--min-side-px", type=int, default=350, help="leave out smaller photos")
    parser.add_argument("--enlarge-px", type=int, help="long side to enlarge the photos to first")
    args = parser.parse_args()
    photos = read_photos(args.path, args.photos, args.min_side_px)
    if args.enlarge_px:
        photos = [enlarge(photo, args.enlarge_px) for photo in photos]
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "load_before": round(os.getloadavg()[0], 2),
        "versions": find_versions(),
        "photos": len(photos),
        "size_px": args.size_px,
        "min_side_px": args.min_side_px,
        "enlarge_px": args.enlarge_px,
        "rounds": args.rounds,
        "ways": measure(photos, args.size_px, args.rounds),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
