from __future__ import annotations

import os
import random
import struct
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from catordog.errors import CatOrDogError, ImageDecodeError, ImageTooLargeError
from catordog.images.decode import decode_image
from catordog.images.picture import DecodedImage, DecodeLimits

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)


def corners(pixels: np.ndarray) -> np.ndarray:
    return pixels[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)


def test_pixels_are_right_in_each_format(quadrants_in_each_format: Any) -> None:
    photo = quadrants_in_each_format
    decoded = decode_image(photo.data)
    assert decoded.pixels.shape == (48, 64, 3)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.flags.c_contiguous
    assert (decoded.width, decoded.height, decoded.format) == (64, 48, photo.format)
    assert (decoded.warning, decoded.truncated) == ("", False)
    assert abs(corners(decoded.pixels) - photo.corners).max() <= photo.off
