"""Keeps Pillow's remarks on damaged files off the screen and out of the caller's way.

Damage is reported as an error or in `DecodedImage.warning`; remarks would be a second, unasked way.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import threading
import warnings
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from typing import Any, cast

from PIL import _imaging


class _OnThisThread(threading.local):
    """Stands in for a warning filter's pattern: matches only while this thread decodes."""

    is_decoding = False
    pattern = r"(?!)"
    """What copies the filters as text, as scikit-learn does, gets one that matches nothing."""

    def match(self, _text: str) -> bool:
        return self.is_decoding


_PATTERN = _OnThisThread()
_FILTER = ("ignore", _PATTERN, Warning, None, 0)


@contextmanager
def silenced_warnings() -> Iterator[None]:
    """Ignores the warnings raised on this thread inside the block; other threads keep theirs.

    `warnings.catch_warnings` would swap the whole process's filters, so that two threads leave
    each other's behind; a plain filter on Pillow's modules would also silence them for the rest of
    the caller's program.
    """
    _prepare()
    before, _PATTERN.is_decoding = _PATTERN.is_decoding, True
    try:
        yield
    finally:
        _PATTERN.is_decoding = before


def _prepare() -> None:
    """Puts the filter first, if it is not; the caller's own filters stay as they are behind it."""
    filters = cast(MutableSequence[Any], warnings.filters)
    if not filters or filters[0] is not _FILTER:
        filters.insert(0, _FILTER)
        # Python prints the records of loggers that nobody listens to; this one now has a listener.
        logger = logging.getLogger("PIL")
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


@functools.cache
def silence_libtiff() -> None:
    """Takes away the handler with which Pillow's libtiff prints errors to standard error.

    Pillow raises an exception for the same errors, so nothing is lost. The handler is one pointer
    in the library, set once: redirecting file descriptor 2 around each call instead would lose
    what other threads print meanwhile. Where the library cannot be reached (it is built in on
    Windows), its lines stay.
    """
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (OSError, AttributeError):
        return
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    set_handler(None)
