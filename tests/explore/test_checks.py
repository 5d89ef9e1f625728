from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from catordog.data.catalog import COLUMNS, load_catalog
from catordog.explore.checks import CheckLimits, check_photos
from tests.conftest import draw_photo

FINE = dict(
    **dict.fromkeys(("label", "split", "breed", "problem", "sha256", "phash"), ""),
    width=400,
    height=300,
    bytes=30_000,
    format="JPEG",
    orientation=1,
    brightness=0.5,
    sharpness=20.0,
    entropy=7.5,
)
UNDECODABLE = {
    **dict.fromkeys(("width", "height", "orientation", "brightness", "sharpness", "entropy")),
    "format": "",
}


def make_table(*photos: dict[str, object]) -> pd.DataFrame:
    rows = [{**FINE, "id": f"{at}.jpg", **photo} for at, photo in enumerate(photos)]
    frame = pd.DataFrame({name: pd.Series([row.get(name, "") for row in rows]) for name in COLUMNS})
    return frame.astype(COLUMNS)


def check(
    *photos: dict[str, object], limits: CheckLimits = CheckLimits()
) -> list[tuple[str, str, str]]:
    found = check_photos(make_table(*photos), limits)
    assert list(found.columns) == ["id", "check", "detail"]
    return list(found.itertuples(index=False, name=None))


def test_photo_without_defect_is_not_listed() -> None:
    assert check({}, {"id": "train/cat.0.jpg", "label": "cat"}, {"id": "no suffix"}) == []


@pytest.mark.parametrize(
    ("within", "beyond", "name", "detail"),
    [
        ({"height": 64, "width": 90}, {"height": 63, "width": 90}, "tiny", "90x63"),
        ({"brightness": 0.15}, {"brightness": 0.1}, "dark", "brightness 0.10, below 0.15"),
        ({"sharpness": 4.5}, {"sharpness": 4.0}, "blurred", "sharpness 4.00, below 4.5"),
        ({"entropy": 5}, {"entropy": 0}, "low information", "entropy 0.00, below 5"),
        ({"width": 900}, {"width": 901}, "odd aspect", "901x300"),
        ({"height": 1200}, {"height": 1201}, "odd aspect", "400x1201"),
    ],
)
def test_only_what_is_beyond_a_limit_is_found(
    within: dict[str, object], beyond: dict[str, object], name: str, detail: str
) -> None:
    assert check({}, within, beyond) == [("2.jpg", name, detail)]


def test_limits_can_be_others() -> None:
    limits = CheckLimits(
        tiny_px=301, dark=0.6, blurred=21, low_information_bits=7.6, odd_aspect=1.3
    )
    found = [name for _, name, _ in check({}, limits=limits)]
    assert found == ["tiny", "dark", "blurred", "low information", "odd aspect"]


def test_what_cannot_be_decoded_is_unreadable_and_nothing_else() -> None:
    missing = {**UNDECODABLE, "bytes": None, "sha256": "", "problem": "Cannot read 'x'."}
    text = {**UNDECODABLE, "bytes": 2, "problem": "Cannot decode the photo: text."}
    assert check({}, missing, text, {**missing, "id": "a.png"}) == [
        ("1.jpg", "unreadable", "Cannot read 'x'."),
        ("2.jpg", "unreadable", "Cannot decode the photo: text."),
        ("a.png", "unreadable", "Cannot read 'x'."),
    ]


def test_file_without_bytes_is_empty_and_nothing_else() -> None:
    empty = {**UNDECODABLE, "bytes": 0, "problem": "Cannot decode the photo: zero bytes."}
    assert check(empty, {}) == [("0.jpg", "empty", "0 bytes")]


@pytest.mark.parametrize("warning", ["truncated", "damaged"])
def test_damaged_photo_that_was_decoded_keeps_its_warning(warning: str) -> None:
    problem = f"{warning}: answered from a part"
    assert check({"problem": problem}) == [("0.jpg", warning, problem)]
    unread = {**UNDECODABLE, "problem": problem}
    assert check(unread) == [("0.jpg", "unreadable", problem)]


@pytest.mark.parametrize(
    ("name", "is_really"),
    [
        *(("a.JPEG", "JPEG"), ("a.jfif", "JPEG"), ("a.jpe", "JPEG"), ("a.tif", "TIFF")),
        *(("a.heic", "HEIF"), ("a.jp2", "JPEG2000"), ("a.dib", "BMP"), ("a.avif", "AVIF")),
        *(("jpg", "PNG"), (".png", "JPEG"), ("a.photo", "PNG"), ("a.jpg.png", "PNG")),
    ],
)
def test_suffix_that_is_right_or_promises_nothing_is_left_alone(name: str, is_really: str) -> None:
    assert check({"id": name, "format": is_really}) == []


def test_wrong_suffix_says_what_the_file_is() -> None:
    assert check({"id": "a.jpg/b.PNG", "format": "JPEG"}, {"format": "WEBP"}) == [
        ("a.jpg/b.PNG", "wrong suffix", "named as PNG, is JPEG"),
        ("1.jpg", "wrong suffix", "named as JPEG, is WEBP"),
    ]


def test_name_that_disagrees_with_its_folder_is_found() -> None:
    disagree = "name and folder disagree"
    assert check(
        {"id": "cats/dog.3.jpg", "label": "cat"},
        {"id": "cats/cat.3.jpg", "label": "cat"},
        {"id": "cats/dog.jpg", "label": "cat"},  # not Kaggle's way of naming: may be anything
        {"id": "dog.4.jpg", "label": ""},
        {"id": "both/Cat.5.jpg", "label": "both"},
    ) == [
        ("cats/dog.3.jpg", disagree, "the name says dog, the folder or list cat"),
        ("both/Cat.5.jpg", disagree, "the name says cat, the folder or list both"),
    ]


def test_findings_come_check_by_check_in_the_order_of_the_table() -> None:
    dark_and_tiny = {"brightness": 0.0, "width": 60, "height": 60}
    found = check({**dark_and_tiny, "id": "z.jpg"}, {}, {**dark_and_tiny, "id": "a.jpg"})
    assert [(name, what) for name, what, _ in found] == [
        *(("z.jpg", "tiny"), ("a.jpg", "tiny"), ("z.jpg", "dark"), ("a.jpg", "dark")),
    ]


def noise(height: int, width: int, *, low: int = 0, high: int = 256) -> Image.Image:
    pixels = np.random.default_rng(height * width + low).integers(low, high, (height, width, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def to_bytes(image: Image.Image, kind: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def test_defects_of_drawn_photos_are_each_found(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 255, 200)[None, :, None], 200, axis=0).repeat(3, axis=2)
    photo = to_bytes(draw_photo("cat", 0, side_px=200))
    photos = {
        "cats/1.jpg": photo,
        "cats/2.jpg": b"",
        "cats/3.jpg": b"no photo",
        "cats/4.jpg": to_bytes(noise(200, 200))[:-4000],
        "cats/5.jpg": to_bytes(noise(40, 60)),
        "cats/6.jpg": to_bytes(noise(200, 200, high=60)),
        "cats/7.jpg": to_bytes(Image.fromarray(ramp.astype(np.uint8))),
        "cats/8.jpg": to_bytes(noise(200, 200, low=120, high=136), "PNG"),
        "cats/9.jpg": to_bytes(noise(100, 400)),
        "cats/dog.10.jpg": to_bytes(draw_photo("dog", 1, side_px=200)),
    }
    for name, data in photos.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    listed = "".join(f"{name},cat\n" for name in (*photos, "cats/gone.jpg"))
    (tmp_path / "list.csv").write_text(f"path,label\n{listed}")
    table = load_catalog(str(tmp_path / "list.csv"), cache=None).table
    found = check_photos(table)
    assert found.groupby("id")["check"].agg(list).to_dict() == {
        "cats/2.jpg": ["empty"],
        "cats/3.jpg": ["unreadable"],
        "cats/4.jpg": ["truncated"],
        "cats/5.jpg": ["tiny"],
        "cats/6.jpg": ["dark"],
        "cats/7.jpg": ["blurred"],
        "cats/8.jpg": ["wrong suffix", "low information"],
        "cats/9.jpg": ["odd aspect"],
        "cats/dog.10.jpg": ["name and folder disagree"],
        "cats/gone.jpg": ["unreadable"],
    }
    assert "text (8 bytes)" in found.set_index("id")["detail"]["cats/3.jpg"]
    assert "gone.jpg" in found.set_index("id")["detail"]["cats/gone.jpg"]


def test_catalog_without_one_readable_photo_is_checked(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"no photo")
    found = check_photos(load_catalog(str(tmp_path), cache=None).table)
    assert found["check"].to_list() == ["unreadable", "unreadable"]
