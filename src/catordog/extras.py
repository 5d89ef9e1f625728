"""Tells at the door when a part of catordog that a command needs is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from catordog.errors import MissingExtraError

PACKAGES = {
    "explore": (
        "pandas",
        "pyarrow",
        "matplotlib",
        "seaborn",
        "sklearn",
        "cleanlab",
        "jinja2",
        "fastapi",
        "uvicorn",
    ),
    "serve": (
        "fastapi",
        "httptools",
        "itsdangerous",
        "prometheus_client",
        "pydantic_settings",
        "python_multipart",
        "sqlalchemy",
        "uvicorn",
    ),
    "tables": ("pandas", "pyarrow"),
    "train": ("keras", "onnx", "pandas", "pyarrow"),
}
"""What must be importable for each extra; one missing package is enough to refuse."""


def require_extra(what: str, extra: str) -> None:
    """Checks that an extra is installed, without importing what it brings.

    Args:
        what: the command or function that needs it.
        extra: its name in pyproject.toml.

    Raises:
        MissingExtraError: it is not.
    """
    if any(find_spec(package) is None for package in PACKAGES[extra]):
        raise MissingExtraError(what, extra=extra)
