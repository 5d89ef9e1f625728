"""Response headers that keep a page to itself: nothing from elsewhere in it, it in nothing else."""

from __future__ import annotations

from collections.abc import Mapping

_POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def protecting_headers(policy: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the headers every response of a page carries.

    Args:
        policy: Content-Security-Policy directives that replace or add to the strict ones.

    Example:
        >>> protecting_headers({"img-src": "'self' blob:"})["Content-Security-Policy"][:43]
        "default-src 'none'; img-src 'self' blob:; s"
    """
    directives = _POLICY | dict(policy or {})
    return {
        "Content-Security-Policy": "; ".join(
            f"{name} {value}" for name, value in directives.items()
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
