"""The plain values that pass between the challenge's store and those who ask it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is being asked.

    Attributes:
        id: unguessable; whoever has it may answer.
        site_key: for which site.
        address: hidden.
    """

    id: str
    site_key: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A challenge as its player may see it.

    Attributes:
        id: unguessable.
        sheet: name of the picture of its photos; unguessable.
        expires_at: seconds since 1970.
    """

    id: str
    sheet: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of an answer.

    Attributes:
        passed: whether a ticket was issued, or is due.
        cats: the truth, for those who may know it.
        ticket_id: of the ticket, if one was issued.
        ticket_expires_at: seconds since 1970; 0 without a ticket.
    """

    passed: bool
    cats: list[bool]
    ticket_id: str | None
    ticket_expires_at: float


@dataclass(frozen=True, slots=True)
class UsedTicket:
    """A ticket that was accepted just now.

    Attributes:
        hostname: where it was solved, as the player's browser said; empty if it did not.
        issued_at: seconds since 1970.
    """

    hostname: str
    issued_at: float
