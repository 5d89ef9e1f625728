"""So many of so many, with the interval that belongs to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catordog.metrics import wilson_interval


@dataclass(frozen=True, slots=True)
class Share:
    """How many photos of some have a property.

    Attributes:
        count: that have it.
        of: how many there are; may be 0.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share, in [0, 1]; NaN of no photos."""
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends of its 95 % interval (Wilson); NaN of no photos."""
        return wilson_interval(self.count, self.of) if self.of else (math.nan, math.nan)

    def as_json(self, name: str) -> dict[str, float]:
        """Returns the count, the share and its interval as fields.

        Example:
            >>> list(Share(5, 10).as_json("lost"))
            ['lost', 'lost_share', 'lost_share_low', 'lost_share_high']
        """
        low, high = self.interval
        return {
            name: self.count,
            f"{name}_share": self.value,
            f"{name}_share_low": low,
            f"{name}_share_high": high,
        }
