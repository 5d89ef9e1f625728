"""The challenge's database: SQLite in a file, or PostgreSQL, through SQLAlchemy.

Times are seconds since 1970, the server's. Whatever a row says of a photo's class stays here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from catordog.errors import ConfigError

METADATA = MetaData()

FACTS = Table(
    "challenge_facts",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)
"""What the processes of a server have in common, such as the key that signs tickets."""

SESSIONS = Table(
    "challenge_sessions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("site_key", String(100), nullable=False),
    Column("address", String(64), nullable=False),
    Column("standing", Integer, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)

CHALLENGES = Table(
    "challenges",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column(
        "session_id",
        ForeignKey(SESSIONS.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("address", String(64), nullable=False, index=True),
    Column("cats", String(100), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)
"""`cats` has one character a photo: 1 for a cat. An answered challenge has no row any more."""

SHEETS = Table(
    "challenge_pictures",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column(
        "challenge_id",
        ForeignKey(CHALLENGES.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("picture", LargeBinary, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)

BUCKETS = Table(
    "challenge_buckets",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("tokens", Integer, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)

TICKETS = Table(
    "challenge_tickets",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("site_key", String(100), nullable=False),
    Column("hostname", String(253), nullable=False),
    Column("address", String(64), nullable=False),
    Column("issued_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
    Column("used_at", Float),
    Column("used_by", String(64)),
)
"""`used_by` is the idempotency key of the request that used the ticket, if it had one."""

TALLIES = Table(
    "challenge_tallies",
    METADATA,
    Column("player", String(20), primary_key=True),
    Column("rounds", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("photos", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("took_ms", Float, nullable=False),
)

_BUSY_TIMEOUT_S = 20.0

READS_ONLY = {"catordog_reads_only": True}
"""Execution options of a connection that writes nothing: it need not wait for those that do."""


def open_database(url: str) -> Engine:
    """Opens the database and makes the tables it lacks.

    Args:
        url: such as `sqlite:///challenge.db` or `postgresql://user:word@host/name`.

    Raises:
        ConfigError: the URL is none, the database cannot be reached, or its driver is missing.
    """
    engine: Engine | None = None
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            engine = _open_sqlite(parsed)
        else:
            engine = create_engine(parsed, pool_pre_ping=True)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # processes start together
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(627783)")
            METADATA.create_all(connection)
    except (SQLAlchemyError, ImportError, OSError) as exc:
        if engine is not None:
            engine.dispose()
        shown = _without_password(url)
        reason = " ".join(str(getattr(exc, "orig", None) or exc).split())[:120]
        raise ConfigError(
            f"Cannot open the database '{shown}': expected SQLite or PostgreSQL that answers, "
            f"received: {reason}. Give another URL, such as sqlite:///challenge.db; PostgreSQL "
            "also needs: pip install 'catordog[postgres]'"
        ) from exc
    return engine


def _open_sqlite(url: Any) -> Engine:
    if url.database and url.database != ":memory:":
        path = Path(url.database).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        url = url.set(database=str(path))
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # Not NORMAL: a power failure could give back a ticket that was accepted.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reads_only = connection.get_execution_options().get("catordog_reads_only", False)
        # IMMEDIATE: two that read first and write then would block each other for good.
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.rpartition("@")[2][:80]
