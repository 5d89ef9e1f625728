"""Tries to tell cats from dogs by everything about a challenge's photos but what they show.

python benchmarks/check_leaks.py DATA [--rounds 200]: draws challenges from a labelled data set over
HTTP, with the photos fetched one by one, and learns on half of them from names, places, headers,
sizes, times and bytes; prints how well the other half is told apart. No better than chance is an
area under the ROC curve whose 95 % interval holds 0.5.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from catordog.challenge.pool import open_pools
from catordog.challenge.records import Session
from catordog.challenge.service import ChallengeService
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tables import open_database
from catordog.serving.challenge.play_routes import play_routes


class Recording(ChallengeStore):
    """A store that also tells this script the truth."""

    truth: list[bool]

    def add_challenge(self, session: Session, jpegs, cats, **times):  # type: ignore[no-untyped-def]
        """Keeps the truth."""
        self.truth = list(cats)
        return super().add_challenge(session, jpegs, cats, **times)


def features(jpeg: bytes, name: str, place: int, headers: dict[str, str], took_s: float) -> dict:
    """Everything a script can see without decoding the picture, by kind."""
    data = np.frombuffer(jpeg, np.uint8)
    quarters = [np.bincount(part, minlength=256) for part in np.array_split(data, 4)]
    stuffed = [part.count(b"\xff\x00") for part in (jpeg[:8192], jpeg[8192:16384], jpeg[16384:])]
    entropy = [-(q[q > 0] / q.sum() * np.log2(q[q > 0] / q.sum())).sum() for q in quarters]
    return {
        "place": [place],
        "name": [int(name[i : i + 4], 16) for i in range(0, 32, 4)],
        "size and headers": [len(jpeg), sum(map(len, headers.values())), len(headers)],
        "time": [took_s],
        "header bytes": data[:623].tolist(),
        "byte counts": np.concatenate(quarters).tolist(),
        "entropy, stuffing": [*entropy, *stuffed],
        "last bytes": data[-64:].tolist(),
    }


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    rows: list[dict] = []
    truth: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Recording(open_database(f"sqlite:///{Path(folder)}/challenge.db"))
        service = ChallengeService(store, open_pools(arguments.data))
        app = FastAPI()
        app.include_router(play_routes(service))
        client = TestClient(app)
        for _ in range(arguments.rounds):
            session = client.post("/challenge/api/sessions", json={}).json()["session"]
            shown = client.post("/challenge/api/challenges", json={"session": session}).json()
            truth += store.truth
            for place, url in enumerate(shown["photos"]):
                began = time.perf_counter()
                response = client.get(url)
                took_s = time.perf_counter() - began
                name = Path(url).stem
                headers = {k: v for k, v in response.headers.items() if k != "date"}
                rows.append(features(response.content, name, place, headers, took_s))
            client.post("/challenge/api/answers", json={
                "session": session, "challenge": shown["challenge"], "picked": [False] * 12,
            })  # fmt: skip
        service.close()
    labels = np.array(truth)
    half = len(labels) // 24 * 12
    report = {"photos": len(labels), "cats": int(labels.sum()), "auc": {}}
    for kind in rows[0]:
        table = np.array([row[kind] for row in rows], np.float64)
        report["auc"][kind] = tell_apart(table, labels, half)
    everything = np.array(
        [[value for kind in row for value in row[kind]] for row in rows], np.float64
    )
    report["auc"]["all together"] = tell_apart(everything, labels, half)
    print(json.dumps(report, indent=2))


def tell_apart(table: np.ndarray, labels: np.ndarray, half: int) -> dict[str, object]:
    """Learns on the first half; returns the AUC on the second, with its bootstrap interval."""
    scaled = StandardScaler().fit(table[:half]).transform(table)
    model = LogisticRegression(C=0.01, max_iter=2000).fit(scaled[:half], labels[:half])
    told, right = model.decision_function(scaled[half:]), labels[half:]
    random = np.random.default_rng(0)
    draws = [random.integers(0, len(right), len(right)) for _ in range(1000)]
    areas = [roc_auc_score(right[draw], told[draw]) for draw in draws]
    low, high = np.percentile(areas, [2.5, 97.5])
    return {
        "auc": round(float(roc_auc_score(right, told)), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "chance": bool(low <= 0.5 <= high),
    }


if __name__ == "__main__":
    main()
