"""Who may have become a candidate since the last look: after a few changes nobody else is asked about.

``candidates.find`` asks of each person whether they differ, and what it asks is their record, their link and its
member, a member with their address, their line manager's record, link and member, whether they are brought in as
somebody's manager, the settings and the day. Whoever was no candidate at the last look is one now only if one of
these has been written since, and whatever writes them leaves a mark that says who it was about (``models.Doubt``).
Whoever was a candidate is asked about again, so that what is decided about them may depend on anybody.

In doubt the answer is "anybody": marks without names or too many, one that came late, new settings, another day,
another version of Rollcall, a run before that did not succeed, too many who wait.
"""

from datetime import datetime
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct

from rollcall.connections.belonging import brings_managers
from rollcall.connections.models import Subscription
from rollcall.engine.settings import Settings
from rollcall.sync.models import Run, RunState
from rollcall.sync.plans.level import Level, stored_as

MOST: Final = 25_000
"""Beyond so many people all are asked about at once."""

FEW: Final = 1_000
"""So many people are looked up one by one, also where they are a large part of all; otherwise one in ten."""

MOST_WAITING: Final = 20_000
"""So many candidates of a look are kept for the next."""


class Near(Struct, frozen=True, kw_only=True):
    """Whom to ask about, going on from an earlier look."""

    employees: tuple[str, ...]
    # those of them who are named by marks, or tied to somebody who is
    touched: tuple[str, ...]
    level: Level


class _Named(Struct, frozen=True):
    """What the marks since a look name."""

    employees: tuple[str, ...]
    managers: tuple[str, ...]
    members: tuple[int, ...]


def near(subscription: Subscription, settings: Settings, run: Run | None, now: datetime) -> Near | None:
    """Return whom a look has to ask about, ``None`` for anybody; at most four statements.

    In the transaction of the look, and after ``level.marks_of``: what is written in between is then asked about twice
    instead of never.
    """
    level = _last_look(subscription, run)
    if level is None or level.waiting is None or not level.is_of(now):
        return None
    named = _named_since(subscription, level)
    if named is None:
        return None
    tied = _tied(subscription, named)
    if tied is None:
        return None
    above: set[str] | None = set()
    if named.employees and brings_managers(settings.scope):
        above = _above(subscription.connection_id, named)
    people = subscription.connection.employees
    if above is None or len(asked := tied | above | {*level.waiting}) > min(MOST, max(FEW, people // 10)):
        return None
    return Near(employees=tuple(sorted(asked)), touched=tuple(sorted(tied)), level=level)


def _last_look(subscription: Subscription, run: Run | None) -> Level | None:
    """Return what the run before found, if it succeeded."""
    if run is None:
        return None
    before = Run.objects.filter(connection_id=subscription.connection_id, pk__lt=run.pk).order_by("-pk")
    last = before.values_list("state", "levels").first()
    if last is None or last[0] != RunState.SUCCEEDED:
        return None
    return stored_as(last[1].get(str(subscription.pk)))


def _named_since(subscription: Subscription, level: Level) -> _Named | None:
    """Return whom the marks name that are newer than the look.

    Marks are told apart by their numbers: if those up to the newest of then are the same ones still, all others are
    new. One that took its number before and came after it is a doubt.
    """
    newest = int(level.marks.rpartition(":")[2])
    with database.cursor() as cursor:
        cursor.execute(
            """
            WITH mine AS MATERIALIZED (
                SELECT d.id, d.employees, d.managers, d.members FROM sync_doubt d
                WHERE d.entity_id = %(entity)s OR d.connection_id = %(connection)s
            ), new AS MATERIALIZED (SELECT * FROM mine WHERE id > %(newest)s)
            SELECT (SELECT count(*) || ':' || coalesce(sum(id), 0) || ':' || coalesce(max(id), 0)
                    FROM mine WHERE id <= %(newest)s),
                   EXISTS (SELECT FROM new WHERE employees IS NULL),
                   ARRAY(SELECT DISTINCT unnest(employees) FROM new LIMIT %(most)s),
                   ARRAY(SELECT DISTINCT unnest(managers) FROM new LIMIT %(most)s),
                   ARRAY(SELECT DISTINCT unnest(members) FROM new LIMIT %(most)s)
            """,
            {
                "entity": subscription.entity_id,
                "connection": subscription.connection_id,
                "newest": newest,
                "most": MOST + 1,
            },
        )
        before, anybody, *whom = cursor.fetchone()
    if before != level.marks or anybody or any(len(one) > MOST for one in whom):
        return None
    return _Named(*(tuple(one) for one in whom))


def _tied(subscription: Subscription, named: _Named) -> set[str] | None:
    """Return the named employees, those of named members, by link and by address, and all who report to them."""
    return _few(
        """
        WITH lead AS MATERIALIZED (
            SELECT unnest(%(employees)s::text[]) AS id
            UNION
            SELECT l.employee_id FROM directory_link l
            WHERE l.member_id = ANY(%(members)s::bigint[]) AND l.connection_id = %(connection)s
        )
        SELECT id FROM lead
        UNION
        SELECT e.external_id FROM directory_member m
        JOIN connections_employee e ON e.connection_id = %(connection)s AND e.email_key = m.email_key
        WHERE m.id = ANY(%(members)s::bigint[])
        UNION
        SELECT e.external_id FROM connections_employee e
        WHERE e.connection_id = %(connection)s AND e.manager_id = ANY (ARRAY(SELECT id FROM lead))
        """,
        {
            "employees": list(named.employees),
            "members": list(named.members),
            "connection": subscription.connection_id,
        },
    )


def _above(connection_id: int, named: _Named) -> set[str] | None:
    """Return everybody above the named employees, and above those whom they had as managers before.

    Whoever is brought in since is above somebody who was written since. Whoever is not brought in any more was above
    them, through the managers they had then; from there upwards nothing has been written, or it is named itself.
    """
    return _few(
        """
        WITH RECURSIVE up AS (
            SELECT x AS id FROM unnest(%(start)s::text[]) x
            UNION
            SELECT e.manager_id FROM up
            JOIN connections_employee e ON e.connection_id = %(connection)s AND e.external_id = up.id
            WHERE e.manager_id IS NOT NULL
        )
        SELECT id FROM up
        """,
        {"start": [*named.employees, *named.managers], "connection": connection_id},
    )


def _few(sql: str, params: dict[str, Any]) -> set[str] | None:
    """Return the ids that a query finds, ``None`` for too many."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({sql}) found(id) LIMIT {MOST + 1}", params)
        found = {row[0] for row in cursor.fetchall()}
    return None if len(found) > MOST else found
