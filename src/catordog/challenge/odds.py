"""The odds of passing, exactly: for errors that are independent, and for a finite pool of photos.

With P the chance that all n photos of a challenge are right and Q that exactly one is wrong,
`pass_rates` follows every rule's standings, which comes to

- k tries, exact: 1 - (1-P)^k
- k tries, partial credit, C(0) = 0: C(k) = P + Q*D(k-1) + (1-P-Q)*C(k-1), where
  D(k) = (P+Q) + (1-P-Q)*C(k-1) is the same with credit and D(0) = 0
- token bucket of refill r: P * (1 - (1-P)^r)
- token bucket of refill r, partial credit: (P+Q) * D(r)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from catordog.challenge.rules import RULES, Grade, Rule, Standing


def grade_chances(accuracy: npt.ArrayLike, photos: int) -> npt.NDArray[np.float64]:
    """Returns how likely each grade is if every photo is an independent toss.

    Args:
        accuracy: chance to be right on one photo, in [0, 1]; any shape.
        photos: in a challenge.

    Returns:
        float64 (3, ...), in the order of `Grade`; sums to 1 along the first axis.

    Example:
        >>> [round(1 / grade_chances(p, 12)[0]) for p in (0.5, 0.6)]
        [4096, 459]
    """
    right = np.asarray(accuracy, np.float64)
    return _complete(right**photos, photos * right ** (photos - 1) * (1 - right))


def pool_grade_chances(pool: int, wrong: npt.ArrayLike, photos: int) -> npt.NDArray[np.float64]:
    """Returns how likely each grade is if a challenge is drawn from photos answered before.

    Args:
        pool: how many photos there are; at least `photos`.
        wrong: how many of them are answered wrongly; any shape.
        photos: different ones in a challenge.

    Returns:
        float64 (3, ...), in the order of `Grade` (hypergeometric).
    """
    wrong = np.asarray(wrong, np.float64)
    # Falling factorials as a product of shares: binomial coefficients would overflow.
    shares = [np.maximum(pool - wrong - i, 0) / (pool - i) for i in range(photos)]
    but_one = np.prod(shares[:-1], axis=0) if photos > 1 else np.ones_like(wrong)
    return _complete(but_one * shares[-1], but_one * photos * wrong / (pool - photos + 1))


def _complete(
    right: npt.NDArray[np.float64], nearly: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Puts the third chance beside two; rounding must not make it negative."""
    return np.stack([right, nearly, np.maximum(1 - right - nearly, 0)])


def pass_rate(rule: Rule, chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns the chance to pass under one rule.

    Args:
        rule: what counts.
        chances: float64 (3, ...) of the grades of one challenge.

    Returns:
        float64 (...), in [0, 1].

    Example:
        >>> rule = Rule(tries=2, partial_credit=True, token_bucket=False)
        >>> round(float(pass_rate(rule, grade_chances(0.8274, 12))), 3)  # Golle, table 6
        0.262
    """
    shares = np.zeros((len(Standing), *chances.shape[1:]))
    shares[rule.start] = 1
    for _ in range(rule.challenges):
        after = np.zeros_like(shares)
        for standing in Standing:
            for grade in Grade:
                after[rule.step(standing, grade)] += shares[standing] * chances[grade]
        shares = after
    passed: npt.NDArray[np.float64] = np.clip(shares[Standing.PASSED], 0, 1)
    return passed


def pass_rates(chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns `pass_rate` of every rule, float64 (len(RULES), ...)."""
    return np.stack([pass_rate(rule, chances) for rule in RULES])
