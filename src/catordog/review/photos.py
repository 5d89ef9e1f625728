"""Any photo, as a JPEG that a browser shows: upright, RGB, scaled down."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from enum import StrEnum

from PIL import Image

from catordog.errors import DatasetError
from catordog.images.decode import decode_image
from catordog.images.thumbnails import encode_jpeg

_MAX_AT_ONCE = threading.BoundedSemaphore(2)
"""A photo of 100 megapixels takes 300 MB while it is decoded: two at a time, whoever asks."""


class Size(StrEnum):
    """How large a photo is shown."""

    LARGE = "large"
    THUMB = "thumb"

    @property
    def side_px(self) -> int:
        """The longer side at most."""
        return 1024 if self is Size.LARGE else 160


def to_jpeg(id: str, sha256: str, size: Size, read_photo: Callable[[str], bytes]) -> bytes:
    """Reads a photo and encodes it for a browser.

    Args:
        id: of the photo.
        sha256: what its bytes should hash to, in hex; empty if nobody knows.
        size: how large.
        read_photo: returns the encoded original, of any format.

    Raises:
        ImageError: it cannot be read or decoded. Decide by what is written about it.
        DatasetError: it changed since it was listed. Start again, to list it anew.
    """
    with _MAX_AT_ONCE:
        data = read_photo(id)
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            raise DatasetError(
                f"Cannot show '{id}': expected the photo as it was listed, received one that has "
                "changed since. Stop catordog review and start it again."
            )
        image = Image.fromarray(decode_image(data, target_px=size.side_px).pixels)
        image.thumbnail((size.side_px, size.side_px), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return encode_jpeg(image, quality=88 if size is Size.LARGE else 80)
