"""The rules of a challenge: what passes, what nearly does, and what comes then.

Exact scoring, partial credit and token buckets as Golle describes Asirra's in section 3.1 of
"Machine Learning Attacks Against the Asirra CAPTCHA" (CCS 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from catordog.errors import ConfigError

PHOTOS = 12
"""In a challenge of Asirra's. How many of them are cats is left to chance: whoever knows the
number can rank the photos, which lifts a classifier that passes 10.3 % to 23.8 % (Golle)."""


class Grade(IntEnum):
    """How one challenge was answered; the value is the number of wrong photos, at most 2."""

    RIGHT = 0
    NEARLY = 1
    WRONG = 2


class Standing(IntEnum):
    """Where somebody stands between two challenges."""

    EMPTY = 0
    """The token bucket is empty: one challenge has to be solved before the next can pass."""
    DEFAULT = 1
    CREDIT = 2
    """With partial credit, after a challenge that was nearly right: so is the next enough."""
    PASSED = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """How many challenges may be tried, and what they are worth.

    Attributes:
        tries: challenges that can pass. Under a token bucket this is its refill: the chances to
            solve a second challenge after the first.
        partial_credit: two challenges in a row with one photo wrong pass as well.
        token_bucket: the bucket is empty, as it is for whoever failed a lot. A challenge has to
            be solved first, and a wrong one there ends the attempt.
    """

    tries: int
    partial_credit: bool
    token_bucket: bool

    @property
    def challenges(self) -> int:
        """The most challenges that are answered under this rule."""
        return self.tries + self.token_bucket

    @property
    def start(self) -> Standing:
        """Where everybody begins."""
        return Standing.EMPTY if self.token_bucket else Standing.DEFAULT

    def step(self, standing: Standing, grade: Grade) -> Standing:
        """Returns where somebody stands after one more challenge.

        Example:
            >>> rule = Rule(tries=2, partial_credit=True, token_bucket=False)
            >>> standing = rule.step(rule.start, Grade.NEARLY)
            >>> standing.name, rule.step(standing, Grade.NEARLY).name
            ('CREDIT', 'PASSED')
        """
        if standing in (Standing.PASSED, Standing.FAILED):
            return standing
        nearly = self.partial_credit and grade is not Grade.WRONG
        if standing is Standing.EMPTY:
            if nearly:  # Golle's figures follow only if a solved first challenge is credit too
                return Standing.CREDIT
            return Standing.DEFAULT if grade is Grade.RIGHT else Standing.FAILED
        if grade is Grade.RIGHT or (nearly and standing is Standing.CREDIT):
            return Standing.PASSED
        return Standing.CREDIT if nearly else Standing.DEFAULT


RULES = tuple(
    Rule(tries, partial_credit, token_bucket)
    for partial_credit in (False, True)
    for token_bucket, numbers in ((False, (1, 2, 3)), (True, (3, 2, 1)))
    for tries in numbers
)
"""Those of Golle's tables 6 and 7, in their order: exact ones, then those with partial credit."""


def grade(picked: Sequence[bool], cats: Sequence[bool]) -> Grade:
    """Compares an answer with the truth.

    Args:
        picked: of each photo, whether it was picked as a cat.
        cats: of each photo, whether it is one.

    Raises:
        ConfigError: they speak of different numbers of photos. Answer every photo.

    Example:
        >>> grade([True, False, True], [True, False, False]).name
        'NEARLY'
    """
    if len(picked) != len(cats):
        raise ConfigError(
            f"Cannot grade an answer: expected one for each of {len(cats)} photos, received "
            f"{len(picked)}. Answer every photo."
        )
    wrong = sum(bool(one) != bool(other) for one, other in zip(picked, cats, strict=True))
    return Grade(min(wrong, Grade.WRONG))
