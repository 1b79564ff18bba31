"""Members as they are now, for taking a plan back, and line managers put back as they were."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db import connection as database

from rollcall.directory.models import Link, Member
from rollcall.directory.writes import as_json
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.roster import Role, State
from rollcall.engine.undo import Present

_COLUMNS: Final = (
    "pk",
    "state",
    "role",
    "archived_by_hand",
    "user_id",
    "manager_id",
    "manager__first_name",
    "manager__last_name",
    *PLAIN_FIELDS,
)


def present(entity_id: int, connection_id: int, members: Sequence[int]) -> Mapping[int, Present]:
    """Return these members of the entity as they are, by id; three statements for any number."""
    # Plain rows: making models of them takes longer than all the rest.
    people = list(Member.objects.filter(entity_id=entity_id, pk__in=members).values(*_COLUMNS))
    ties = Link.objects.filter(entity_id=entity_id, connection_id=connection_id)
    managed = set(ties.filter(member_id__in=members, managed=True).values_list("member_id", flat=True))
    bosses = [one["manager_id"] for one in people if one["manager_id"] is not None]
    tied = dict(ties.filter(member_id__in=bosses).values_list("member_id", "employee_id"))
    return {
        one["pk"]: Present(
            state=State(one["state"]),
            role=Role(one["role"]),
            archived_by_hand=one["archived_by_hand"],
            has_account=one["user_id"] is not None,
            values={name: _text(one[name]) for name in PLAIN_FIELDS},
            manager_id=one["manager_id"],
            manager_employee=tied.get(one["manager_id"]),
            manager_name=f"{one['manager__first_name'] or ''} {one['manager__last_name'] or ''}".strip(),
            managed=one["pk"] in managed,
        )
        for one in people
    }


def managers_now(entity_id: int, members: Sequence[int]) -> Mapping[int, int | None]:
    """Return the line manager of each of these members, by member id; ``None`` for nobody."""
    return dict(Member.objects.filter(entity_id=entity_id, pk__in=members).values_list("pk", "manager_id"))


def put_back_managers(pairs: Iterable[tuple[int, int | None]], *, entity_id: int) -> int:
    """Point members at these members again (``None``: nobody); return rows changed.

    A manager who is archived by now, or no member of the entity, leaves the member as they are.
    """
    wanted = [{"member_id": member, "boss": boss} for member, boss in pairs]
    if not wanted:
        return 0
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE directory_member m SET manager_id = w.boss
            FROM jsonb_to_recordset(%s::jsonb) AS w(member_id bigint, boss bigint)
            WHERE m.id = w.member_id AND m.entity_id = %s AND m.id IS DISTINCT FROM w.boss
              AND m.manager_id IS DISTINCT FROM w.boss
              AND (w.boss IS NULL OR EXISTS (SELECT FROM directory_member b
                   WHERE b.id = w.boss AND b.entity_id = m.entity_id AND b.state <> 'archived'))
            """,
            [as_json(wanted), entity_id],
        )
        return int(cursor.rowcount)


def admins_among(entity_id: int, members: Any) -> list[str]:
    """Return the names of the owners and admins among these member ids (a list or a query), in order of name."""
    found = Member.objects.filter(entity_id=entity_id, pk__in=members, role__in=(Role.OWNER, Role.ADMIN))
    pairs = found.order_by("last_name", "first_name").values_list("first_name", "last_name")
    return [f"{first} {last}".strip() for first, last in pairs]


def _text(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else (value or None)
