from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog import Classifier
from catordog.errors import ConfigError, OutputError
from catordog.scoring import heat_maps
from catordog.scoring.heat_maps import HeatMapSummary
from catordog.scoring.score import score
from catordog.scoring.sort import SortMode, SortPlan

DIR = Path("maps")


@pytest.fixture(scope="module")
def fast() -> Classifier:
    return Classifier.load("fast")


@pytest.fixture
def photos(samples: Path) -> Path:
    """Two photos of one name, in two folders, and one that is broken."""
    for folder, source in (("p/x", "chelsea.jpg"), ("p/y", "dog.jpg")):
        Path(folder).mkdir(parents=True)
        shutil.copy(samples / source, f"{folder}/a.jpg")
    Path("p/bad.jpg").write_bytes(b"no photo")
    return Path("p")


def explain(classifier: Classifier, *paths: object, **more: object) -> HeatMapSummary | None:
    return score(classifier, list(map(str, paths)), explain=DIR, **more).explained  # type: ignore[arg-type]


def names() -> list[str]:
    return sorted(path.name for path in DIR.iterdir())


def test_each_answered_photo_has_a_map_of_its_own(fast: Classifier, photos: Path) -> None:
    assert explain(fast, photos) == HeatMapSummary(written=2)
    assert len(names()) == 2
    assert all(name.startswith("a.jpg.") for name in names())
    with Image.open(DIR / names()[0]) as one, Image.open(DIR / names()[1]) as other:
        assert (one.format, one.mode) == ("JPEG", "RGB")
        assert np.asarray(one).shape != np.asarray(other).shape
    assert len(list(photos.rglob("*.jpg"))) == 3


def test_second_run_writes_only_what_is_missing(fast: Classifier, photos: Path) -> None:
    explain(fast, photos)
    first, second = names()
    (DIR / first).write_bytes(b"mine")
    (DIR / second).unlink()
    assert explain(fast, photos) == HeatMapSummary(written=1, already=1)
    assert (DIR / first).read_bytes() == b"mine"
    assert names() == [first, second]


def test_other_model_or_second_look_writes_beside_and_not_over(
    fast: Classifier, photos: Path
) -> None:
    explain(fast, photos)
    other = Classifier(fast.bundle, second_look="off")
    assert explain(other, photos) == HeatMapSummary(written=2)
    assert len(names()) == 4


def test_stopped_run_carries_on(
    fast: Classifier, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = heat_maps.write_whole

    def fail_at_y(path: Path) -> object:
        if len(list(DIR.iterdir())) == 1:
            raise OSError(28, "No space left on device")
        return write(path)

    monkeypatch.setattr(heat_maps, "write_whole", fail_at_y)
    out = Path("a.csv")
    with pytest.raises(OutputError, match="No space left on device"):
        explain(fast, photos, out=out, workers=1)
    assert out.exists()
    monkeypatch.setattr(heat_maps, "write_whole", write)
    assert explain(fast, photos, out=out) == HeatMapSummary(written=1, already=1)
    assert len(names()) == 2


def test_maps_are_no_photos_of_the_next_run(fast: Classifier, photos: Path) -> None:
    inside = photos / "maps"
    assert score(fast, ["p"], explain=inside).photos == 3
    assert score(fast, ["p"], explain=inside).photos == 3


def test_photos_are_explained_before_they_move(fast: Classifier, photos: Path) -> None:
    plan = SortPlan(Path("s"), SortMode.MOVE)
    assert explain(fast, photos, sort=plan) == HeatMapSummary(written=2)
    assert not (photos / "x/a.jpg").exists()


def test_dry_run_writes_none(fast: Classifier, photos: Path) -> None:
    assert explain(fast, photos, sort=SortPlan(Path("s"), dry_run=True)) is None
    assert not DIR.exists()


def test_members_of_a_zip_cannot_climb(fast: Classifier, samples: Path) -> None:
    with zipfile.ZipFile("photos.zip", "w") as archive:
        archive.write(samples / "dog.jpg", "../../evil\\:*?.jpg")
    assert explain(fast, "photos.zip") == HeatMapSummary(written=1)
    (name,) = names()
    assert not set(name) & set('/\\:*?"<>|')
    assert sorted(path.name for path in Path().iterdir()) == ["maps", "photos.zip"]


def test_file_in_the_place_of_the_folder_is_refused(fast: Classifier, photos: Path) -> None:
    DIR.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="Cannot write heat maps into 'maps'"):
        explain(fast, photos)
    assert DIR.read_bytes() == b"mine"
