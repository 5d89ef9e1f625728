"""Does a run that is killed again and again answer every photo exactly once?

Runs the real command on real photos, kills it (SIGKILL) at random moments, starts it again, and
compares the finished table with that of a run nobody disturbed. Prints JSON; exit code 1 if a
photo is missing, comes twice, or is answered differently.

    python benchmarks/check_kill.py PHOTOS --kills 20 --model accurate
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from catordog.scoring.store import AnswerStore, partial_path

FEWEST_PHOTOS = 3_000
"""Fewer are answered before there is time to kill anything."""


def start(photos: str, model: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "catordog", "predict", photos, "--out", str(out)]
    return subprocess.Popen([*command, "--model", model, "--quiet"])


def finish(photos: str, model: str, out: Path) -> float:
    """Runs the command to its end; returns its seconds."""
    started_s = time.monotonic()
    code = start(photos, model, out).wait()
    if code not in (0, 1):
        raise SystemExit(f"catordog ended with exit code {code}")
    return time.monotonic() - started_s


def count_kept(out: Path) -> int:
    """Counts the answers that outlived the kills."""
    partial = partial_path(out)
    if not partial.exists():
        return 0
    with AnswerStore(partial) as store:
        return store.kept


def read_rows(out: Path) -> list[list[str]]:
    with out.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
        return list(csv.reader(stream))[1:]


def kill_at_random(
    photos: str, model: str, out: Path, kills: int, longest_s: float, seed: int
) -> dict[str, Any]:
    """Starts and kills the command; some lives are too short for any progress."""
    moments = random.Random(seed)
    lives_s: list[float] = []
    ended_early = 0
    while len(lives_s) < kills:
        process = start(photos, model, out)
        life_s = moments.uniform(0.1, longest_s)
        try:
            process.wait(timeout=life_s)
            ended_early += 1
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            lives_s.append(round(life_s, 3))
    return {"kills": len(lives_s), "lives_s": lives_s, "finished_before_last_kill": ended_early}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", help=f"folder or zip with at least {FEWEST_PHOTOS} photos")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--model", default="accurate")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, killed = Path(folder, "undisturbed.csv"), Path(folder, "killed.csv")
        reference_s = finish(args.photos, args.model, undisturbed)
        expected = read_rows(undisturbed)
        if len(expected) < FEWEST_PHOTOS:
            raise SystemExit(f"{len(expected)} photos: name at least {FEWEST_PHOTOS}")
        # Long enough to come far, too short to come to the end.
        longest_s = max(4.0, 1.5 * reference_s / args.kills)
        story = kill_at_random(args.photos, args.model, killed, args.kills, longest_s, args.seed)
        kept = count_kept(killed)
        last_s = finish(args.photos, args.model, killed)
        rows = read_rows(killed)
        left = sorted(path.name for path in Path(folder).iterdir())
    paths = [row[0] for row in rows]
    result = {
        "photos": len(expected),
        **story,
        "kept_before_last_run": kept,
        "missing": len({row[0] for row in expected} - set(paths)),
        "twice": len(paths) - len(set(paths)),
        "in_order": paths == [row[0] for row in expected],
        "different": sum(a != b for a, b in zip(rows, expected, strict=False)),
        "files_left_behind": [name for name in left if not name.endswith(".csv")],
        "undisturbed_s": round(reference_s, 1),
        "last_run_s": round(last_s, 1),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
    }
    print(json.dumps(result, indent=2))
    wrong = result["missing"] or result["twice"] or result["different"] or not result["in_order"]
    return 1 if wrong or result["files_left_behind"] else 0


if __name__ == "__main__":
    sys.exit(main())
