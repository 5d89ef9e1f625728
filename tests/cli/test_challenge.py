from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from catordog.cli.challenge import _share, challenge
from catordog.errors import CatOrDogError, ConfigError, DatasetError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(challenge, ["odds", *arguments])


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """1,000 photos, 10 of them wrong."""
    lines = [
        # Two of the ten are called neither: it is the likelier class that counts.
        f"{label}.{number}.jpg,{label},{'neither' if number in (0, 10) else label},"
        f"{'0.1,0.3' if label == 'dog' or number < 10 else '0.3,0.1'},\n"
        for label, numbers in (("cat", range(505)), ("dog", range(495)))
        for number in numbers
    ]
    (tmp_path / "answers.csv").write_text("id,label,answer,p_cat,p_dog,error\n" + "".join(lines))
    summary = {"model": "fast", "part": "test", "raw": {"photos": 1_000, "errors": 10}}
    (tmp_path / "metrics.json").write_text(json.dumps(summary))
    return tmp_path / "metrics.json"


def test_odds_of_an_accuracy_as_a_table() -> None:
    result = run("--accuracy", "0.8274")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:17] == [
        "Chance to pass a challenge of 12 photos",
        "",
        "every photo right     first try  2 tries  3 tries bucket 3 bucket 2 bucket 1",
        "  coin, 50%             1/4,096  1/2,048  1/1,366   1/5.6M   1/8.4M  1/16.8M",
        "  classifier, 60%         1/459    1/230    1/153 1/70,501   1/106k   1/211k",
        "  Golle 2008, 82.74%      10.3%    19.5%    27.8%     2.9%     2.0%     1.1%",
        "  people, 98.5%           83.4%    97.2%    99.5%    83.0%    81.1%    69.6%",
        "    as published          83.4%    97.2%    99.5%",
        "  this model, 82.74%      10.3%    19.5%    27.8%     2.9%     2.0%     1.1%",
        "",
        "with partial credit   first try  2 tries  3 tries bucket 3 bucket 2 bucket 1",
        "  coin, 50%             1/4,096  1/2,013  1/1,334 1/85,874 1/92,203 1/99,273",
        "  classifier, 60%         1/459    1/215    1/141  1/2,113  1/2,350  1/2,605",
        "  Golle 2008, 82.74%      10.3%    26.2%    38.0%    19.0%    15.4%    13.0%",
        "  people, 98.5%           83.4%    99.6%   99.96%    98.6%    98.4%    97.3%",
        "    as published          83.4%    99.6%    99.9%",
        "  this model, 82.74%      10.3%    26.2%    38.0%    19.0%    15.4%    13.0%",
    ]
    words = " ".join(result.stdout.split())
    assert "the model passes 10.3% of challenges, people 83.4%" in words
    assert "a demonstration, not a protection" in words


def test_odds_from_metrics_as_a_table(metrics: Path) -> None:
    result = run("--from", str(metrics), "--rounds", "3000")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    for begin in (
        "  this model, 99% ",
        "    95% interval from ",
        "    to ",
        "  this model, drawn ",
    ):
        assert sum(line.startswith(begin) for line in result.stdout.splitlines()) in (2, 4)
    words = " ".join(result.stdout.split())
    assert "Measured: fast, part 'test', labels as given: 1,000 photos (505 cats, 495" in words
    assert "3,000 rounds of challenges, each of 12 different photos out of these 1,000" in words
    assert "The closed form takes every photo for a new one and errors as independent" in words


def test_odds_from_metrics_as_json(metrics: Path) -> None:
    result = run("--from", str(metrics), "--rounds", "3000", "--json")
    told = json.loads(result.stdout)
    assert told["photos"] == 12
    assert told["measured"] == {
        "model": "fast",
        "part": "test",
        "labels": "raw",
        "photos": 1_000,
        "wrong": 10,
        "failed": 0,
    }
    assert len(told["odds"]) == 6 * 12
    closed, drawn = (
        next(row for row in told["odds"] if (row["who"], row["method"]) == ("this model", method))
        for method in ("independent", "drawn")
    )
    assert (closed["tries"], closed["partial_credit"], closed["token_bucket"]) == (1, False, False)
    assert closed["pass_rate"] == pytest.approx(0.99**12)
    assert closed["monte_carlo_error"] is None
    assert drawn["low"] < drawn["pass_rate"] < drawn["high"]
    assert drawn["monte_carlo_error"] == pytest.approx(0.0058, abs=5e-4)
    assert told["people_published"][1] == {
        "tries": 2,
        "partial_credit": False,
        "token_bucket": False,
        "pass_rate": 0.972,
    }
    assert "not a protection" in told["sentences"][-1]


def test_odds_from_metrics_are_the_same_for_the_same_seed(metrics: Path) -> None:
    arguments = ("--from", str(metrics), "--rounds", "500", "--json", "--seed")
    assert run(*arguments, "7").stdout == run(*arguments, "7").stdout
    assert run(*arguments, "7").stdout != run(*arguments, "8").stdout


def test_odds_of_other_numbers_of_photos() -> None:
    result = run("--accuracy", "0.9", "--photos", "2", "--json")
    told = json.loads(result.stdout)
    assert told["measured"] is None
    first = next(row for row in told["odds"] if row["who"] == "this model")
    assert first["pass_rate"] == pytest.approx(0.81)
    assert "as published" not in run("--accuracy", "0.9", "--photos", "24").stdout


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), ConfigError, "one of --accuracy and --from, received neither"),
        (("--accuracy", "0.9", "--from", "m.json"), ConfigError, "received both"),
        (("--accuracy", "99"), ConfigError, "Give 0.99 for 99 %"),
        (("--from", "nowhere.json"), DatasetError, "Cannot read figures 'nowhere.json'"),
    ],
)
def test_odds_that_cannot_be_told(
    arguments: tuple[str, ...], error: type[CatOrDogError], message: str
) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)


@pytest.mark.parametrize(
    "arguments", [("--photos", "1"), ("--photos", "101"), ("--rounds", "0"), ("--seed", "-1")]
)
def test_odds_with_bad_options_are_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run("--accuracy", "0.9", *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.0, "0%"),
        (1e-9, "1e-09"),
        (1 / 16_777_216, "1/16.8M"),
        (1 / 999_000, "1/999k"),
        (1 / 999_600, "1/1.0M"),
        (1 / 459.4, "1/459"),
        (0.01, "1.0%"),
        (0.99949, "99.9%"),
        (0.99969, "99.96%"),
        (0.999951, ">99.99%"),
        (1.0, "100%"),
    ],
)
def test_chance_is_never_rounded_to_none_or_all(rate: float, text: str) -> None:
    assert _share(rate) == text
