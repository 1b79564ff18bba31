"""Line managers of many members, by the HR tool's ids; each function with a fixed number of statements."""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection as database

from rollcall.accounts.staging import array, texts
from rollcall.directory.writes import Source, Write
from rollcall.engine.change import Kind


def set_managers(pairs: Iterable[tuple[int, str | None]], *, entity_id: int, connection_id: int) -> int:
    """Point members at the member of their manager's employee id (``None``: nobody); return rows changed.

    A manager without a living member in the entity leaves the member as they are.
    """
    wanted = list(pairs)
    bosses = _living({boss for _, boss in wanted if boss is not None}, entity_id, connection_id)
    known = [(member, bosses.get(boss or "")) for member, boss in wanted if boss is None or boss in bosses]
    if not known:
        return 0
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE directory_member m SET manager_id = w.boss"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS w(member, boss)"
            " WHERE m.id = w.member AND m.entity_id = %s"
            " AND m.id IS DISTINCT FROM w.boss AND m.manager_id IS DISTINCT FROM w.boss",
            [array(member for member, _ in known), array(boss for _, boss in known), entity_id],
        )
        return int(cursor.rowcount)


def _living(employees: Collection[str], entity_id: int, connection_id: int) -> dict[str, int]:
    """Return the living members of the entity who are tied to these employees, by employee id."""
    if not employees:
        return {}
    with database.cursor() as cursor:
        cursor.execute(
            # one by one (OFFSET 0): without statistics PostgreSQL would look at all links for each chunk
            "SELECT x.id, m.id FROM unnest(%s::text[]) AS x(id) CROSS JOIN LATERAL ("
            " SELECT member_id FROM directory_link"
            " WHERE entity_id = %s AND connection_id = %s AND employee_id = x.id OFFSET 0) l"
            " CROSS JOIN LATERAL (SELECT id FROM directory_member"
            " WHERE id = l.member_id AND entity_id = %s AND state <> 'archived' OFFSET 0) m",
            [texts(employees), entity_id, connection_id, entity_id],
        )
        return dict(cursor.fetchall())


def take_managers(writes: Sequence[Write], entity_id: int, source: Source) -> None:
    """Give new members their line managers where these are members already, or become so in this very batch."""
    led = [one for one in writes if one.kind is Kind.CREATE and one.manager not in (None, one.employee_id)]
    here = {one.employee_id: one.member_id for one in writes if one.kind is Kind.CREATE}
    asked = {str(one.manager) for one in led} - here.keys()
    leaving = {one.member_id for one in writes if one.kind is Kind.ARCHIVE}
    there = here | _living(asked, entity_id, source.connection_id)
    for one in led:
        if (boss := there.get(one.manager)) not in leaving:
            one.after["manager_id"] = boss
