"""What one answer changes: standing, token buckets, and whether a ticket is due.

A token bucket makes it dear to fail a lot. Each wrong answer takes a token; once a bucket is empty
a right answer only refills it, by few tokens, so that two challenges have to be solved in close
succession. Golle describes it in section 3.1 of "Machine Learning Attacks Against the Asirra
CAPTCHA" (CCS 2008), and recommends a refill of 1 and no partial credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catordog.challenge.rules import Grade, Rule, Standing
from catordog.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules hold; the defaults are what Golle recommends.

    Attributes:
        partial_credit: two challenges in a row with one photo wrong pass as well.
        refill: tokens that a right answer puts into an empty bucket; 0 for no token buckets.
        session_tokens: in a session's bucket at its start.
        address_tokens: in the bucket of an address at its start; many people may share one.
    """

    partial_credit: bool = False
    refill: int = 1
    session_tokens: int = 10
    address_tokens: int = 100

    def __post_init__(self) -> None:
        if self.refill < 0 or self.session_tokens < 1 or self.address_tokens < 1:
            raise ConfigError(
                "Cannot play by these rules: expected a refill of 0 or more and buckets of 1 token "
                f"or more, received {self.refill}, {self.session_tokens} and "
                f"{self.address_tokens}. Leave them out for the defaults."
            )

    @property
    def has_buckets(self) -> bool:
        """Whether failing a lot costs anything."""
        return self.refill > 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one answer led to.

    Attributes:
        passed: a ticket is due.
        standing: where the session stands from now on: `DEFAULT` or `CREDIT`.
        tokens: in each bucket from now on, in the order they were handed in.
    """

    passed: bool
    standing: Standing
    tokens: tuple[int, ...]


def judge(policy: Policy, standing: Standing, tokens: Sequence[int], grade: Grade) -> Judgement:
    """Judges one answer.

    Args:
        policy: the rules.
        standing: of the session before the answer: `DEFAULT` or `CREDIT`.
        tokens: in each bucket that the answer counts for; left as they are without buckets.
        grade: how the challenge was answered.

    Example:
        >>> judge(Policy(), Standing.DEFAULT, [0, 7], Grade.RIGHT)
        Judgement(passed=False, standing=<Standing.DEFAULT: 1>, tokens=(1, 7))
        >>> judge(Policy(), Standing.DEFAULT, [1, 7], Grade.RIGHT).passed
        True
    """
    rule = Rule(
        tries=max(1, policy.refill),
        partial_credit=policy.partial_credit,
        token_bucket=policy.has_buckets,
    )
    is_empty = policy.has_buckets and min(tokens) < 1
    after = rule.step(Standing.EMPTY if is_empty else standing, grade)
    if after is Standing.PASSED:
        return Judgement(True, Standing.DEFAULT, tuple(tokens))
    if is_empty and after is not Standing.FAILED:
        return Judgement(False, after, tuple(max(count, policy.refill) for count in tokens))
    kept = tuple(max(0, count - 1) for count in tokens) if policy.has_buckets else tuple(tokens)
    return Judgement(False, Standing.CREDIT if after is Standing.CREDIT else Standing.DEFAULT, kept)
