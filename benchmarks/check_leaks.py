"""Tries to tell cats from dogs by everything about a challenge's photos but what they show.

python benchmarks/check_leaks.py DATA [--rounds 1000]: draws challenges from a labelled data set
over HTTP, and learns on half of them: for each photo, from its place and the bytes of the sheet
where it would be if all blocks took as many; and for each sheet, from its name, headers, size, time
and bytes whether most of it are cats. Prints how well the other half is told apart.

The test: the area under the ROC curve is one half, for every kind of feature and for all of them
together. It is no better than chance if no bootstrap interval lies above 0.5; the intervals are as
wide as it takes (Bonferroni) for all to hold at once 95 times in 100. Exits with 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
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
from catordog.challenge.rules import PHOTOS
from catordog.challenge.service import ChallengeService
from catordog.challenge.sheet import COLUMNS, FIRST_BYTES, SIDE_PX
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tables import open_database
from catordog.challenge.webp import HEADER_BYTES
from catordog.serving.challenge.play_routes import play_routes

USUAL_BYTES = (14_791, 85_499)
"""Of the partitions of 4,000 sheets of quality 80, before they were filled up: mean."""


class Recording(ChallengeStore):
    """A store that also tells this script the truth."""

    truth: list[bool]

    def add_challenge(self, session: Session, sheet, cats, **times):  # type: ignore[no-untyped-def]
        """Keeps the truth."""
        self.truth = list(cats)
        return super().add_challenge(session, sheet, cats, **times)


def look_at(data: np.ndarray) -> dict[str, list[float]]:
    """What a script can see of bytes without decoding them, by kind."""
    counts = np.bincount(data, minlength=256)
    shares = counts[counts > 0] / len(data)
    entropy = -(shares * np.log2(shares)).sum()
    return {"byte counts": counts.tolist(), "entropy and mean": [entropy, data.mean()]}


def look_at_photo(sheet: bytes, place: int) -> dict[str, list[float]]:
    """Guesses which bytes are one photo's: of each row of blocks, as many as of the others."""
    data = np.frombuffer(sheet, np.uint8)[HEADER_BYTES:]
    row, column = divmod(place, COLUMNS)
    rows = PHOTOS // COLUMNS
    found = []
    for partition, usual in ((data, USUAL_BYTES[0]), (data[FIRST_BYTES:], USUAL_BYTES[1])):
        pieces = np.array_split(partition[:usual], rows * SIDE_PX // 16 * COLUMNS)
        of_row = np.array_split(np.arange(rows * SIDE_PX // 16), rows)[row]
        found += [pieces[r * COLUMNS + column] for r in of_row]
    return {"place": [row, column], **look_at(np.concatenate(found))}


def look_at_sheet(sheet: bytes, name: str, headers: dict[str, str], took_s: float) -> dict:
    """Everything a script can see of a whole challenge without decoding it, by kind."""
    data = np.frombuffer(sheet, np.uint8)
    return {
        "name": [int(name[i : i + 4], 16) for i in range(0, 32, 4)],
        "size and headers": [len(sheet), sum(map(len, headers.values())), len(headers)],
        "time": [took_s],
        "header": data[:HEADER_BYTES].tolist(),
        "first bytes": np.unpackbits(data[HEADER_BYTES:][:32]).tolist(),
        **look_at(data[HEADER_BYTES:]),
        "last bytes": data[-64:].tolist(),
    }


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=1000)
    arguments = parser.parse_args()
    photos: list[dict] = []
    sheets: list[dict] = []
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
            began = time.perf_counter()
            response = client.get(shown["sheet"])
            took_s = time.perf_counter() - began
            headers = {k: v for k, v in response.headers.items() if k != "date"}
            name = Path(shown["sheet"]).stem
            sheets.append(look_at_sheet(response.content, name, headers, took_s))
            photos += [look_at_photo(response.content, place) for place in range(PHOTOS)]
            client.post("/challenge/api/answers", json={
                "session": session, "challenge": shown["challenge"], "picked": [False] * PHOTOS,
            })  # fmt: skip
        service.close()
    labels = np.array(truth)
    cats = labels.reshape(-1, PHOTOS).sum(axis=1)
    uneven = cats != PHOTOS // 2
    uneven_sheets = [row for row, take in zip(sheets, uneven, strict=True) if take]
    tail = 2.5 / (len(photos[0]) + len(sheets[0]) + 2)
    told = {
        "a photo is a cat": tell_all_apart(photos, labels, tail),
        "most of a sheet are cats": tell_all_apart(
            uneven_sheets, (cats > PHOTOS // 2)[uneven], tail
        ),
    }
    by_chance = all(area["low"] <= 0.5 for of in told.values() for area in of.values())
    counts = {"photos": len(labels), "cats": int(labels.sum())}
    print(json.dumps({**counts, **told, "no better than chance": by_chance}, indent=2))
    sys.exit(not by_chance)


def tell_all_apart(
    rows: list[dict], labels: np.ndarray, tail: float
) -> dict[str, dict[str, float]]:
    """Tells labels apart by each kind of feature, and by all together."""
    kinds = {kind: np.array([row[kind] for row in rows], np.float64) for kind in rows[0]}
    kinds["all together"] = np.hstack(list(kinds.values()))
    return {kind: tell_apart(table, labels, tail) for kind, table in kinds.items()}


def tell_apart(table: np.ndarray, labels: np.ndarray, tail: float) -> dict[str, float]:
    """Learns on the first half; returns the AUC on the second, with its bootstrap interval.

    Args:
        table: of features, a row for each photo or sheet, in the order they were shown.
        labels: of each row.
        tail: percent of the draws that lie above the interval, and as many below.
    """
    half = len(labels) // 2
    scaled = StandardScaler().fit(table[:half]).transform(table)
    model = LogisticRegression(C=0.01, max_iter=2000).fit(scaled[:half], labels[:half])
    told, right = model.decision_function(scaled[half:]), labels[half:]
    random = np.random.default_rng(0)
    draws = [random.integers(0, len(right), len(right)) for _ in range(4000)]
    areas = [roc_auc_score(right[draw], told[draw]) for draw in draws]
    low, high = np.percentile(areas, [tail, 100 - tail])
    of_all = roc_auc_score(right, told)
    return {"auc": round(of_all, 3), "low": round(low, 3), "high": round(high, 3)}


if __name__ == "__main__":
    main()
