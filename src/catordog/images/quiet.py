"""Keeps Pillow's remarks on damaged files off the screen and out of the caller's way."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from typing import Any, cast


class _OnThisThread(threading.local):
    """Stands in for a warning filter's pattern: matches only while this thread decodes."""

    is_decoding = False

    def match(self, _text: str) -> bool:
        return self.is_decoding


_PATTERN = _OnThisThread()
_FILTER = ("ignore", _PATTERN, Warning, None, 0)


@contextmanager
def silenced_warnings() -> Iterator[None]:
    """Ignores the warnings raised on this thread inside the block; other threads keep theirs.

    Damage is reported as an error or in `DecodedImage.warning`. `warnings.catch_warnings` would
    swap the whole process's filters, so that two threads leave each other's behind; a plain
    filter on Pillow's modules would also silence them for the rest of the caller's program.
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
