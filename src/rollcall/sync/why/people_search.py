"""Finding anybody of an entity: employees of its HR tool, members or not, and members whom the tool does not know."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.searching import has_word, records_with, words_of
from rollcall.engine.roster import State

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

    Nobody for a text without a word. One statement. Names are read from indexes alone, and no further than the page
    goes; rows and links are read for who is shown. Words without a digit are not looked for in employee numbers of
    members whom the HR tool does not know.
    """
    words = words_of(text)
    if not words:
        return []
    params: dict[str, Any] = {"entity": entity_id, "connection": connection_id, "most": MOST + 1}
    params["states"] = [str(one) for one in State]
    params |= {f"word_{number}": word for number, word in enumerate(words)}
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(_statement(words), params)
        return [Hit(**dict(zip(Hit.__struct_fields__, row, strict=True))) for row in cursor.fetchall()]


def _in_member(word: str, parameter: str) -> str:
    name = has_word("s.search", parameter)
    if not any(letter.isdigit() for letter in word):
        return name
    return f"({name} OR {has_word('lower(s.employee_number)', parameter)})"


def _statement(words: Sequence[str]) -> str:
    given = {f"%(word_{number})s": word for number, word in enumerate(words)}
    in_member = " AND ".join(_in_member(word, parameter) for parameter, word in given.items())
    return f"""
        WITH known AS MATERIALIZED (
            SELECT e.id, e.external_id, e.first_name, e.last_name, e.work_email, e.employee_number,
                   e.work_location, e.department, e.status, e.absent_since, e.search
            FROM {records_with("%(connection)s", list(given))} s JOIN connections_employee e ON e.id = s.id
            ORDER BY s.search, s.id LIMIT %(most)s
        ), last AS (
            -- behind the last one shown, nobody else can be shown
            SELECT CASE WHEN count(*) = %(most)s THEN max(search) END AS search FROM known
        ), others AS (
            SELECT m.* FROM (
                SELECT s.id, s.search FROM directory_member s
                WHERE s.entity_id = %(entity)s AND s.state = ANY(%(states)s)
                  AND s.search <= coalesce((SELECT search FROM last), chr(1114111)) AND {in_member}
                ORDER BY s.search, s.id OFFSET 0
            ) s JOIN directory_member m ON m.id = s.id
              -- not NOT EXISTS: where statistics are missing, that becomes a join of everybody with everybody
            WHERE (SELECT e.id FROM directory_link l JOIN connections_employee e
                     ON e.connection_id = l.connection_id AND e.external_id = l.employee_id
                   WHERE l.member_id = s.id AND l.connection_id = %(connection)s LIMIT 1) IS NULL
            ORDER BY s.search, s.id LIMIT %(most)s
        )
        SELECT row_id, member_id, first_name, last_name, email, number, work_location, department, state, managed,
               status, listed
        FROM (
            SELECT e.id AS row_id, m.id AS member_id, coalesce(e.first_name, '') AS first_name,
                   coalesce(e.last_name, '') AS last_name, coalesce(e.work_email, '') AS email,
                   coalesce(e.employee_number, e.external_id) AS number,
                   coalesce(e.work_location, '') AS work_location, coalesce(e.department, '') AS department,
                   coalesce(m.state, '') AS state, l.managed, coalesce(e.status, '') AS status,
                   e.absent_since IS NULL AS listed, e.search
            FROM known e
            LEFT JOIN directory_link l
              ON l.entity_id = %(entity)s AND l.connection_id = %(connection)s AND l.employee_id = e.external_id
            LEFT JOIN directory_member m ON m.id = l.member_id
            UNION ALL
            SELECT NULL, m.id, m.first_name, m.last_name, m.email, coalesce(m.employee_number, ''),
                   coalesce(m.work_location, ''), coalesce(m.department, ''), m.state, NULL, '', true, m.search
            FROM others m
        ) found
        ORDER BY search, row_id, member_id LIMIT %(most)s
    """
