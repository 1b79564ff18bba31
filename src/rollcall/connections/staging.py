"""What a read brings that the mirror may not have: temporary tables of this session, made only when they are needed.

``stage`` has a row for each record that was parsed, ``stage_seen`` one for each page of which some people are in the
mirror already, byte for byte. A read without a change makes neither.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection as database

from rollcall.connections.rows import VALUE_COLUMNS

TABLES: Final = ("stage", "stage_seen", "present", "matched", "missing")
"""All temporary tables of a read and its merge."""

# what is staged in which type; *custom* stays text until it is written
_TYPES: Final = {
    "page": "int",
    "record_digest": "bytea",
    "bank_sealed": "bytea",
    "delivered": "bigint",
    "start_date": "date",
    "end_date": "date",
    "last_working_day": "date",
}
_COLUMNS: Final = ("page", "external_id", "record_digest", "digest", *VALUE_COLUMNS)
_STAGE: Final = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _COLUMNS)
# psycopg needs the types of the columns to send them in binary form
_COPY_TYPES: Final = [
    {"int": "int4", "bigint": "int8"}.get(t, t) for t in (_TYPES.get(n, "text") for n in _COLUMNS)
]
_COPY: Final = f"COPY stage ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"

# the ids as PostgreSQL writes an array: quicker than number by number
_SEEN: Final = "page int, employees text, records bytea"
_COPY_SEEN: Final = "COPY stage_seen FROM STDIN (FORMAT BINARY)"

_FULL: Final = 1_000
"""So many rows are sent together, also those of many small pages."""


class Stage:
    """Takes rows and pages; sends them in parts. ``made`` tells whether there are any tables."""

    def __init__(self) -> None:
        """Make nothing yet."""
        self.made = False
        self.rows = 0
        self._rows: list[tuple[Any, ...]] = []
        self._seen: list[tuple[int, str, bytes]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        """Take a parsed record: page, employee id, digest of its bytes, digest of the columns, ``VALUE_COLUMNS``."""
        self._rows.append(row)
        self.rows += 1
        if len(self._rows) >= _FULL:
            self.flush()

    def add_seen(self, page: int, employees: Sequence[int], digests: Sequence[bytes]) -> None:
        """Take the people of a page whose records the mirror has, with the digests of those records."""
        self._seen.append((page, f"{{{','.join(map(str, employees))}}}", b"".join(digests)))
        if len(self._seen) >= _FULL // 20:
            self.flush()

    def flush(self) -> None:
        """Send what is held back."""
        if not (self._rows or self._seen):
            return
        self.make()
        with database.cursor() as cursor:
            if self._rows:
                with cursor.copy(_COPY) as copy:
                    copy.set_types(_COPY_TYPES)
                    for row in self._rows:
                        copy.write_row(row)
            if self._seen:
                with cursor.copy(_COPY_SEEN) as copy:
                    copy.set_types(["int4", "text", "bytea"])
                    for page in self._seen:
                        copy.write_row(page)
        self._rows.clear()
        self._seen.clear()

    def make(self) -> None:
        """Make the tables, empty, unless this read has made them."""
        if self.made:
            return
        drop()
        with database.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE stage ({_STAGE})")
            cursor.execute(f"CREATE TEMPORARY TABLE stage_seen ({_SEEN})")
        self.made = True


def drop() -> None:
    """Drop whatever a read has left in this session."""
    with database.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in TABLES)}")
