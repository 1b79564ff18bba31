"""The mirror's rows as an index alone tells them: whatever decides who is chosen, and nothing else.

A row of the mirror has forty columns, and whoever looks at one of the last walks over all the others: counting 100,000
people by their rows takes PostgreSQL more than twice the work of counting them by this index.

An entry of an index has at most 2,704 bytes. People whose texts are longer than ``SHORT`` allows are in a second one,
which is nearly always empty, and their rows are read. Migration 0017 makes both; its words must be those of ``SHORT``.
"""

from typing import Final

from rollcall.engine.scope import ATTRIBUTES

_TEXTS: Final = ("external_id", "manager_id", "status", *ATTRIBUTES)
_DAYS: Final = ("start_date", "end_date", "last_working_day", "absent_since")

SHORT: Final = f"({' + '.join(f'coalesce(octet_length({name}), 0)' for name in _TEXTS)}) < 2000"

_COLUMNS: Final = ", ".join(("id", "connection_id", *_TEXTS, *_DAYS, "custom"))

ROWS: Final = f"""(
    SELECT {_COLUMNS} FROM connections_employee WHERE {SHORT}
    UNION ALL
    SELECT {_COLUMNS} FROM connections_employee WHERE NOT ({SHORT})
)"""
"""Stands for ``connections_employee`` where everybody is counted. A question for ``custom`` reads the rows."""


def row_of(connection: str, employee_id: str) -> str:
    """Return a LATERAL query for the row of one employee; both are SQL. Each is looked up, whoever else there is."""
    found = f"connection_id = {connection} AND external_id = {employee_id}"
    return f"""LATERAL (
        SELECT {_COLUMNS} FROM connections_employee WHERE {found} AND {SHORT}
        UNION ALL
        SELECT {_COLUMNS} FROM connections_employee WHERE {found} AND NOT ({SHORT})
    )"""
