"""Lines of a plan on their way through an apply: which come next, and the mark of what became of them.

By statements of our own: making models of a hundred thousand lines takes longer than applying them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.db import connection as database

from rollcall.accounts.staging import array
from rollcall.connections.merging import expect_many
from rollcall.directory.lines import Applied, Numbered
from rollcall.engine.change import ACTING, Change, FieldChange, Kind, Why
from rollcall.sync.models import Line, LineState, Plan

CHUNK: Final = 2_000
"""So many lines are one transaction: statements and commits cost little then, and it still ends within seconds."""
SPAN: Final = 4 * CHUNK
"""Among so many numbers the next lines are looked for: without statistics PostgreSQL would sort all that are left."""
ADDRESSES: Final = 20_000
"""Lines that change an e-mail go first and together, so that people who swap addresses never collide (I6)."""

_WANTED: Final = "FROM sync_line WHERE plan_id = %s AND state = 'wanted' AND kind = ANY(%s)"
_SELECT: Final = f"""
    SELECT number, kind, employee_id, why, name, email, member_id, fields, params, employee_digest {_WANTED}
"""
_KINDS: Final = [str(kind) for kind in ACTING]
# calling an enumeration takes ten times as long
_KIND_OF: Final = {one.value: one for one in Kind}
_WHY_OF: Final = {one.value: one for one in Why}
_fields: Final = msgspec.json.Decoder(dict[str, FieldChange])
_params: Final = msgspec.json.Decoder(dict[str, str])


def next_lines(plan: Plan, after: int) -> list[Numbered]:
    """Return the next ``CHUNK`` lines to apply; those up to number ``after`` are done and not walked over again."""
    found = _lines_within(plan, after)
    if found:
        return found
    with database.cursor() as cursor:
        cursor.execute(f"SELECT min(number) {_WANTED} AND number > %s", [plan.pk, _KINDS, after])
        first: int | None = cursor.fetchone()[0]
    return [] if first is None else _lines_within(plan, first - 1)


def _lines_within(plan: Plan, after: int) -> list[Numbered]:
    sql = f"{_SELECT} AND number > %s AND number <= %s ORDER BY number LIMIT {CHUNK}"
    return _lines(sql, [plan.pk, _KINDS, after, after + SPAN])


def swapping_lines(plan: Plan) -> list[Numbered]:
    """Return the lines that give somebody another address, and those that archive who has it, as an undo does."""
    kinds = [kind for kind in _KINDS if kind != Kind.CREATE]
    sql = f"""
        {_SELECT} AND (fields ? 'email' OR kind = 'archive' AND lower(email) IN (
            SELECT lower(x.fields #>> '{{email,after}}') FROM sync_line x
            WHERE x.plan_id = %s AND x.kind = ANY(%s) AND x.fields ? 'email'))
        ORDER BY number LIMIT {ADDRESSES}
    """
    return _lines(sql, [plan.pk, kinds, plan.pk, kinds])


def leading_lines(plan: Plan) -> list[int]:
    """Return the numbers of those who get a member by this plan and are line managers of others who do.

    First they, then the others: nearly everybody's manager is there by then, and is written with the rest.
    """
    with database.cursor() as cursor:
        expect_many(cursor)
        cursor.execute(
            """
            SELECT number FROM sync_line
            WHERE plan_id = %(plan)s AND state = 'wanted' AND kind = 'create' AND employee_id IN (
                SELECT fields #>> '{manager,ref}' FROM sync_line
                WHERE plan_id = %(plan)s AND kind = 'create' AND fields ? 'manager')
            ORDER BY number
            """,
            {"plan": plan.pk},
        )
        return [row[0] for row in cursor.fetchall()]


def these_lines(plan: Plan, numbers: Sequence[int]) -> list[Numbered]:
    """Return those of these lines that are still to apply."""
    return _lines(f"{_SELECT} AND number = ANY(%s::int[]) ORDER BY number", [plan.pk, _KINDS, array(numbers)])


def _lines(sql: str, params: Sequence[Any]) -> list[Numbered]:
    with database.cursor() as cursor:
        cursor.execute(sql, params)
        return [
            Numbered(
                number=number,
                change=Change(
                    kind=_KIND_OF[kind],
                    why=_WHY_OF[why],
                    fields=_fields.decode(fields),
                    params=_params.decode(said),
                    employee_id=employee_id,
                    name=name,
                    email=email,
                    member_id=member_id,
                ),
                employee_digest=digest,
            )
            for number, kind, employee_id, why, name, email, member_id, fields, said, digest in cursor.fetchall()
        ]


def mark(plan: Plan, applied: Applied) -> None:
    """Note which lines are done, with their members, and which no longer fitted."""
    done = applied.done
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_line l SET state = 'done', member_id = x.member, managers_set = x.led"
            " FROM unnest(%s::int[], %s::bigint[], %s::bool[]) AS x(number, member, led)"
            # said twice: without statistics PostgreSQL would read the whole plan to find a chunk of it
            " WHERE l.plan_id = %s AND l.number = ANY(%s::int[]) AND l.number = x.number",
            [
                array(done),
                array(applied.done.values()),
                array(one in applied.led for one in done),
                plan.pk,
                array(done),
            ],
        )
    if applied.stale:
        Line.objects.filter(plan=plan, number__in=list(applied.stale)).update(state=LineState.STALE)


def unled_lines(plan: Plan, after: int) -> list[tuple[int, str, int | None, str | None]]:
    """Return number, kind, member and manager's employee id of the next done lines whose manager is not set yet."""
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT number, kind, member_id, fields #>> '{{manager,ref}}' FROM sync_line
            WHERE plan_id = %s AND state = 'done' AND fields ? 'manager' AND NOT managers_set AND number > %s
            ORDER BY number LIMIT {CHUNK}
            """,
            [plan.pk, after],
        )
        return list(cursor.fetchall())


def mark_led(plan: Plan, created: Sequence[int], before: Mapping[int, int | None]) -> None:
    """Mark these lines' line managers as set, and keep who was there ``before``: taking a run back needs it.

    Nobody was there before for people who were ``created``.
    """
    with database.cursor() as cursor:
        if created:
            cursor.execute(
                "UPDATE sync_line SET managers_set = true WHERE plan_id = %s AND number = ANY(%s::int[])",
                [plan.pk, array(created)],
            )
        if before:
            cursor.execute(
                "UPDATE sync_line l SET managers_set = true,"
                " fields = jsonb_set(l.fields, '{manager,was}', coalesce(to_jsonb(x.was), 'null'))"
                " FROM unnest(%s::int[], %s::bigint[]) AS x(number, was)"
                " WHERE l.plan_id = %s AND l.number = ANY(%s::int[]) AND l.number = x.number",
                [array(before), array(before.values()), plan.pk, array(before)],
            )
