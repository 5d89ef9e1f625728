"""Tickets and site keys: what is signed, what is compared, and how.

A ticket names a row of the database. Its signature only keeps made-up ones away from it, so that
guessing costs the server nothing; whether it was used before, the row says.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from catordog.errors import ConfigError

MAX_TICKET_CHARACTERS = 600

_HIDDEN_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Site:
    """A site that shows the challenge.

    Attributes:
        key: public, in its page.
        secret: its server's; who has it may ask about the site's tickets.
        hostnames: where the site may be; empty for anywhere.
    """

    key: str
    secret: str
    hostnames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """What a signed ticket says of itself.

    Attributes:
        id: of its row.
        site_key: whose it is.
        expires_at: seconds since 1970.
    """

    id: str
    site_key: str
    expires_at: float


def new_id() -> str:
    """Returns a name nobody can guess: 128 random bits in hex."""
    return secrets.token_hex(16)


def parse_sites(text: str) -> list[Site]:
    """Reads sites from a setting.

    Args:
        text: `key:secret` or `key:secret:host+host`, several with commas between.

    Raises:
        ConfigError: it is not that, a secret is short, or a key comes twice.

    Example:
        >>> parse_sites("blog:correct-horse-battery:cats.example+127.0.0.1")[0].hostnames
        ('cats.example', '127.0.0.1')
    """
    sites: list[Site] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _, rest = part.partition(":")
        secret, _, hosts = rest.partition(":")
        if not key or len(key) > 100 or len(secret) < 16:
            raise ConfigError(
                f"Cannot use the site '{key[:80]}': expected KEY:SECRET with a secret of 16 "
                f"characters or more, received {len(secret)}. Make one with: python -c "
                "'import secrets; print(secrets.token_urlsafe(24))'"
            )
        sites.append(Site(key, secret, tuple(filter(None, hosts.lower().split("+")))))
    keys = [site.key for site in sites]
    if len(set(keys)) < len(keys) or len({site.secret for site in sites}) < len(sites):
        raise ConfigError(
            "Cannot use the sites: expected each key and each secret once, received one of them "
            "twice. Give every site its own."
        )
    return sites


def find_site(sites: Sequence[Site], secret: str) -> Site | None:
    """Finds the site of a secret; looks at all, so that time tells nothing of how near it was."""
    given = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
    found = None
    for site in sites:
        if hmac.compare_digest(given, hashlib.sha256(site.secret.encode()).digest()):
            found = site
    return found


class TicketSigner:
    """Signs tickets, and hides addresses."""

    def __init__(self, secret: str) -> None:
        """Signs with a secret that all processes of a server share."""
        self._secret = secret.encode()
        # The claims are public, the signature is HMAC-SHA256, compared in constant time.
        self._serializer = URLSafeSerializer(
            secret, salt="catordog.ticket", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def sign(self, claim: TicketClaim) -> str:
        """Returns a ticket: letters, digits, `-`, `_` and dots."""
        signed = self._serializer.dumps([claim.id, claim.site_key, claim.expires_at])
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, ticket: str) -> TicketClaim | None:
        """Returns what a ticket says; None if this server did not sign it."""
        if len(ticket) > MAX_TICKET_CHARACTERS:
            return None
        try:
            id, site_key, expires_at = self._serializer.loads(ticket)
        except (BadData, ValueError):
            return None
        return TicketClaim(str(id), str(site_key), float(expires_at))

    def hide(self, address: str) -> str:
        """Returns what stands for a network address, so that none is kept.

        IPv6 addresses of one network count as one: a household has 2^64 of them.
        """
        try:
            parsed = ipaddress.ip_address(address)
            if isinstance(parsed, ipaddress.IPv6Address):
                parsed = parsed.ipv4_mapped or ipaddress.ip_address(int(parsed) >> 64 << 64)
            text = str(parsed)
        except ValueError:
            text = address
        return hmac.new(self._secret, b"address:" + text.encode(), hashlib.sha256).hexdigest()[
            :_HIDDEN_CHARACTERS
        ]
