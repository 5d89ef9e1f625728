from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catordog.data.split import Part
from catordog.data.strangers import deal_groups, load_strangers
from catordog.errors import ConfigError
from catordog.labels import Label
from catordog.progress import SilentScreen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("strangers")
    for number, group in enumerate(("neither/fox", "neither/sofa", "neither/car", "both/real")):
        (root / group).mkdir(parents=True)
        for seed in range(3):
            pixels = np.random.default_rng(10 * number + seed).integers(0, 256, (9, 9, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(root / group / f"{seed}.png")
    (root / "neither/fox/copy.png").write_bytes((root / "neither/fox/0.png").read_bytes())
    (root / "neither/fox/broken.jpg").write_bytes(b"no photo")
    (root / "cat").mkdir()
    Image.new("RGB", (9, 9)).save(root / "cat/felix.png")
    return root


def test_strangers_are_listed_with_label_and_group(folder: Path) -> None:
    strangers = load_strangers(str(folder), SilentScreen(), cache=None)
    found = {(s.label, s.group) for s in strangers}
    assert found == {(Label.BOTH, "real")} | {(Label.NEITHER, g) for g in ("fox", "sofa", "car")}
    assert len(strangers) == 12  # neither the copy, the broken file nor the cat
    assert [s.sha256 for s in strangers] == sorted(s.sha256 for s in strangers)


def test_folder_without_a_label_in_its_names_shows_neither(folder: Path) -> None:
    strangers = load_strangers(str(folder / "neither"), SilentScreen(), cache=None)
    assert {s.label for s in strangers} == {Label.NEITHER}
    # The folder that is named counts, as it does for `evaluate --strangers`.
    strangers = load_strangers(str(folder / "both"), SilentScreen(), cache=None)
    assert {s.label for s in strangers} == {Label.BOTH}


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_held_out_whole(folder: Path, seed: int) -> None:
    strangers = load_strangers(str(folder), SilentScreen(), cache=None)
    parts = deal_groups(strangers, seed=seed)
    of_group: dict[str, set[Part]] = {}
    for stranger, part in zip(strangers, parts, strict=True):
        of_group.setdefault(stranger.group, set()).add(part)
    assert all(len(parts) == 1 for parts in of_group.values())
    held = [group for group in ("fox", "sofa", "car") if of_group[group] == {Part.VALIDATION}]
    assert len(held) == 1


def test_named_groups_are_held_out(folder: Path) -> None:
    strangers = load_strangers(str(folder), SilentScreen(), cache=None)
    parts = deal_groups(strangers, hold_out=["sofa", "real"])
    held = {s.group for s, part in zip(strangers, parts, strict=True) if part is Part.VALIDATION}
    assert held == {"sofa", "real"}
    with pytest.raises(ConfigError, match="group 'wolf': expected one of car, fox, real, sofa"):
        deal_groups(strangers, hold_out=["wolf"])
