"""A classifier without a network: its answer is a function of the photo's bytes alone."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from catordog.errors import CatOrDogError
from catordog.images.picture import DecodeLimits
from catordog.inference.pipeline import chunked, map_in_order
from catordog.labels import Label
from catordog.records import Answer, Failure, Prediction


def fake_answer(data: bytes) -> Answer:
    """Bytes that begin with "bad" fail; "cut" is answered with a warning; a hash decides.

    Those that begin with "both" or "neither" show that.
    """
    if data.startswith(b"bad"):
        return Failure("Cannot decode the photo: it is bad.", "ImageDecodeError")
    for label, p in ((Label.BOTH, 0.75), (Label.NEITHER, 0.25)):
        if data.startswith(label.encode()):
            return Prediction(label, p, p, 640, 480)
    p_dog = hashlib.sha256(data).digest()[0] / 256
    label = Label.DOG if p_dog > 0.5 else Label.CAT
    warning = "cut short" if data.startswith(b"cut") else ""
    return Prediction(label, 1 - p_dog, p_dog, 640, 480, warning)


class FakeClassifier:
    """Has what scoring uses of a Classifier.

    Attributes:
        seen: how many photos were answered.
        before: called with `seen` before each answer; may raise.
    """

    def __init__(
        self,
        name: str = "fake",
        *,
        pause_s: float = 0.0,
        before: Callable[[int], None] = lambda seen: None,
    ) -> None:
        self.name = name
        self.limits = DecodeLimits()
        self.bundle = SimpleNamespace(sha256=hashlib.sha256(name.encode()).hexdigest())
        self.seen = 0
        self.before = before
        self._pause_s = pause_s

    def predict_many(
        self, photos: Iterable[Any], *, workers: int | None = None, batch_size: int = 16
    ) -> Iterator[Answer]:
        for answers in map_in_order(self._answer, chunked(photos, batch_size), workers=2):
            for answer in answers:
                self.before(self.seen)
                self.seen += 1
                yield answer

    def _answer(self, photos: list[Any]) -> list[Answer]:
        time.sleep(self._pause_s * len(photos))
        answers = []
        for photo in photos:
            try:
                answers.append(fake_answer(photo.read_bytes()))
            except CatOrDogError as exc:
                answers.append(Failure(str(exc), type(exc).__name__))
        return answers


def main() -> None:
    """The command line with this classifier in the place of the real one, for subprocesses."""
    from catordog import cli
    from catordog.inference.classifier import Classifier
    from catordog.scoring import score

    score.COMMIT_EVERY_S = 0.1
    pause_s = float(sys.argv.pop(1))
    Classifier.load = lambda *_, **__: FakeClassifier(pause_s=pause_s)  # type: ignore
    cli.main()


def make_photos(folder: Path, count: int) -> Path:
    """Writes `count` different files, every tenth of them bad."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kind = "bad" if number % 10 == 9 else "photo"
        (folder / f"{number}.jpg").write_bytes(f"{kind} {number}".encode())
    return folder


if __name__ == "__main__":
    main()
