"""The documents are true: their commands run, their tables match the code."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ("README.md", "docs/tutorial.md")
"""The documents whose blocks run."""
# Commands that install or set up: what they do is done by the time a test runs.
SETUP = ("make ", "pip ", "git ", "python3 -m venv", "cd ")
# Minutes of training, a browser, or the network: these have tests of their own.
ELSEWHERE = ("train", "evaluate", "review", "serve", "split", "download")


def blocks(language: str) -> list[str]:
    text = "\n".join((ROOT / guide).read_text() for guide in GUIDES)
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def commands() -> list[str]:
    lines = "".join(blocks("console")).splitlines()
    typed = [line[2:].split("  #")[0].strip() for line in lines if line.startswith("$ ")]
    return [line for line in typed if not line.startswith(SETUP)]


def test_guides_show_both_python_and_commands() -> None:
    assert len(blocks("python")) >= 1
    assert len(commands()) >= 3


@pytest.mark.parametrize("block", blocks("python"))
def test_python_in_the_guides_runs(block: str, tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    result = subprocess.run(
        [sys.executable, "-c", block],
        cwd=tmp_path,
        env=environment() | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    for expected in re.findall(r"# prints: (.*)", block):
        assert expected in result.stdout


@pytest.mark.parametrize("command", commands())
def test_command_in_the_guides_runs(command: str, tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "Pictures").symlink_to(ROOT / "samples")
    (tmp_path / "runs/mine").mkdir(parents=True)
    shutil.copy(ROOT / "src/catordog/models/fast.onnx", tmp_path / "runs/mine/model.onnx")
    verb = command.split()[1]
    if verb in ELSEWHERE:
        command = f"catordog {verb} --help"
    result = subprocess.run(
        command,
        shell=True,  # as it would be typed
        cwd=tmp_path,
        env=environment() | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_command_reference_matches_the_commands(tmp_path: Path) -> None:
    written = tmp_path / "cli.md"
    subprocess.run(
        shlex.join([sys.executable, "-m", "typer", "catordog.cli", "utils", "docs"])
        + f" --name catordog --output {shlex.quote(str(written))}",
        shell=True,
        check=True,
        capture_output=True,
        env=environment(),
    )
    assert written.read_text() == (ROOT / "docs/cli.md").read_text(), "write it anew: make docs"


def test_design_names_every_module() -> None:
    design = (ROOT / "DESIGN.md").read_text()
    source = ROOT / "src" / "catordog"
    modules = [path for path in source.rglob("*.py") if not path.name.startswith("__")]
    missing = [path.name for path in modules if path.name not in design]
    assert not missing, f"DESIGN.md's tree lacks {missing}"


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
