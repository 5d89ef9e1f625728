"""When to look at a photo twice, where, and what that counts for: pure functions, no pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecondLookSpec:
    """When a model looks twice and how it weighs what it sees; travels in the model file.

    Attributes:
        sure_pet: a photo with a probability of this or more shows a pet for sure.
        sure_absent: with the lower probability at this or less, the other pet is absent for sure.
        side: of a window, as a share of the photo's width and height.
        weights: of the whole photo's logit, of the best window's logit, and a constant.
    """

    sure_pet: float
    sure_absent: float
    side: float
    weights: tuple[float, float, float]

    def __post_init__(self) -> None:
        if len(self.weights) != 3 or not 0 < self.side <= 1:
            raise ValueError(f"{self}, not three weights and a side in (0, 1]")
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))  # JSON has no tuples
