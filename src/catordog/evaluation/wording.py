"""Shares and intervals in words."""

from __future__ import annotations

import math

PERCENT = "\u00a0%"
"""Does not part from its number at a line's end."""

UNKNOWN = "-"
"""Stands where a figure is not defined."""


def share(value: float) -> str:
    """Writes a share to two digits behind the point; neither none nor all unless it is so.

    Example:
        >>> for value in (0.98765, 1.0, 0.999999, 0.0, float("nan")):
        ...     print(share(value).replace(PERCENT, " %"))
        98.77 %
        100 %
        over 99.99 %
        0 %
        -
    """
    if math.isnan(value):
        return UNKNOWN
    if value in (0, 1):
        return f"{value:.0%}".replace("%", PERCENT)
    if value > 0.99995:
        return f"over 99.99{PERCENT}"
    return f"under 0.01{PERCENT}" if value < 0.00005 else f"{100 * value:.2f}{PERCENT}"


def span(low: float, high: float) -> str:
    """Writes an interval of shares.

    Example:
        >>> print(span(0.981, 0.9949).replace(PERCENT, " %"))
        98.10 to 99.49 %
    """
    if math.isnan(low):
        return UNKNOWN
    return f"{100 * low:.2f} to {100 * high:.2f}{PERCENT}"


def value(number: float, digits: int = 4) -> str:
    """Writes a value without a unit.

    Example:
        >>> value(0.03456), value(float("nan"))
        ('0.0346', '-')
    """
    return UNKNOWN if math.isnan(number) else f"{number:.{digits}f}"


def value_span(low: float, high: float, digits: int = 4) -> str:
    """Writes an interval of such values."""
    return UNKNOWN if math.isnan(low) else f"{low:.{digits}f} to {high:.{digits}f}"


def probability(p: float) -> str:
    """Writes a test's p-value.

    Example:
        >>> probability(0.0312), probability(0.00001), probability(1.0)
        ('0.031', 'under 0.001', '1')
    """
    return "under 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.01 else f"{p:.2g}"
