"""Disasters in HR data, played against a copy of the mirror: whom each strikes, and what the tool would say of them.

A drill is a read like any other, only that its people come from the mirror and are changed by SQL on the way. Run it
only in a transaction that is taken back, with copies in the place of the tables (``sync/drill/copying.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from django.db import connection as database
from msgspec import Struct, field

from rollcall.accounts import secrets
from rollcall.connections.fetch import merge_made_up
from rollcall.connections.merging import MANY
from rollcall.connections.models import Connection
from rollcall.connections.reading import Fetched
from rollcall.connections.rows import VALUE_COLUMNS, bank_seen
from rollcall.connectors.base import Connector
from rollcall.engine.snapshot import DELIVERABLE, BankAccount

DAY: Final = 25
"""Hours between two reads of which the second is surely of the next day."""

_ONE_IBAN: Final = BankAccount(iban="FR1420041010050500013M02606")
"""The example of the IBAN registry: nobody has it."""


class Disaster(Struct, frozen=True, kw_only=True):
    """What goes wrong in the HR tool, as SQL over a person ``p`` of the mirror.

    ``p.n`` counts the managed members of the entity (``p.reached``) and everybody else, each from 1 up to ``p.total``.
    """

    name: str
    hit: str = "true"
    # whom it strikes is not on the list any more
    gone: bool = False
    # column of the mirror -> what it becomes
    values: Mapping[str, str] = field(default_factory=dict)
    # hours from now at which the tool is read
    hours: tuple[int, ...] = (0,)
    # all people have one account; or each keeps theirs under another id
    one_account: bool = False
    new_ids: bool = False
    # members are put back to where they were a month ago, and the tool is as it is
    rewinds: bool = False


_PLACE: Final = (
    "p.work_location = (SELECT q.work_location FROM people q WHERE q.reached AND q.work_location <> ''"
    " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"
)
_YESTERDAY: Final = "%(today)s::date - 1"

DISASTERS: Final = (
    Disaster(name="empty_list", gone=True),
    Disaster(name="half_list", hit="p.n %% 2 = 1", gone=True),
    Disaster(name="half_list_two_days", hit="p.n %% 2 = 1", gone=True, hours=(0, 1, 1 + DAY)),
    Disaster(name="one_office_missing", hit=_PLACE, gone=True),
    Disaster(
        name="many_leavers",
        hit="p.reached AND p.n <= ceil(p.total * 0.3)",
        values={"status": "'inactive'", "end_date": _YESTERDAY, "last_working_day": _YESTERDAY},
    ),
    Disaster(
        name="other_domain",
        hit="p.email_key IS NOT NULL",
        values={
            "work_email": "split_part(p.work_email, '@', 1) || '@other-domain.example'",
            "email_key": "split_part(p.email_key, '@', 1) || '@other-domain.example'",
        },
    ),
    Disaster(
        name="ibans_gone",
        hit="p.bank_mask IS NOT NULL",
        values={"bank_sealed": "NULL", "bank_digest": "NULL", "bank_mask": "NULL"},
    ),
    Disaster(
        name="one_iban",
        hit=f"(p.delivered & {1 << DELIVERABLE.index('bank_account')}) <> 0",
        one_account=True,
    ),
    Disaster(
        name="names_emptied", values={"first_name": "NULL", "last_name": "NULL", "preferred_name": "NULL"}
    ),
    Disaster(name="new_ids", values={"manager_id": "'new-' || p.manager_id"}, new_ids=True),
    Disaster(
        name="managers_gone",
        hit="p.manager_id IS NOT NULL",
        values={"manager_id": "NULL", "manager_email": "NULL"},
    ),
    Disaster(name="a_month_at_once", rewinds=True),
)
"""All that can be played, in the order in which people read them."""

NAMES: Final = tuple(one.name for one in DISASTERS)

_PEOPLE: Final = """
    SELECT e.*, w.employee_id IS NOT NULL AS reached,
           row_number() OVER (PARTITION BY w.employee_id IS NOT NULL ORDER BY e.external_id COLLATE "C") AS n,
           count(*) OVER (PARTITION BY w.employee_id IS NOT NULL) AS total
    FROM connections_employee e LEFT JOIN was w ON w.employee_id = e.external_id
    WHERE e.connection_id = %(connection)s AND e.absent_since IS NULL
"""


def strike(connection: Connection, disaster: Disaster) -> None:
    """Note in the temporary table ``struck`` whom the disaster strikes; ``was`` has the managed members."""
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE struck (employee_id text PRIMARY KEY) ON COMMIT DROP")
        if disaster.rewinds:
            return
        cursor.execute(
            f"INSERT INTO struck WITH people AS ({_PEOPLE}) SELECT p.external_id FROM people p WHERE {disaster.hit}",
            {"connection": connection.pk},
        )
        cursor.execute("ANALYZE struck")


def read(connection: Connection, disaster: Disaster, *, now: datetime, usual: float | None) -> Fetched:
    """Let a read find what the disaster has left, and bring the mirror in step, as after any read.

    Raises ``SourceError`` as ``fetch`` does. Call it after ``strike``, as often as the tool is read.
    """
    return merge_made_up(
        connection,
        cast("Connector", _Unplugged()),
        fill=lambda: _stage(connection, disaster, now),
        now=now,
        usual=usual,
    )


class _Unplugged:
    """A connector that nothing is asked of."""

    mapping_version = 0

    def unreadable(self) -> Sequence[str]:
        return ()


def _stage(connection: Connection, disaster: Disaster, now: datetime) -> int:
    """Fill the stage of a read; return how many people it has."""
    changes = {} if disaster.gone else dict(disaster.values)
    asked = [name for name in changes if name in DELIVERABLE]
    bits = sum(1 << DELIVERABLE.index(name) for name in asked)
    differs = bool(changes) or disaster.one_account or disaster.new_ids
    columns = {name: f"p.{name}" for name in ("external_id", "record_digest", "digest", *VALUE_COLUMNS)}
    if differs:
        changes |= {"delivered": f"p.delivered | {bits}", "digest": f"md5(p.digest || '{disaster.name}')"}
    if disaster.new_ids:
        changes["external_id"] = "'new-' || p.external_id"
    for name, value in changes.items():
        columns[name] = f"CASE WHEN s.employee_id IS NULL THEN p.{name} ELSE {value} END"
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO stage (page, {', '.join(columns)}) SELECT 1, {', '.join(columns.values())}"
            " FROM connections_employee p LEFT JOIN struck s ON s.employee_id = p.external_id"
            " WHERE p.connection_id = %(connection)s AND p.absent_since IS NULL"
            " AND NOT (%(gone)s AND s.employee_id IS NOT NULL)",
            {"connection": connection.pk, "gone": disaster.gone, "today": now.date()},
        )
        count = int(cursor.rowcount)
    if disaster.one_account or disaster.new_ids:
        _seal_accounts(connection, disaster)
    return count


def _seal_accounts(connection: Connection, disaster: Disaster) -> None:
    """Seal the accounts of the stage for the rows they will stand in: a seal is bound to its row."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT st.external_id, st.bank_sealed FROM stage st WHERE EXISTS ("
            " SELECT FROM struck s WHERE st.external_id IN (s.employee_id, 'new-' || s.employee_id))"
            " AND (%s OR st.bank_sealed IS NOT NULL)",
            [disaster.one_account],
        )
        rows = cursor.fetchall()
        for start in range(0, len(rows), MANY):
            few = list(_sealed(connection, disaster, rows[start : start + MANY]))
            cursor.execute(
                "UPDATE stage st SET bank_sealed = x.sealed FROM unnest(%s::text[], %s::bytea[]) AS x(id, sealed)"
                " WHERE st.external_id = x.id",
                [[one[0] for one in few], [one[1] for one in few]],
            )
        if disaster.one_account:
            seen = bank_seen(_ONE_IBAN, company_id=connection.company_id)
            cursor.execute(
                "UPDATE stage st SET bank_digest = %s, bank_mask = %s FROM struck s"
                " WHERE s.employee_id = st.external_id",
                [seen.digest if seen else None, seen.mask if seen else None],
            )


def _sealed(connection: Connection, disaster: Disaster, rows: Sequence[Any]) -> Iterator[tuple[str, bytes]]:
    place: Any = {
        "company_id": connection.company_id,
        "table": "connections_employee",
        "field": "bank_sealed",
    }
    one = msgspec.json.encode(_ONE_IBAN)
    for employee_id, sealed in rows:
        before = str(employee_id).removeprefix("new-")
        plain = (
            one
            if disaster.one_account
            else secrets.unseal(bytes(sealed), row=f"{connection.pk}:{before}", **place)
        )
        yield employee_id, secrets.seal(plain, row=f"{connection.pk}:{employee_id}", **place)
