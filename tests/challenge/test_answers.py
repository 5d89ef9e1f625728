from __future__ import annotations

import json
from pathlib import Path

import pytest

from catordog.challenge.answers import read_answers
from catordog.errors import DatasetError
from catordog.evaluation.run import EvaluationConfig, evaluate
from catordog.progress import SilentScreen

TABLE = """id,label,answer,p_cat,p_dog,error
cat.0.jpg,cat,cat,0.9,0.1,
cat.1.jpg,cat,dog,0.2,0.8,
cup.0.jpg,neither,dog,0.2,0.8,
dog.0.jpg,dog,dog,0.1,0.9,
dog.1.jpg,dog,,,,"cannot be decoded: expected a photo, received a page"
dropped.jpg,,dog,0.1,0.9,
"""
RAW = {"photos": 4, "errors": 2}
CLEANED = {"photos": 3, "errors": 1}


def write(folder: Path, summary: object, table: str | None = TABLE) -> Path:
    (folder / "metrics.json").write_text(json.dumps(summary))
    if table is not None:
        (folder / "answers.csv").write_text(table)
    return folder / "metrics.json"


def test_photo_without_an_answer_counts_as_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, {"model": "fast", "part": "test", "raw": CLEANED})
    answers = read_answers(path)
    assert answers.right.tolist() == [True, False, True, False]
    assert (answers.wrong, answers.failed, answers.cats) == (2, 1, 2)
    assert (answers.model, answers.part, answers.labels) == ("fast", "test", "raw")


def test_cleaned_labels_come_first(tmp_path: Path) -> None:
    assert read_answers(write(tmp_path, {"raw": RAW, "cleaned": CLEANED})).labels == "cleaned"


def test_what_evaluate_writes_is_read(tmp_path: Path, samples: Path) -> None:
    for label, name in (("cat", "chelsea.jpg"), ("dog", "dog.jpg")):
        (tmp_path / "photos" / label).mkdir(parents=True)
        (tmp_path / "photos" / label / name).write_bytes((samples / name).read_bytes())
    (tmp_path / "photos" / "dog" / "broken.jpg").write_bytes(b"<html>not here</html>")
    config = EvaluationConfig(
        str(tmp_path / "photos"), tmp_path / "out", "fast", cache=tmp_path / "cache"
    )
    evaluate(config, SilentScreen())
    answers = read_answers(tmp_path / "out" / "metrics.json")
    assert sorted(answers.right.tolist()) == [False, True, True]
    assert (answers.cats, answers.failed, answers.part) == (1, 1, "all")


def test_answers_of_another_run_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"raw": RAW})
    with pytest.raises(DatasetError, match=r"counts, 4 photos with 2 wrong, received 3 with 1\."):
        read_answers(path)


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ([], "no object"),
        (
            {"test": RAW},
            "no 'photos' and 'errors' under 'raw'",
        ),  # as a run folder of catordog train has it
        ({"raw": {"photos": 3}}, "no 'photos' and 'errors' under 'raw'"),
        ({"raw": RAW, "cleaned": None}, "no 'photos' and 'errors' under 'cleaned'"),
    ],
)
def test_figures_of_another_kind_are_refused(tmp_path: Path, summary: object, reason: str) -> None:
    with pytest.raises(DatasetError, match=f"expected metrics.json as .* fails: .*{reason}"):
        read_answers(write(tmp_path, summary))


def test_figures_that_are_missing_or_no_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    with pytest.raises(DatasetError, match=r"Cannot read figures .* No such file"):
        read_answers(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(DatasetError, match="catordog evaluate DATA --out FOLDER"):
        read_answers(path)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (None, "No such file"),
        ("id,label\n", "no column 'p_cat'"),
        ("", "'label'"),
        ("label,p_cat,p_dog\ncat,0.9,1.5\n", "not both from 0 to 1"),
    ],
)
def test_answers_that_are_missing_or_another_table_are_refused(
    tmp_path: Path, table: str | None, reason: str
) -> None:
    path = write(tmp_path, {"raw": CLEANED}, table)
    with pytest.raises(DatasetError, match=f"{reason}.*or give the accuracy alone"):
        read_answers(path)


def test_pet_that_is_called_neither_or_both_is_answered_by_its_likelier_class(
    tmp_path: Path,
) -> None:
    table = "id,label,answer,p_cat,p_dog\na,cat,neither,0.1,0.05\nb,dog,both,0.9,0.8\n"
    path = write(tmp_path, {"raw": {"photos": 2, "errors": 1}}, table)
    assert read_answers(path).right.tolist() == [True, False]


def test_table_is_read_alone_or_with_the_figures_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path, {"model": "fast", "part": "test", "raw": CLEANED})
    table = tmp_path / "answers.csv"
    assert read_answers(table).model == "fast"
    path.unlink()
    alone = read_answers(table)
    assert (alone.wrong, alone.failed, alone.part, alone.labels) == (2, 1, "", "")


def test_figures_beside_a_table_must_be_of_the_same_run(tmp_path: Path) -> None:
    write(tmp_path, {"raw": RAW})
    with pytest.raises(DatasetError, match="received 3 with 1"):
        read_answers(tmp_path / "answers.csv")
