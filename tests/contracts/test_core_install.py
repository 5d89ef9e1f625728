"""What a core installation, without any extra, does and says. The extras are hidden, not absent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXTRAS = ("keras", "tensorflow", "onnx", "tf2onnx", "pyarrow", "pillow_heif", "sklearn", "pandas")


def run_without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys\n"
        f"for name in {EXTRAS}: sys.modules[name] = None\n"
        f"sys.argv = ['catordog', *{arguments!r}]\n"
        "from catordog.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_photos_are_answered(samples: Path) -> None:
    result = run_without_extras("predict", str(samples / "chelsea.jpg"), "--model", "fast")
    assert (result.returncode, result.stderr.count("error")) == (0, 0)
    assert "chelsea.jpg,cat," in result.stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("predict", "PHOTO", "--out", "answers.parquet"), "parquet"),
        (("train", "photos", "--out", "no_such_run"), "train"),
    ],
)
def test_missing_extra_is_named_with_its_command(
    arguments: tuple[str, ...], extra: str, samples: Path, tmp_path: Path
) -> None:
    photo = str(samples / "chelsea.jpg")
    result = run_without_extras(*(photo if word == "PHOTO" else word for word in arguments))
    assert result.returncode == 2
    assert f"pip install 'catordog[{extra}]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("answers.parquet").exists()
    assert not Path("no_such_run").exists()


def test_heic_without_its_extra_is_a_row_that_says_so(tmp_path: Path) -> None:
    photo = tmp_path / "a.heic"
    photo.write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    result = run_without_extras("predict", str(photo), "--model", "fast")
    assert result.returncode == 1
    assert "pip install 'catordog[heic]'" in result.stdout
