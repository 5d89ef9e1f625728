from __future__ import annotations

import os
from pathlib import Path

import pytest

from catordog.errors import ImageReadError, ImageTooLargeError
from catordog.images.picture import DecodeLimits
from catordog.images.reading import read_photo


@pytest.fixture
def file_of_ten_bytes(tmp_path: Path) -> Path:
    path = tmp_path / "ten bytes.jpg"
    path.write_bytes(b"0123456789")
    return path


def test_bytes_come_back_as_they_are(file_of_ten_bytes: Path) -> None:
    assert read_photo(file_of_ten_bytes) == b"0123456789"
    assert read_photo(str(file_of_ten_bytes), DecodeLimits(max_bytes=10)) == b"0123456789"


def test_a_link_is_followed(file_of_ten_bytes: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(file_of_ten_bytes)
    assert read_photo(link) == b"0123456789"


def test_a_file_over_the_limit_is_refused_by_name(file_of_ten_bytes: Path) -> None:
    message = r"^Cannot decode '.*ten bytes\.jpg': expected at most 9 bytes, received 10\. Save it"
    with pytest.raises(ImageTooLargeError, match=message):
        read_photo(file_of_ten_bytes, DecodeLimits(max_bytes=9))


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a file that claims no size")
def test_a_file_larger_than_it_claims_is_refused() -> None:
    assert Path("/proc/version").stat().st_size == 0
    with pytest.raises(ImageTooLargeError, match=r"at most 5 bytes, received 6\. Save it smaller"):
        read_photo("/proc/version", DecodeLimits(max_bytes=5))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.jpg", "No such file or directory"),
        ("ten bytes.jpg/inside.jpg", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0byte.jpg", "embedded null"),
    ],
)
def test_what_cannot_be_opened_is_an_error_that_says_why(
    name: str, reason: str, file_of_ten_bytes: Path
) -> None:
    path = file_of_ten_bytes.parent / name
    with pytest.raises(
        ImageReadError, match=f"expected a photo's file, received: {reason}"
    ) as info:
        read_photo(path)
    assert str(info.value).startswith(f"Cannot read {str(path)!r}: ")
    assert str(info.value).endswith("Check the path and its permissions.")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_an_error(file_of_ten_bytes: Path) -> None:
    file_of_ten_bytes.chmod(0)
    with pytest.raises(ImageReadError, match=r"received: Permission denied\. Check the path"):
        read_photo(file_of_ten_bytes)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    message = r"^Cannot read '.*': expected a file, received a folder\. Name a photo's file\.$"
    with pytest.raises(ImageReadError, match=message):
        read_photo(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.timeout(5)
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageReadError, match="received a device, pipe or socket"):
        read_photo(tmp_path / "pipe.jpg")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.timeout(5)
def test_a_device_is_refused() -> None:
    with pytest.raises(ImageReadError, match="received a device, pipe or socket"):
        read_photo("/dev/zero")
