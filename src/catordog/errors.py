"""Every error catordog raises on purpose, with its exit code and HTTP status.

CatOrDogError
├── ConfigError            the call is wrong and the caller can mend it
│   ├── MissingExtraError  a part of catordog is not installed
│   └── ImageShapeError    an array is not a picture
├── ImageError             one picture cannot be answered; in a batch it is a row, not an exception
│   ├── ImageReadError     its bytes cannot be read
│   ├── ImageDecodeError   its bytes are no picture that catordog knows
│   └── ImageTooLargeError it is over a limit
├── DatasetError           a folder or archive does not hold what it should
├── BundleError            a model file is missing, damaged or of another kind
├── WeightsError           pretrained weights are damaged or not the ones expected
├── ExportError            a trained model does not answer as it did in training
└── OutputError            answers cannot be written

Messages follow one form: what failed on which thing: expected X, received Y. Next step.
"""

from __future__ import annotations

from typing import ClassVar


class CatOrDogError(Exception):
    """Anything that catordog refuses or fails to do.

    Attributes:
        exit_code: what a command that ends with this error returns to the shell.
        http_status: what a server answers for it.
    """

    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 500


class ConfigError(CatOrDogError):
    """The call cannot be carried out as it was made."""

    http_status = 422


class MissingExtraError(ConfigError):
    """A part of catordog that this call needs is not installed."""

    http_status = 500

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"Cannot use {what}: expected catordog's '{extra}' extra to be installed, received "
            f"an installation without it. Install it with: pip install 'catordog[{extra}]'"
        )
        self.extra = extra


class ImageShapeError(ConfigError):
    """An array handed in as a picture is not uint8 of shape (H, W, 3)."""


class ImageError(CatOrDogError):
    """One picture cannot be answered."""

    exit_code = 1
    http_status = 415


class ImageReadError(ImageError):
    """A picture's bytes cannot be read."""


class ImageDecodeError(ImageError):
    """A picture's bytes are damaged, or of no format that catordog knows."""


class ImageTooLargeError(ImageError):
    """A picture is over the limit of bytes or pixels; it was not decoded."""

    http_status = 413


class DatasetError(CatOrDogError):
    """A folder, archive or list does not hold the photos it should."""

    exit_code = 3


class BundleError(CatOrDogError):
    """A model file is missing, damaged, or not one that catordog wrote."""

    exit_code = 3
    http_status = 503


class WeightsError(CatOrDogError):
    """Pretrained weights are damaged, or not the ones that were published."""

    exit_code = 3


class ExportError(CatOrDogError):
    """A model was not written, because its answers differ from those it was trained to give."""

    exit_code = 3


class OutputError(CatOrDogError):
    """Answers cannot be written where they were asked for; what was answered so far is kept."""

    exit_code = 1
