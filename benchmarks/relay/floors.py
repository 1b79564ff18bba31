"""The least that anybody could do with the same rows: copy them, and take them out again in pieces.

No chain of hashes, no walls between companies, no reader, no locks; one session of the server's superuser.
"""

from pathlib import Path
from typing import Final

import psycopg

from benchmarks.measuring import ground, twins
from benchmarks.measuring.timing import Clock, Spent

TABLES: Final = ("events_event", "events_outbox")
AT_ONCE: Final = 1_000
"""As many as the relay takes at once."""

_EVENT, _OUTBOX = (twins.name(table) for table in TABLES)
_OLDEST: Final = f"SELECT event_id FROM {_OUTBOX} ORDER BY event_id LIMIT {AT_ONCE}"
_READ: Final = f"SELECT * FROM {_EVENT} WHERE id = ANY(%s) ORDER BY number"
_DONE: Final = f"DELETE FROM {_OUTBOX} WHERE event_id = ANY(%s)"


class Floors:
    """What both floors took, once they are measured: ``floor.write`` and ``floor.hand_on``."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}

    def measure(self, home: Path, clock: Clock) -> None:
        """Copy what stands in the tables into twins, then read and delete it; reading the tables is not measured."""
        with ground.superuser(home) as connection:
            blocks = {table: twins.made(connection, table) for table in TABLES}
            with clock.own("floor.write") as written:
                rows = {table: twins.filled(connection, table, blocks[table]) for table in TABLES}
            with clock.own("floor.hand_on") as handed_on:
                given = _handed_on(connection)
            twins.dropped(connection, TABLES)
        written.said, handed_on.said = rows, {"given": given}
        self.spent = {"floor.write": written, "floor.hand_on": handed_on}


def _handed_on(connection: psycopg.Connection) -> int:
    given = 0
    while True:
        with connection.transaction():
            ids = [one for (one,) in connection.execute(_OLDEST)]
            if not ids:
                return given
            given += len(connection.execute(_READ, [ids]).fetchall())
            connection.execute(_DONE, [ids])
