"""What the challenge remembers, and the transactions that change it.

Each method is one transaction: it happens as a whole before its caller hears of it, or not at all,
also if the process is killed. Methods may be called on several threads and in several processes.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from catordog.challenge.buckets import Policy, judge
from catordog.challenge.records import Scored, Session, Shown, UsedTicket
from catordog.challenge.rules import Standing, grade
from catordog.challenge.tables import (
    BUCKETS,
    CHALLENGES,
    FACTS,
    READS_ONLY,
    SESSIONS,
    SHEETS,
    TICKETS,
)
from catordog.challenge.tickets import new_id

BUCKET_S = 24 * 3600.0
"""How long an address's bucket is remembered after its last wrong answer."""


class ChallengeStore:
    """Sessions, challenges, sheets of photos, buckets, tickets."""

    def __init__(self, engine: Engine) -> None:
        """Works on a database of `open_database`."""
        self._engine = engine
        self._insert: Any = postgresql if engine.dialect.name == "postgresql" else sqlite

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def shared_secret(self, name: str) -> str:
        """Returns a secret that is made once for each database, 256 bits."""
        with self._engine.begin() as connection:
            made = self._insert.insert(FACTS).values(name=name, value=secrets.token_urlsafe(32))
            connection.execute(made.on_conflict_do_nothing())
            return str(connection.scalar(select(FACTS.c.value).where(FACTS.c.name == name)))

    def add_session(self, site_key: str, address: str, *, now: float, lasts_s: float) -> Session:
        """Begins a session."""
        session = Session(new_id(), site_key, address)
        with self._engine.begin() as connection:
            connection.execute(
                insert(SESSIONS).values(
                    id=session.id,
                    site_key=site_key,
                    address=address,
                    standing=int(Standing.DEFAULT),
                    expires_at=now + lasts_s,
                )
            )
        return session

    def find_session(self, session_id: str, *, now: float) -> Session | None:
        """Returns a session that has not expired."""
        with self._reading() as connection:
            row = connection.execute(
                select(SESSIONS).where(SESSIONS.c.id == session_id, SESSIONS.c.expires_at > now)
            ).one_or_none()
        return row and Session(row.id, row.site_key, row.address)

    def count_open(self, address: str, *, now: float) -> int:
        """Counts the challenges of an address that are neither answered nor expired."""
        with self._reading() as connection:
            query = select(func.count()).where(
                CHALLENGES.c.address == address,
                CHALLENGES.c.expires_at > now,
            )
            return int(connection.scalar(query) or 0)

    def add_challenge(
        self,
        session: Session,
        sheet: bytes,
        cats: Sequence[bool],
        *,
        now: float,
        lasts_s: float,
    ) -> Shown:
        """Shows a session a challenge, in place of the one it has."""
        shown = Shown(new_id(), new_id(), now + lasts_s)
        with self._engine.begin() as connection:
            _forget_challenges(connection, session.id)
            connection.execute(
                insert(CHALLENGES).values(
                    id=shown.id,
                    session_id=session.id,
                    address=session.address,
                    cats="".join("01"[is_cat] for is_cat in cats),
                    created_at=now,
                    expires_at=shown.expires_at,
                )
            )
            connection.execute(
                insert(SHEETS).values(
                    name=shown.sheet,
                    challenge_id=shown.id,
                    picture=sheet,
                    expires_at=shown.expires_at,
                )
            )
        return shown

    def read_sheet(self, name: str, *, now: float) -> bytes | None:
        """Returns the sheet of a challenge that is still open."""
        query = select(SHEETS.c.picture).where(SHEETS.c.name == name, SHEETS.c.expires_at > now)
        with self._reading() as connection:
            found = connection.scalar(query)
        return None if found is None else bytes(found)

    def read_sheet_of(self, session_id: str) -> bytes | None:
        """Returns the sheet of a session's open challenge."""
        with self._reading() as connection:
            query = (
                select(SHEETS.c.picture)
                .join(CHALLENGES, CHALLENGES.c.id == SHEETS.c.challenge_id)
                .where(CHALLENGES.c.session_id == session_id)
            )
            found = connection.scalar(query)
        return None if found is None else bytes(found)

    def score(
        self,
        session_id: str,
        challenge_id: str | None,
        picked: Sequence[bool],
        policy: Policy,
        *,
        hostname: str,
        issues_ticket: bool,
        now: float,
        ticket_lasts_s: float,
    ) -> Scored | None:
        """Scores an answer. The challenge is over with that, and its photos are forgotten.

        Args:
            session_id: whose answer it is.
            challenge_id: to which challenge; None for the one the session has.
            picked: of each photo, whether it was picked as a cat.
            policy: the rules.
            hostname: where the player is, for the ticket.
            issues_ticket: False where passing is its own reward.
            now: seconds since 1970.
            ticket_lasts_s: from now on.

        Returns:
            None if there is no such challenge, or it was answered, or has expired.

        Raises:
            ConfigError: the answer is about another number of photos.
        """
        with self._engine.begin() as connection:
            session = connection.execute(
                select(SESSIONS)
                .where(SESSIONS.c.id == session_id, SESSIONS.c.expires_at > now)
                .with_for_update()
            ).one_or_none()
            if session is None:
                return None
            challenge = connection.execute(
                select(CHALLENGES).where(
                    CHALLENGES.c.session_id == session_id,
                    CHALLENGES.c.expires_at > now,
                )
            ).one_or_none()
            if challenge is None or challenge_id not in (None, challenge.id):
                return None
            cats = [character == "1" for character in challenge.cats]
            graded = grade(picked, cats)
            names = (f"session:{session_id}", f"address:{session.address}")
            # Addresses forget after a day, sessions when they end.
            tokens = self._tokens(connection, names, policy, now) if policy.has_buckets else [0, 0]
            judged = judge(policy, Standing(session.standing), tokens, graded)
            if policy.has_buckets:
                for name, before, after in zip(names, tokens, judged.tokens, strict=True):
                    if before != after:
                        changed = {"tokens": after, "expires_at": now + BUCKET_S}
                        connection.execute(
                            update(BUCKETS).where(BUCKETS.c.name == name).values(changed)
                        )
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.id == session_id)
                .values(standing=int(judged.standing))
            )
            _forget_challenges(connection, session_id)
            if not judged.passed or not issues_ticket:
                return Scored(judged.passed, cats, None, 0.0)
            ticket_id, expires_at = new_id(), now + ticket_lasts_s
            connection.execute(
                insert(TICKETS).values(
                    id=ticket_id,
                    site_key=session.site_key,
                    hostname=hostname,
                    address=session.address,
                    issued_at=now,
                    expires_at=expires_at,
                )
            )
        return Scored(True, cats, ticket_id, expires_at)

    def use_ticket(
        self, ticket_id: str, site_key: str, *, address: str, used_by: str, now: float
    ) -> UsedTicket | None:
        """Uses a ticket, which works once.

        Args:
            ticket_id: of its row.
            site_key: whose it must be.
            address: the hidden one it must have been solved at; empty for any.
            used_by: names the request, so that the same one may be sent again; empty for none.
            now: seconds since 1970.

        Returns:
            None if there is no such ticket, or it was used, or has expired.
        """
        with self._engine.begin() as connection:
            # The condition and the change are one statement: of two that come at once, one sees
            # the other's change.
            fresh: list[ColumnElement[bool]] = [TICKETS.c.used_at.is_(None)]
            if address:
                fresh.append(TICKETS.c.address == address)
            done = connection.execute(
                update(TICKETS)
                .where(
                    TICKETS.c.id == ticket_id,
                    TICKETS.c.site_key == site_key,
                    TICKETS.c.expires_at > now,
                    *fresh,
                )
                .values(used_at=now, used_by=used_by or None)
            )
            row = connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).one_or_none()
            if row is None:
                return None
            is_again = bool(used_by) and row.used_by == used_by and row.site_key == site_key
            if done.rowcount != 1 and not is_again:
                return None
        return UsedTicket(row.hostname, row.issued_at)

    def remove_expired(self, *, now: float) -> int:
        """Removes whatever has expired; returns how many rows that was."""
        removed = 0
        for table in (SHEETS, CHALLENGES, BUCKETS, TICKETS, SESSIONS):
            with self._engine.begin() as connection:
                removed += connection.execute(
                    delete(table).where(table.c.expires_at <= now)
                ).rowcount
        return removed

    def _tokens(
        self, connection: Connection, names: Sequence[str], policy: Policy, now: float
    ) -> list[int]:
        """Returns the tokens of a session's and an address's bucket, which are held until the end.

        In the order of their names, whoever holds one bucket and wants another waits for nobody
        who holds that one and wants this.
        """
        starts = (policy.session_tokens, policy.address_tokens)
        tokens = {}
        for name, start in sorted(zip(names, starts, strict=True)):
            made = self._insert.insert(BUCKETS).values(
                name=name, tokens=start, expires_at=now + BUCKET_S
            )
            fresh = {"tokens": start, "expires_at": now + BUCKET_S}
            connection.execute(
                made.on_conflict_do_update(
                    index_elements=["name"], set_=fresh, where=BUCKETS.c.expires_at <= now
                )
            )
            query = select(BUCKETS.c.tokens).where(BUCKETS.c.name == name).with_for_update()
            tokens[name] = int(connection.scalar(query) or 0)
        return [tokens[name] for name in names]

    def _reading(self) -> Any:
        return self._engine.connect().execution_options(**READS_ONLY)


def _forget_challenges(connection: Connection, session_id: str) -> None:
    """Removes a session's challenges with their photos: each session has one at most."""
    connection.execute(delete(CHALLENGES).where(CHALLENGES.c.session_id == session_id))
