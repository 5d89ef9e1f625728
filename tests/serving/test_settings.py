from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from catordog.cli import app
from catordog.errors import ConfigError
from catordog.serving.settings import find_sources, load_settings


def test_flags_go_before_variables_before_the_file_before_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(
        'port = 1\nbatch_size = 2\nmodel = "fast"\ncors_origins = ["https://a.example"]\n'
    )
    monkeypatch.setenv("CATORDOG_BATCH_SIZE", "3")
    monkeypatch.setenv("CATORDOG_PORT", "4")
    flags = {"port": 5, "model": None}
    settings = load_settings(flags, file=file)
    assert (settings.port, settings.batch_size, settings.model) == (5, 3, "fast")
    assert settings.cors_origins == ("https://a.example",)
    sources = find_sources(settings, flags, file=file)
    assert sources["port"] == ("5", "flag")
    assert sources["batch_size"] == ("3", "CATORDOG_BATCH_SIZE")
    assert sources["model"] == ("fast", str(file))
    assert sources["host"] == ("127.0.0.1", "default")


def test_file_may_be_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "serve.toml"
    file.write_text("port = 1234\n")
    monkeypatch.setenv("CATORDOG_SETTINGS", str(file))
    assert load_settings().port == 1234


def test_keys_are_split_at_commas_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATORDOG_API_KEYS", "first-secret, second-secret")
    settings = load_settings()
    assert [key.get_secret_value() for key in settings.api_keys] == [
        "first-secret",
        "second-secret",
    ]
    assert "first-secret" not in repr(settings)
    assert "second-secret" not in repr(settings)
    result = CliRunner().invoke(app, ["serve", "--show-settings"])
    assert result.exit_code == 0
    assert "api_keys = 2 given  [CATORDOG_API_KEYS]" in result.output
    assert "second-secret" not in result.output


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("CATORDOG_PORT", "99999", "port"),
        ("CATORDOG_SECOND_LOOK", "maybe", "second_look"),
        ("CATORDOG_QUEUE_SIZE", "3", "max_photos"),
        ("CATORDOG_MAX_BUFFERED_BYTES", "5", "max_request_bytes"),
        ("CATORDOG_CORS_ORIGINS", "cats.example", "cors_origins"),
    ],
)
def test_value_that_is_not_allowed_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=rf"{named}.*--show-settings"):
        load_settings()


@pytest.mark.parametrize("text", ["port = ", "unknown = 1\n"])
def test_file_that_cannot_be_used_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"Cannot (read|serve)"):
        load_settings(file=file)
    with pytest.raises(ConfigError, match="expected a TOML file"):
        load_settings(file=tmp_path / "absent.toml")


def test_model_that_cannot_be_used_is_refused_before_the_port_is_taken(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--model", str(tmp_path / "absent.onnx")])
    assert result.exit_code == 3
    assert "Cannot read model" in result.output
