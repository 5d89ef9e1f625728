from __future__ import annotations

import logging
import sys
import threading
import warnings

import pytest

from catordog.images.quiet import silenced_warnings


def test_warnings_inside_are_dropped_and_those_outside_are_kept() -> None:
    with silenced_warnings():
        warnings.warn("damaged", UserWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="the caller's"):
        warnings.warn("the caller's", UserWarning, stacklevel=1)


def test_other_threads_keep_their_warnings() -> None:
    caught: list[str] = []

    def warn() -> None:
        try:
            warnings.warn("the other thread's", UserWarning, stacklevel=1)
        except UserWarning as warning:  # pytest makes errors of them
            caught.append(str(warning))

    with silenced_warnings():
        thread = threading.Thread(target=warn)
        thread.start()
        thread.join()
    assert caught == ["the other thread's"]


def test_blocks_within_blocks_are_silent_to_the_end() -> None:
    with warnings.catch_warnings(record=True) as caught, silenced_warnings():
        with silenced_warnings():
            pass
        warnings.warn("damaged", UserWarning, stacklevel=1)
    assert caught == []


def test_an_error_inside_ends_the_silence() -> None:
    with pytest.raises(ZeroDivisionError), silenced_warnings():
        raise ZeroDivisionError
    with pytest.warns(UserWarning, match="the caller's"):
        warnings.warn("the caller's", UserWarning, stacklevel=1)


def test_the_callers_filters_stay_behind_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        before = list(warnings.filters)
        for _ in range(3):
            with silenced_warnings():
                pass
        assert list(warnings.filters)[-len(before) :] == before
        assert len(warnings.filters) <= len(before) + 1


def test_pillows_log_records_are_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with silenced_warnings():
        pass
    logger = logging.getLogger("PIL")
    record = logging.LogRecord("PIL.TiffImagePlugin", logging.ERROR, "", 0, "odd", None, None)
    assert logger.hasHandlers()
    logger.callHandlers(record) if logger.handlers else pytest.fail("no handler", pytrace=False)
    sys.stderr.flush()
    assert "odd" not in capfd.readouterr().err
