"""Database sessions beside Django's own: for what must stand outside of the transaction that the caller is in.

Threads share one: each statement commits by itself, and they come one after the other.
"""

from collections.abc import Sequence
from threading import RLock
from typing import Any, Final

import psycopg
from django.db import connection as database
from django.db import connections

ALIVE: Final = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""A machine that went away without a word is noticed by the server within half a minute, and its locks are let go."""


def notice_silence() -> None:
    """Have the server notice within half a minute when this machine goes away, for every session made from now on.

    A run's lock stands on its session: else it would outlive the machine by two hours. For workers.
    """
    options = connections.settings["default"].setdefault("OPTIONS", {})
    if ALIVE not in options.get("options", ""):
        options["options"] = f"{options.get('options', '')} {ALIVE}".strip()


def own_connection(options: str = "") -> "psycopg.Connection[tuple[Any, ...]]":
    """Return a new connection to the same database, in autocommit; the caller closes it.

    ``options`` are settings of the session, as on the command line of a server.
    """
    params = database.get_connection_params()
    wanted = {
        name: value for name, value in params.items() if name not in {"cursor_factory", "context", "pool"}
    }
    if options:
        wanted["options"] = f"{wanted.get('options', '')} {options}".strip()
    return psycopg.connect(**wanted, autocommit=True)


class Side:
    """A session that is opened at its first use and closed after the last, unless this process keeps it."""

    def __init__(self, options: str = "") -> None:
        """Open nothing yet."""
        self.lock = RLock()
        self._options = options
        self._own: psycopg.Connection[tuple[Any, ...]] | None = None
        self._users = 0

    def enter(self) -> None:
        """Say that somebody needs the session from now on."""
        with self.lock:
            self._users += 1

    def leave(self) -> None:
        """Say that they do no longer."""
        with self.lock:
            self._users -= 1
            if not self._users:
                self.drop()

    def drop(self) -> None:
        """Close the session, whoever uses it; what hung on it in the database is gone."""
        with self.lock:
            if self._own is not None:
                self._own.close()
            self._own = None

    def ask(self, statement: str, values: Any = None) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one statement, in a new session if the former one is gone.

        Raises ``psycopg.OperationalError`` when the server is away, or the session went with this statement.
        """
        with self.lock:
            if self._own is None or self._own.closed:
                self._own = own_connection(self._options)
            try:
                cursor = self._own.execute(statement, values)
                return cursor.fetchall() if cursor.description else ()
            except psycopg.OperationalError:
                if self._own.closed or self._own.broken:
                    self.drop()
                raise
