"""How a server is set up: by flags, else the environment, else a file, else these defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from catordog.errors import ConfigError
from catordog.images.picture import DecodeLimits
from catordog.inference.pipeline import available_cores
from catordog.serving.challenge_settings import ChallengeSettings

ENV_PREFIX = "CATORDOG_"
FILE_VARIABLE = f"{ENV_PREFIX}SETTINGS"
"""Names the settings file where no flag does."""

SecondLook = Literal["auto", "off", "always"]


class ServeSettings(ChallengeSettings):
    """Everything a server can be told; each field is a flag, a variable and a key of the file."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", description="Address to serve on; 0.0.0.0 for all.")
    port: int = Field(
        default=8000, ge=0, le=65_535, description="Port to serve on; 0 for any free one."
    )
    model: str = Field(
        default="accurate", description="accurate, fast, or the path of a model file."
    )
    second_look: SecondLook = Field(
        default="auto", description="Whether an unsure photo is looked at again, closer."
    )
    workers: int = Field(
        default_factory=available_cores, ge=1, le=256, description="Processes; one per core."
    )
    batch_size: int = Field(
        default=8, ge=1, le=256, description="Photos a network call takes at most."
    )
    queue_size: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Photos that may wait in each process; more get 503.",
    )
    timeout_s: float = Field(
        default=10.0, gt=0, le=600, description="From the upload to its answer; later ones get 504."
    )
    upload_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="For a request to arrive whole; slower ones get 408.",
    )
    drain_s: float = Field(
        default=2.0,
        ge=0,
        le=600,
        description="After SIGTERM, how long /readyz says 503 before the end.",
    )
    max_photos: int = Field(default=32, ge=1, le=1000, description="Photos in one request.")
    max_photo_bytes: int = Field(default=20 * 1024**2, ge=1, description="Of one encoded photo.")
    max_request_bytes: int = Field(default=64 * 1024**2, ge=1, description="Of a whole request.")
    max_pixels: int = Field(default=50_000_000, ge=1, description="Width times height of a photo.")
    max_buffered_bytes: int = Field(
        default=256 * 1024**2, ge=1, description="Of all uploads in one process; beyond it, 503."
    )
    max_connections: int = Field(
        default=1000, ge=1, description="Open connections of one process; beyond it, 503."
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Keys that clients must show, with commas between; none: open to all.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Other sites whose pages may ask, with commas between."
    )
    access_log: bool = Field(
        default=True, description="One line per request, without photo or name."
    )

    @field_validator("api_keys", "cors_origins", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and (not origin.startswith(("http://", "https://"))):
                raise ValueError("expected origins such as https://cats.example")
        return tuple(origin.rstrip("/") for origin in value)

    @model_validator(mode="after")
    def _check_sizes(self) -> ServeSettings:
        if self.max_photos > self.queue_size:
            raise ValueError(
                f"expected max_photos of at most queue_size, received {self.max_photos} and "
                f"{self.queue_size}: a full request would never fit"
            )
        if self.max_request_bytes > self.max_buffered_bytes:
            raise ValueError(
                f"expected max_request_bytes of at most max_buffered_bytes, received "
                f"{self.max_request_bytes} and {self.max_buffered_bytes}"
            )
        return self

    @property
    def decode_limits(self) -> DecodeLimits:
        """The largest photo to decode."""
        return DecodeLimits(max_bytes=self.max_photo_bytes, max_pixels=self.max_pixels)

    @property
    def threads(self) -> int:
        """Threads of one process that decode photos and run the network."""
        return max(1, available_cores() // self.workers)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Says which source goes before which; the file comes in through `load_settings`."""
        return (init_settings, env_settings)


def load_settings(
    flags: Mapping[str, Any] | None = None, *, file: Path | None = None
) -> ServeSettings:
    """Gathers the settings of a server.

    Args:
        flags: what was given on the command line, by field; None stands for not given.
        file: a TOML file of fields; None takes the one `CATORDOG_SETTINGS` names, if any.

    Raises:
        ConfigError: a value is not allowed, or the file cannot be read or has an unknown key.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    values = _read_file(file)
    for name in ServeSettings.model_fields:
        if name not in given and f"{ENV_PREFIX}{name}".upper() not in _environment():
            continue
        values.pop(name, None)
    try:
        return ServeSettings(**(values | given))
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "these values"
        raise ConfigError(
            f"Cannot serve with {name} as given: expected another value, received one where "
            f"{first['msg']}. See: catordog serve --show-settings"
        ) from exc


def find_sources(
    settings: ServeSettings, flags: Mapping[str, Any], *, file: Path | None = None
) -> dict[str, tuple[str, str]]:
    """Says what each setting is and where it came from; keys are not shown.

    Args:
        settings: what `load_settings` returned.
        flags: as for `load_settings`.
        file: as for `load_settings`.

    Returns:
        By field, its value as text, and `flag`, the variable's name, the file's path or `default`.
    """
    in_file = _read_file(file)
    path = _file_path(file)
    environment = _environment()
    shown = {}
    for name in ServeSettings.model_fields:
        variable = f"{ENV_PREFIX}{name}".upper()
        if flags.get(name) is not None:
            source = "flag"
        elif variable in environment:
            source = variable
        else:
            source = str(path) if name in in_file else "default"
        shown[name] = (_show(name, getattr(settings, name)), source)
    return shown


def _show(name: str, value: object) -> str:
    if name == "api_keys" and isinstance(value, tuple):
        return f"{len(value)} given" if value else "none"
    if isinstance(value, SecretStr):
        return "given" if value.get_secret_value() else "none"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _environment() -> set[str]:
    return {name.upper() for name in os.environ}


def _file_path(file: Path | None) -> Path | None:
    return file or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)


def _read_file(file: Path | None) -> dict[str, Any]:
    path = _file_path(file)
    if path is None:
        return {}
    if not path.is_file():
        raise ConfigError(
            f"Cannot read the settings '{path}': expected a TOML file, received none there. "
            "Name another with --settings."
        )
    try:
        return dict(TomlConfigSettingsSource(ServeSettings, toml_file=path)())
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"Cannot read the settings '{path}': expected TOML, received: {exc}. Mend the file."
        ) from exc
