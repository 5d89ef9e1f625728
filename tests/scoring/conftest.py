from __future__ import annotations

from pathlib import Path

import pytest

from tests.scoring.fake_classifier import make_photos


@pytest.fixture(autouse=True)
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photos_30() -> str:
    """30 different photos in the folder `p`, three of them bad."""
    return str(make_photos(Path("p"), 30))
