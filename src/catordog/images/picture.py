"""A decoded photo, and the limits within which one is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catordog.errors import ImageDecodeError, ImageTooLargeError

TRUNCATED = "truncated: the photo is cut short; answered from the part that could be decoded"
"""The warning of a photo whose bytes end too early."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """The largest and smallest photo to decode.

    Attributes:
        max_bytes: of the encoded photo.
        max_pixels: width times height, read from the header before a pixel is decoded. A photo of
            the default size takes 300 MB as RGB, and 0.6 to 1.5 GB while it is made so, by format.
        min_side_px: a shorter side shows nothing.
    """

    max_bytes: int = 100 * 1024**2
    max_pixels: int = 100_000_000
    min_side_px: int = 2

    def check_bytes(self, byte_count: int, *, name: str = "the photo") -> None:
        """Checks an encoded photo's size.

        Args:
            byte_count: of the encoded photo.
            name: what the message calls it.

        Raises:
            ImageTooLargeError: it has too many bytes.
        """
        if byte_count > self.max_bytes:
            raise ImageTooLargeError(
                f"Cannot decode {name}: expected at most {self.max_bytes} bytes, received "
                f"{byte_count}. Save it smaller, or raise DecodeLimits.max_bytes."
            )

    def check_size(self, width: int, height: int) -> None:
        """Checks a photo's size as its header gives it, in pixels.

        Raises:
            ImageTooLargeError: it has too many pixels.
            ImageDecodeError: a side is too short.
        """
        if width * height > self.max_pixels:
            raise ImageTooLargeError(
                f"Cannot decode the photo: expected at most {self.max_pixels} pixels, received "
                f"{width}x{height}. Scale it down, or raise DecodeLimits.max_pixels."
            )
        if min(width, height) < self.min_side_px:
            raise ImageDecodeError(
                f"Cannot decode the photo: expected sides of at least {self.min_side_px} pixels, "
                f"received {width}x{height}. Use the original photo."
            )


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A decoded photo.

    Attributes:
        pixels: uint8 RGB, shape (H, W, 3), upright; smaller than the photo if it was decoded for
            a smaller target.
        width: of the whole photo, upright, in pixels.
        height: of the whole photo, upright, in pixels.
        format: what the content is, in Pillow's words (`JPEG`, `PNG`, ...).
        warning: empty, or how the photo is damaged; begins with `truncated:` or `damaged:`.
        truncated: the photo is cut short; pixels past the cut are of one plain colour.
        orientation: 1 to 8, as its EXIF block says it is stored; the pixels are upright already.
    """

    pixels: np.ndarray
    width: int
    height: int
    format: str
    warning: str = ""
    truncated: bool = False
    orientation: int = 1
