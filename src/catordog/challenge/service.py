"""The challenge as a service: sessions, challenges, answers, tickets."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from catordog.challenge.ahead import DrawnAhead
from catordog.challenge.buckets import Policy
from catordog.challenge.pool import PhotoPool
from catordog.challenge.records import Scored, Session, Shown
from catordog.challenge.store import ChallengeStore
from catordog.challenge.tickets import Site, TicketClaim, TicketSigner, find_site

OWN_SITE = "catordog"
"""Site key of the server's own page."""
ORIGINAL_SITE = "asirra"
"""Site key of clients that speak the original protocol, which knows no keys."""
VERSUS_SITE = "versus"
"""Site key of `/versus`, where nobody gets a ticket."""

SESSION_S = 30 * 60.0
CHALLENGE_S = 10 * 60.0
TICKET_S = 5 * 60.0
MAX_OPEN = 200
"""Challenges of one address that are open at once: each keeps 0.2 MB of the database."""

_DRAW_TIMEOUT_S = 10.0
_SWEEP_S = 60.0


@dataclass(frozen=True, slots=True)
class Verification:
    """What a site hears of a ticket.

    Attributes:
        success: the ticket was valid, and now is used.
        errors: codes in the words of other services; empty on success.
        hostname: where it was solved, as the player's browser said.
        issued_at: seconds since 1970; 0 without success.
    """

    success: bool
    errors: list[str] = field(default_factory=list)
    hostname: str = ""
    issued_at: float = 0.0


class ChallengeService:
    """What routes and `catordog challenge attack` ask.

    Attributes:
        policy: the rules.
    """

    def __init__(
        self,
        store: ChallengeStore,
        pools: tuple[PhotoPool, PhotoPool],
        *,
        policy: Policy | None = None,
        sites: Sequence[Site] = (),
        secret: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Starts to draw challenges; `close` ends that.

        Args:
            store: where everything is remembered.
            pools: of challenges, and of `/versus`.
            policy: the rules; None for the defaults.
            sites: those that may show challenges, besides the server's own pages.
            secret: signs tickets; empty for one that the database keeps.
            clock: returns seconds since 1970.
        """
        self.policy = policy or Policy()
        self._store = store
        self._clock = clock
        self._signer = TicketSigner(secret or store.shared_secret("signing"))
        own = Site(OWN_SITE, store.shared_secret("own site"))
        self._with_secret = (own, *sites)
        self._hostnames = {site.key: site.hostnames for site in self._with_secret}
        self._hostnames |= {ORIGINAL_SITE: (), VERSUS_SITE: ()}
        challenges, versus = pools
        self._drawn = DrawnAhead(challenges.draw)
        self._drawn_for_versus = DrawnAhead(versus.draw, ready=2)
        self._swept_at = 0.0
        self._sweeping = threading.Lock()

    def close(self) -> None:
        """Ends the drawing and closes the database."""
        self._drawn.close()
        self._drawn_for_versus.close()
        self._store.close()

    def knows_site(self, site_key: str, hostname: str) -> bool:
        """Says whether a site may show challenges at a host."""
        allowed = self._hostnames.get(site_key)
        return allowed is not None and (not allowed or hostname.lower() in allowed)

    def hostnames_of(self, site_key: str) -> tuple[str, ...]:
        """Returns where a site may show challenges; empty for anywhere."""
        return self._hostnames.get(site_key, ())

    def begin_session(self, site_key: str, address: str) -> Session:
        """Begins a session for somebody at a network address."""
        hidden = self._signer.hide(address)
        return self._store.add_session(site_key, hidden, now=self._clock(), lasts_s=SESSION_S)

    def find_session(self, session_id: str) -> Session | None:
        """Returns a session that has not expired."""
        return self._store.find_session(session_id, now=self._clock())

    def has_room(self, session: Session) -> bool:
        """Says whether its address may have one more challenge."""
        return self._store.count_open(session.address, now=self._clock()) < MAX_OPEN

    def show_challenge(self, session: Session) -> Shown | None:
        """Shows a session a new challenge; None if none is ready in time."""
        self._sweep()
        drawn = self._drawn_for_versus if session.site_key == VERSUS_SITE else self._drawn
        challenge = drawn.take(_DRAW_TIMEOUT_S)
        if challenge is None:
            return None
        return self._store.add_challenge(
            session, challenge.sheet, challenge.cats, now=self._clock(), lasts_s=CHALLENGE_S
        )

    def read_sheet(self, name: str) -> bytes | None:
        """Returns the photos of an open challenge, by their sheet's name."""
        return self._store.read_sheet(name, now=self._clock())

    def read_sheet_of(self, session_id: str) -> bytes | None:
        """Returns the photos of a session's challenge; None if it has none."""
        return self._store.read_sheet_of(session_id)

    def score(
        self,
        session_id: str,
        picked: Sequence[bool],
        *,
        challenge_id: str | None = None,
        hostname: str = "",
        site_key: str = "",
    ) -> tuple[Scored, str] | None:
        """Scores an answer.

        Args:
            session_id: whose it is.
            picked: of each photo, whether it was picked as a cat.
            challenge_id: to which challenge; None for the one the session has.
            hostname: where the player is.
            site_key: of the session, if only this one is wanted.

        Returns:
            What came of it, and the ticket, which is empty if there is none. None if there is no
            such challenge any more.

        Raises:
            ConfigError: the answer is about another number of photos.
        """
        session = self.find_session(session_id)
        if session is None or (site_key and session.site_key != site_key):
            return None
        is_versus = session.site_key == VERSUS_SITE
        scored = self._store.score(
            session_id,
            challenge_id,
            picked,
            # Nobody is kept out of a game.
            Policy(refill=0) if is_versus else self.policy,
            hostname=hostname[:253].lower(),
            issues_ticket=not is_versus,
            now=self._clock(),
            ticket_lasts_s=TICKET_S,
        )
        if scored is None:
            return None
        if scored.ticket_id is None:
            return scored, ""
        claim = TicketClaim(scored.ticket_id, session.site_key, scored.ticket_expires_at)
        return scored, self._signer.sign(claim)

    def verify(
        self, secret: str, ticket: str, *, address: str = "", used_by: str = ""
    ) -> Verification:
        """Answers a site's server about a ticket, and uses the ticket up.

        Args:
            secret: of the site.
            ticket: what the player's browser sent.
            address: where the site saw the player; empty not to compare.
            used_by: names this request (an idempotency key): the same one may be sent again.
        """
        if not secret:
            return Verification(False, ["missing-input-secret"])
        site = find_site(self._with_secret, secret)
        if site is None:
            return Verification(False, ["invalid-input-secret"])
        if not ticket:
            return Verification(False, ["missing-input-response"])
        return self._use(ticket, site.key, address, used_by)

    def verify_original(self, ticket: str) -> bool:
        """Answers whoever asks about a ticket of the original protocol, and uses it up."""
        return self._use(ticket, ORIGINAL_SITE, "", "").success

    def _use(self, ticket: str, site_key: str, address: str, used_by: str) -> Verification:
        claim = self._signer.read(ticket)
        if claim is None or not hmac.compare_digest(claim.site_key.encode(), site_key.encode()):
            return Verification(False, ["invalid-input-response"])
        used = self._store.use_ticket(
            claim.id,
            site_key,
            address=self._signer.hide(address) if address else "",
            used_by=used_by[:64],
            now=self._clock(),
        )
        if used is None:
            return Verification(False, ["timeout-or-duplicate"])
        return Verification(True, [], used.hostname, used.issued_at)

    def _sweep(self) -> None:
        """Removes what has expired, once a minute in each process."""
        if self._sweeping.acquire(blocking=False):
            try:
                if self._clock() - self._swept_at >= _SWEEP_S:
                    self._swept_at = self._clock()
                    self._store.remove_expired(now=self._clock())
            finally:
                self._sweeping.release()
