"""A small queue of drawn photos, and `python -m tests.review.queue_of_drawings` to review it."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

from PIL import Image

from catordog.cli.review import review_items
from catordog.data.decision_log import DecisionLog
from catordog.errors import ImageReadError
from catordog.review.queue import ReviewItem
from catordog.review.server import open_socket
from tests.conftest import draw_photo

FORMATS = ("JPEG", "PNG", "BMP", "CMYK", "TIFF", "WEBP", "JPEG", "PNG")
KINDS = ("label", "label", "neither", "both", "label", "conflict", "conflict", "label")


def draw_queue(*, with_unreadable: bool = False) -> tuple[list[ReviewItem], dict[str, bytes]]:
    """Draws eight photos in several formats; the sixth and seventh belong together."""
    items, photos = [], {}
    for index, (kind, name) in enumerate(zip(KINDS, FORMATS, strict=True)):
        label = ("dog", "cat")[index % 2]
        image = draw_photo(label, index, side_px=120).resize((200 + 240 * index, 180))
        buffer = io.BytesIO()
        if name == "CMYK":
            image.convert("CMYK").save(buffer, "JPEG")
        else:
            image.save(buffer, name)
        id = f"train/{label}.{index}.{name.lower()}"
        photos[id] = buffer.getvalue()
        sha256 = hashlib.sha256(photos[id]).hexdigest()
        reason = f"labelled {label}, the model reads another (p_cat 0.{index}98)"
        p_cat = None if kind == "conflict" else index / 10
        p_dog = None if p_cat is None else 1 - p_cat
        related = (f"train/{('cat', 'dog')[index % 2]}.{11 - index}.jpeg",) if index == 5 else ()
        verdict = "" if p_cat is None else ("cat" if p_cat > 0.5 else "dog")
        items.append(ReviewItem(id, sha256, label, p_cat, p_dog, reason, kind, related, verdict))
    if with_unreadable:
        photos["train/cat.9.jpg"] = b"no photo at all"
        sha256 = hashlib.sha256(photos["train/cat.9.jpg"]).hexdigest()
        items.append(
            ReviewItem("train/cat.9.jpg", sha256, "", None, None, "unreadable", "unreadable")
        )
    return items, photos


def read_from(photos: dict[str, bytes], id: str) -> bytes:
    if id not in photos:
        raise ImageReadError(f"Cannot read '{id}': expected a file, received nothing.")
    return photos[id]


def size_of(jpeg: bytes) -> tuple[str | None, str, tuple[int, int]]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.format, image.mode, image.size


if __name__ == "__main__":
    items, photos = draw_queue()
    log = DecisionLog(Path(sys.argv[1]))
    with open_socket("127.0.0.1", int(sys.argv[2])) as opened:
        review_items(items, lambda id: read_from(photos, id), log, opened, opens_browser=False)
