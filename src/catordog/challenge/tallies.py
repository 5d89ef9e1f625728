"""Who did how well at `/versus`: people and the model, over all rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from catordog.challenge.tables import READS_ONLY, TALLIES


@dataclass(frozen=True, slots=True)
class Tally:
    """A player's record at `/versus`.

    Attributes:
        rounds: played.
        passed: without a wrong photo.
        photos: answered.
        wrong: of them.
        took_ms: of all rounds, in milliseconds.
    """

    rounds: int = 0
    passed: int = 0
    photos: int = 0
    wrong: int = 0
    took_ms: float = 0.0


class TallyBook:
    """The records of all players."""

    def __init__(self, engine: Engine) -> None:
        """Works on a database of `open_database`."""
        self._engine = engine
        self._insert: Any = postgresql if engine.dialect.name == "postgresql" else sqlite

    def add(self, player: str, played: Tally) -> Tally:
        """Adds a round to a player's record; returns the record."""
        columns = ("rounds", "passed", "photos", "wrong", "took_ms")
        with self._engine.begin() as connection:
            first = self._insert.insert(TALLIES).values(
                player=player, **{name: getattr(played, name) for name in columns}
            )
            sums = {name: TALLIES.c[name] + getattr(first.excluded, name) for name in columns}
            connection.execute(first.on_conflict_do_update(index_elements=["player"], set_=sums))
        return self.read(player)

    def read(self, player: str) -> Tally:
        """Returns a player's record so far."""
        with self._engine.connect().execution_options(**READS_ONLY) as connection:
            row = connection.execute(select(TALLIES).where(TALLIES.c.player == player))
            found = row.one_or_none()
        if found is None:
            return Tally()
        return Tally(found.rounds, found.passed, found.photos, found.wrong, found.took_ms)
