"""The database session of this process, which has set Django up: its work, its statements, its tables at rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections


def server_seconds() -> float:
    """Return the seconds that the server of this session has worked so far; 0 where none can tell."""
    with connection.cursor():
        pid = connection.connection.info.backend_pid
    file = Path(f"/proc/{pid}/schedstat")
    return int(file.read_text(encoding="ascii").split()[0]) / 1e9 if file.exists() else 0.0


def vacuum() -> None:
    """Do what autovacuum does within a minute; its moment would be luck."""
    # Only the tables' owner may.
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what cursors of any database connection of this process send meanwhile."""
    sent: list[str] = []
    originals = {kind: kind.execute for kind in (psycopg.Cursor, psycopg.ServerCursor)}

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, query: Any, *args: Any, **more: Any) -> Any:
            sent.append(" ".join(str(query).split()))
            return original(self, query, *args, **more)

        return execute

    for kind, original in originals.items():
        kind.execute = watched(original)  # type: ignore[method-assign] # what is watched is the library's edge
    try:
        yield sent
    finally:
        for kind, original in originals.items():
            kind.execute = original  # type: ignore[method-assign] # as the library had it
