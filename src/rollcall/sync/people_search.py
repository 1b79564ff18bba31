"""Finding anybody of an entity: employees of its HR tool, members or not, and members whom the tool does not know."""

from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.searching import has_word, words_of

MOST: Final = 25


class Hit(Struct, frozen=True, kw_only=True):
    """One person found: an employee, a member of the entity, or both in one."""

    # of the mirror
    row_id: int | None
    member_id: int | None
    first_name: str
    last_name: str
    email: str
    number: str
    work_location: str
    department: str
    # of the member, empty without one
    state: str
    # whether the HR tool manages the member; None without a link
    managed: bool | None
    # as HR tells it, empty without a record
    status: str
    listed: bool

    @property
    def name(self) -> str:
        """Name, or address or number of somebody without one."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.number


def search(entity_id: int, connection_id: int | None, text: str) -> list[Hit]:
    """Return up to ``MOST`` + 1 people with every word in name, e-mail or employee number, in order of name.

    Nobody for a text without a word. One statement; the mirror is looked through once, links only for who is found.
    """
    words = words_of(text)
    if not words:
        return []
    params: dict[str, Any] = {"entity": entity_id, "connection": connection_id, "most": MOST + 1}
    params |= {f"word_{number}": word for number, word in enumerate(words)}
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(_statement(len(words)), params)
        return [Hit(**dict(zip(Hit.__struct_fields__, row, strict=True))) for row in cursor.fetchall()]


def _statement(words: int) -> str:
    given = [f"%(word_{number})s" for number in range(words)]
    in_record = " AND ".join(has_word("e.search", word) for word in given)
    in_member = " AND ".join(
        f"({has_word('m.search', word)} OR {has_word('lower(m.employee_number)', word)})" for word in given
    )
    return f"""
        WITH known AS (
            SELECT * FROM (
                SELECT e.id, e.external_id, e.first_name, e.last_name, e.work_email, e.employee_number,
                       e.work_location, e.department, e.status, e.absent_since
                FROM connections_employee e
                WHERE e.connection_id = %(connection)s
                  AND {in_record}
                ORDER BY e.last_name, e.first_name, e.id LIMIT %(most)s
            ) e
        ), others AS (
            SELECT m.* FROM directory_member m
            WHERE m.entity_id = %(entity)s
              AND {in_member}
              -- not NOT EXISTS: where statistics are missing, that becomes a join of everybody with everybody
              AND (SELECT e.id FROM directory_link l JOIN connections_employee e
                     ON e.connection_id = l.connection_id AND e.external_id = l.employee_id
                   WHERE l.member_id = m.id AND l.connection_id = %(connection)s LIMIT 1) IS NULL
            ORDER BY m.last_name, m.first_name, m.id LIMIT %(most)s
        )
        SELECT * FROM (
            SELECT e.id AS row_id, m.id AS member_id, coalesce(e.first_name, ''), coalesce(e.last_name, '') AS last,
                   coalesce(e.work_email, ''), coalesce(e.employee_number, e.external_id),
                   coalesce(e.work_location, ''), coalesce(e.department, ''), coalesce(m.state, ''), l.managed,
                   coalesce(e.status, ''), e.absent_since IS NULL
            FROM known e
            LEFT JOIN directory_link l
              ON l.entity_id = %(entity)s AND l.connection_id = %(connection)s AND l.employee_id = e.external_id
            LEFT JOIN directory_member m ON m.id = l.member_id
            UNION ALL
            SELECT NULL, m.id, m.first_name, m.last_name, m.email, coalesce(m.employee_number, ''),
                   coalesce(m.work_location, ''), coalesce(m.department, ''), m.state, NULL, '', true
            FROM others m
        ) found
        ORDER BY 4, 3, 1, 2 LIMIT %(most)s
    """
