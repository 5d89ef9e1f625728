from __future__ import annotations

import pytest

from catordog.evaluation.calibration import (
    bin_by_confidence,
    calibration_error,
    reach_targets,
    threshold_table,
)
from tests.evaluation.invented import CAT, DOG, draw_results, invent_results


def test_calibration_error_of_a_case_done_by_hand() -> None:
    # Confidences 0.6, 0.6 | 0.9, 0.9; one of the first two is wrong: gaps 0.1 and 0.1.
    results = invent_results([DOG, CAT, DOG, CAT], [0.6, 0.6, 0.9, 0.1])
    bins = bin_by_confidence(results, bins=2)
    assert [(b.photos, b.errors, round(b.confidence, 6)) for b in bins] == [
        (2, 1, 0.6),
        (2, 0, 0.9),
    ]
    assert calibration_error(bins) == pytest.approx(0.1)


def test_bins_hold_equally_many_photos() -> None:
    bins = bin_by_confidence(draw_results(100))
    assert [b.photos for b in bins] == [7] * 10 + [6] * 5
    assert [b.confidence for b in bins] == sorted(b.confidence for b in bins)
    assert len(bin_by_confidence(draw_results(4))) == 4


def test_threshold_table_of_a_case_done_by_hand() -> None:
    # Surest first: 0.99 right, 0.9 right, 0.8 wrong, 0.7 right.
    results = invent_results([DOG, CAT, CAT, DOG], [0.99, 0.1, 0.8, 0.7])
    rows = [(r.coverage, r.errors, round(r.confidence, 6)) for r in threshold_table(results)]
    assert rows == [(1.0, 1, 0.7), (0.5, 0, 0.9)]
    targets = reach_targets(results)
    assert [(t.target, t.coverage, t.errors) for t in targets] == [
        *((0.99, 0.5, 0), (0.995, 0.5, 0), (0.999, 0.5, 0), (1.0, 0.5, 0)),
    ]


def test_equal_confidences_are_answered_together() -> None:
    rows = threshold_table(invent_results([CAT, DOG, CAT], [0.2, 0.8, 0.8]))
    assert [(row.answered, row.errors) for row in rows] == [(3, 1)]


def test_target_that_is_never_reached_is_left_out() -> None:
    assert reach_targets(invent_results([CAT, CAT], [0.9, 0.8])) == []


def test_coverage_is_at_least_what_was_asked_for() -> None:
    results = draw_results(237)
    rows = threshold_table(results)
    assert rows[0].coverage == 1.0
    assert rows[0].errors == int((~results.is_right).sum())
    assert all(row.error_rate_low <= row.error_rate <= row.error_rate_high for row in rows)
