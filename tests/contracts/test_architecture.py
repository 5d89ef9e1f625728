"""The walls of the house: who may import whom, and how large a room may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "catordog"

# A folder imports from folders on lower levels, or from itself; top-level modules are level 0.
LEVELS = {
    "images": 1,
    "plots": 1,
    "web": 1,
    "inference": 2,
    "pages": 2,
    "data": 3,
    **dict.fromkeys(("challenge", "explore", "scoring", "training"), 4),
    **dict.fromkeys(("evaluation", "review", "serving"), 5),
    "cli": 6,
}
# Third-party packages that may be imported only below these paths.
WALLS = {
    "keras": ("training",),
    "tensorflow": ("training",),
    "onnx": ("training",),
    "onnxruntime": ("inference", "training/quantize.py", "training/onnx_graph.py"),
    "simplejpeg": ("images",),
    "typer": ("cli",),
    "rich": ("cli",),
    "sqlite3": ("scoring",),
    "sqlalchemy": ("challenge/tables.py", "challenge/store.py", "challenge/tallies.py"),
    "itsdangerous": ("challenge/tickets.py",),
    "pyarrow": ("scoring", "data"),
    "pandas": ("data", "explore", "plots", "review/queue.py"),
    "matplotlib": ("plots",),
    "seaborn": ("plots",),
    "sklearn": ("explore",),
    "cleanlab": ("explore/suspicion.py",),
    "jinja2": ("pages",),
    "fastapi": ("web/files.py", "review", "serving"),
    "starlette": ("review", "serving"),
    "uvicorn": ("review", "serving"),
    "pydantic": ("review", "serving"),
    "pydantic_settings": ("serving/settings.py", "serving/challenge_settings.py"),
    "prometheus_client": ("serving/metrics.py",),
    "python_multipart": ("serving",),
    "kagglehub": ("data/download",),
    "huggingface_hub": ("data/download",),
}
MAX_LINES = 300
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "core", "manager", "base"}
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((SOURCE / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import; write catordog. in full"
            yield node.module or ""


def folder_of(module: str) -> str:
    return module.split("/")[0] if "/" in module else ""


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_from_lower_levels(module: str) -> None:
    own = folder_of(module)
    for name in imports(module):
        parts = name.split(".")
        if parts[0] != "catordog" or len(parts) < 3 or module == "__init__.py":
            continue
        other = parts[1]
        lower = LEVELS[other] < LEVELS.get(own, 0 if own == "" else 99)
        assert other == own or lower, f"{module} (level of {own!r}) imports {name}: not below it"


@pytest.mark.parametrize("module", MODULES)
def test_module_stays_behind_its_walls(module: str) -> None:
    for name in imports(module):
        allowed = WALLS.get(name.split(".")[0])
        assert allowed is None or module.startswith(allowed), (
            f"{module} imports {name}, which only {', '.join(allowed)} may"
        )


@pytest.mark.parametrize("module", MODULES)
def test_module_is_small_and_named_for_what_it_is(module: str) -> None:
    lines = len((SOURCE / module).read_text().splitlines())
    assert lines <= MAX_LINES, f"{module} has {lines} lines: split it by meaning"
    assert not set(Path(module).with_suffix("").parts) & FORBIDDEN_NAMES


def test_every_folder_has_a_level() -> None:
    folders = {folder_of(module) for module in MODULES} - {""}
    assert folders == set(LEVELS)


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import catordog", {"numpy", "onnxruntime", "PIL", "typer", "keras"}),
        ("import catordog.cli", {"numpy", "onnxruntime", "PIL", "pyarrow", "keras", "sqlite3"}),
        ("from catordog import Classifier", {"keras", "tensorflow", "onnx", "typer", "pyarrow"}),
    ],
)
def test_import_loads_nothing_heavy(statement: str, heavy: set[str]) -> None:
    assert not loaded_by(statement) & heavy
