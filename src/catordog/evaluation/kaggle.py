"""The file that Kaggle's Dogs vs. Cats wants: P(dog) of each photo of its test set.

Its photos show a cat or a dog, so P(dog) is `Prediction.p_dog_given_pet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from catordog.data.photos import Photo
from catordog.data.sources.example import Source
from catordog.data.written_tables import write_csv
from catordog.errors import ConfigError, DatasetError
from catordog.evaluation.answering import Answers
from catordog.records import Answer, Prediction

CLIP = 0.005
"""Kaggle scores by log loss: a sure mistake costs 5.3 at most, a sure hit 0.005 at least."""

UNANSWERED = 0.5
"""What is written for a photo that cannot be decoded: Kaggle wants a row for each."""

_FOLDERS = ("test1", "test")


def list_test_photos(source: Source) -> dict[int, Photo]:
    """Lists the unlabelled photos of `test1/` or `test/` by their numbers, in numeric order.

    Raises:
        DatasetError: there are none, or two have one number.
    """
    found: dict[int, Photo] = {}
    for example in source.examples:
        path = PurePosixPath(example.id)
        if example.label is not None or not path.stem.isdecimal():
            continue
        if path.parent.name not in _FOLDERS:
            continue
        if int(path.stem) in found:
            raise DatasetError(
                f"Cannot write answers for Kaggle: expected one photo numbered {path.stem}, "
                f"received two, of which '{example.id}' is one. Name a data set with one test "
                "folder."
            )
        found[int(path.stem)] = example.photo
    if not found:
        raise DatasetError(
            f"Cannot write answers for Kaggle: expected unlabelled photos such as test1/1.jpg in "
            f"'{source.path}', received none. Name a folder or zip with both train and test1, or "
            "leave out --kaggle."
        )
    return dict(sorted(found.items()))


def check_clip(clip: float) -> float:
    """Returns the least probability to write, if it is one.

    Raises:
        ConfigError: it is not at least 0 and under 0.5.
    """
    if not 0 <= clip < 0.5:
        raise ConfigError(
            f"Cannot clip probabilities to {clip}: expected at least 0 and under 0.5, received "
            f"another. Leave out --kaggle-clip for {CLIP}."
        )
    return clip


def write_kaggle(path: Path, answers: Mapping[int, Answer], *, clip: float = CLIP) -> None:
    """Writes `id,label`, one line a photo in numeric order; label is P(dog).

    Args:
        path: the file.
        answers: by the photo's number, in any order.
        clip: P(dog) is kept within [clip, 1 - clip].

    Raises:
        OutputError: it cannot be written.
    """
    lines = ((number, _written(answers[number], clip)) for number in sorted(answers))
    write_csv(path, ("id", "label"), lines)


def number_answers(answers: Answers) -> dict[int, Answer]:
    """Returns answers by number instead of by its text."""
    return {int(name): answer for name, answer in answers.of.items()}


def _written(answer: Answer, clip: float) -> float:
    if not isinstance(answer, Prediction):
        return UNANSWERED
    return round(min(max(answer.p_dog_given_pet, clip), 1 - clip), 6)
