"""Numbers and lists in words."""

from __future__ import annotations

from collections.abc import Sequence


def number(value: float) -> str:
    """Writes a count: `12,500`."""
    return f"{value:,.0f}"


def measure(value: float) -> str:
    """Writes a value without a unit, to 3 digits.

    Example:
        >>> measure(0.04512), measure(1086.2)
        ('0.0451', '1,086')
    """
    return number(value) if value >= 100 else f"{value:.3g}"


def count_of(count: int, noun: str) -> str:
    """Writes how many there are of something.

    Example:
        >>> count_of(1, "photo"), count_of(12500, "photo"), count_of(0, "photo")
        ('1 photo', '12,500 photos', 'no photos')
    """
    plural = noun if count == 1 else f"{noun}s"
    return f"{number(count) if count else 'no'} {plural}"


def percent(part: float, whole: float) -> str:
    """Writes a share so that neither none nor all is claimed unless it is so.

    Example:
        >>> percent(1, 3), percent(1, 1000), percent(0, 5), percent(999, 1000), percent(5, 5)
        ('33 %', '0.1 %', '0 %', '99.9 %', '100 %')
    """
    share = 100 * part / whole if whole else 0.0
    if share in (0, 100):
        return f"{share:.0f} %"
    if share < 0.05 or share > 99.95:
        return "under 0.1 %" if share < 50 else "over 99.9 %"
    return f"{share:.1f} %" if share < 2 or share > 98 else f"{share:.0f} %"


def file_size(size_bytes: float) -> str:
    """Writes a number of bytes.

    Example:
        >>> file_size(812), file_size(21_400), file_size(543e6), file_size(2.5e9)
        ('812 bytes', '21 kB', '543 MB', '2.5 GB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            value = size_bytes / scale
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    return f"{size_bytes:.0f} bytes"


def join_words(words: Sequence[str]) -> str:
    """Writes a list.

    Example:
        >>> join_words(["a"]), join_words(["a", "b"]), join_words(["a", "b", "c"])
        ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def shown_of(shown: int, all_of_them: int, file: str) -> str:
    """Writes where the rest is, if not all of it is shown.

    Example:
        >>> shown_of(60, 105, "suspects.csv"), shown_of(5, 5, "suspects.csv")
        ('Showing 60 of 105; all in suspects.csv.', '')
    """
    if shown == all_of_them:
        return ""
    return f"Showing {number(shown)} of {number(all_of_them)}; all in {file}."
