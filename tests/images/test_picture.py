import pytest

from catordog.errors import ImageDecodeError, ImageTooLargeError
from catordog.images.picture import DecodeLimits


def test_default_limits_take_a_hundred_megapixels():
    limits = DecodeLimits()
    limits.check_size(10_000, 10_000)
    limits.check_bytes(100 * 1024**2)

    with pytest.raises(ImageTooLargeError, match="at most 100000000 pixels, received 10001x10000"):
        limits.check_size(10_001, 10_000)
    with pytest.raises(ImageTooLargeError, match=r"'a.jpg': expected at most 104857600 bytes"):
        limits.check_bytes(100 * 1024**2 + 1, name="'a.jpg'")


@pytest.mark.parametrize(("width", "height"), [(1, 500), (500, 1), (1, 1), (0, 0)])
def test_side_of_one_pixel_is_refused(width, height):
    with pytest.raises(
        ImageDecodeError, match=f"sides of at least 2 pixels, received {width}x{height}"
    ):
        DecodeLimits().check_size(width, height)
