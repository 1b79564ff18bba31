"""An applied plan taken back: as a plan of its own, to look at and confirm like any other (product decision 15)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection as database

from rollcall.directory import undoing
from rollcall.engine.change import ACTING, Change, Kind
from rollcall.engine.plan import PlanDigest
from rollcall.engine.undo import Done, take_back
from rollcall.sync.models import Line, LineState, Plan, PlanState
from rollcall.sync.plans.remarks import Remarks

CHUNK: Final = 2_000

_PEOPLE: Final = ("managed", "employees", "in_scope")


def undone_by(made: Plan) -> Plan | None:
    """Return the plan that takes, or took, this one back, once it was confirmed."""
    begun = (PlanState.APPLYING, PlanState.APPLIED)
    return Plan.objects.filter(undoes=made, state__in=begun).order_by("-pk").first()


def make_undo(original: Plan, *, made_by: str, now: datetime) -> Plan:
    """Store, in the caller's transaction, the plan that takes back what ``original`` did and still stands."""
    settings = original.subscription.get_settings()
    digest, remarks, kinds = PlanDigest(settings), Remarks(), Counter[Kind]()
    made = Plan.objects.create(
        company_id=original.company_id,
        entity_id=original.entity_id,
        subscription_id=original.subscription_id,
        undoes=original,
        state=PlanState.PREVIEW,
        settings=msgspec.to_builtins(settings),
        made_at=now,
        made_by=made_by,
    )
    number = 0
    for changes in _chunks(original):
        rows = []
        for change in changes:
            number += 1
            digest.add(change)
            remarks.add(change)
            kinds[change.kind] += 1
            rows.append(_row(number, change))
        _store(made, rows)
    made.digest = digest.hex()
    made.counts = {
        **{str(kind): kinds[kind] for kind in Kind},
        "acting": sum(kinds[kind] for kind in ACTING),
        **{name: original.counts[name] for name in _PEOPLE if name in original.counts},
        **remarks.counts(),
    }
    made.save(update_fields=["digest", "counts"])
    return made


def _chunks(original: Plan) -> Iterator[list[Change]]:
    done = Line.objects.filter(plan=original, state=LineState.DONE, kind__in=ACTING).order_by("number")
    after = 0
    while rows := list(done.filter(number__gt=after)[:CHUNK]):
        after = rows[-1].number
        people = undoing.present(
            original.entity_id,
            original.subscription.connection_id,
            [one.member_id for one in rows if one.member_id is not None],
        )
        yield [
            change
            for one in rows
            for change in take_back(_done(one), people.get(one.member_id) if one.member_id else None)
        ]


def _done(line: Line) -> Done:
    manager = line.fields.get("manager", {})
    return Done(change=line.as_change(), manager_before=manager.get("was"), manager_known="was" in manager)


def _row(number: int, change: Change) -> dict[str, Any]:
    state = LineState.WANTED if change.kind in ACTING else LineState.SHOWN
    return {"number": number, "state": state, **msgspec.to_builtins(change)}


def _store(made: Plan, rows: Sequence[dict[str, Any]]) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sync_line (company_id, plan_id, number, kind, employee_id, member_id, name, email, why, params,
                                   fields, employee_digest, state, managers_set)
            SELECT %s, %s, x.number, x.kind, x.employee_id, x.member_id, coalesce(x.name, ''), coalesce(x.email, ''),
                   x.why, coalesce(x.params, '{}'), coalesce(x.fields, '{}'), '', x.state, false
            FROM jsonb_to_recordset(%s::jsonb) AS x(number int, kind text, employee_id text, member_id bigint,
                name text, email text, why text, params jsonb, fields jsonb, state text)
            """,
            [made.company_id, made.pk, msgspec.json.encode(rows).decode()],
        )
