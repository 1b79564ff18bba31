"""The one query: who could differ, with everything the decision needs. On a quiet hour it finds nobody.

It is ``engine.match.join`` as set-based SQL; a property test holds the two together. It joins the mirror, links and
members in one statement, as the one exception to "only the directory reads its tables": a view of the directory
would have to know the mirror, and a person-by-person answer would not scale.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from django.db import connection as database
from msgspec import Struct, structs

from rollcall.connections.belonging import brings_managers, brought_among, brought_in
from rollcall.connections.gone import Gone
from rollcall.connections.merging import FEW, expect_many, expect_nothing
from rollcall.connections.queries import WORKS_HERE
from rollcall.connections.rows import VALUE_COLUMNS, employee_of
from rollcall.directory.erasing import gone_from_entity
from rollcall.engine import scope as scopes
from rollcall.engine.absence import Absence
from rollcall.engine.match import Candidate, email_key, is_new_address
from rollcall.engine.roster import Bank, Link
from rollcall.engine.status import first_day
from rollcall.sync.plans import matching
from rollcall.sync.plans.candidate_rows import MEMBER, manager_of, member_of
from rollcall.sync.plans.holders import gives_way, is_taken
from rollcall.sync.plans.matching import COMES_OR_WORKS, Alike
from rollcall.sync.plans.question import Question, brought, named

CHUNK: Final = 2_000

_EMPLOYEE: Final = ("external_id", *(name for name in VALUE_COLUMNS if name != "bank_sealed"))


class Found(Struct, frozen=True, gc=False):
    """A candidate, the digest of the employee they were made from, and their link's row id if they have one."""

    candidate: Candidate
    digest: str
    link_id: int | None


def prepare(question: Question) -> None:
    """Compute who is brought in as somebody's manager, as far as it is asked; a temporary table of this transaction."""
    settings, connection_id = question.settings, question.subscription.connection_id
    whose = (connection_id, settings.scope, settings.exceptions)
    managers, params = brought_among(*whose, question.only) if question.only else brought_in(*whose)
    with database.cursor() as cursor:
        if question.among is not None:
            expect_nothing(cursor)
        elif not question.only and (question.everybody or question.subscription.connection.employees > FEW):
            # Also on a quiet hour: the statement then answers with nobody, but joins everybody to find that out.
            expect_many(cursor)
        # Compiling a statement of this size takes PostgreSQL longer than running it for most companies.
        cursor.execute("SET LOCAL jit = off")
        if brings_managers(settings.scope):
            cursor.execute("DROP TABLE IF EXISTS brought")
            cursor.execute("CREATE TEMPORARY TABLE brought (id text PRIMARY KEY)")
            cursor.execute(f"INSERT INTO brought {managers}", params)
            cursor.execute("ANALYZE brought")


def find(question: Question, *, leads: bool) -> Iterator[Found]:
    """Yield candidates in order of employee id, in the present transaction, after ``prepare``.

    ``leads``: only people on whose stay others depend: those whom somebody reports to, and owners.
    """
    sql, params = _statement(question, leads=leads)
    named = scopes.by_employee(question.settings.exceptions)
    used = question.subscription
    alike, gone = Alike(used.entity_id), gone_from_entity(used.company_id, used.entity_id)
    with database.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            found = [_found(row, question, named, alike) for row in rows]
            yield from _seen([_erased(one, used.connection_id, gone) for one in found], alike)


def _seen(found: Sequence[Found], alike: Alike) -> Iterator[Found]:
    """Yield these people, each with the address that their new one is easily mistaken for."""
    keys = {
        one.candidate.employee.id: key
        for one in found
        if (key := email_key(one.candidate.employee))
        and is_new_address(key, one.candidate.member or one.candidate.same_email)
    }
    looks = alike.find(keys.values())
    for one in found:
        other = looks.get(keys.get(one.candidate.employee.id, ""))
        yield (
            structs.replace(one, candidate=structs.replace(one.candidate, looks_like=other)) if other else one
        )


def renumbered(question: Question) -> bool:
    """Tell whether HR gave new numbers to many of the members that the connection manages."""
    used = question.subscription
    return matching.renumbered(used.entity_id, used.connection_id, first_day(question.now))


def _erased(found: Found, connection_id: int, gone: Gone) -> Found:
    """Mark somebody who was erased from the entity, known by number or by address; a member's own link comes first."""
    person = found.candidate
    if not gone:
        return found
    if person.link is not None or not (
        gone.has_employee(connection_id, person.employee.id) or gone.has_email(email_key(person.employee))
    ):
        return found
    return Found(structs.replace(person, erased=True), found.digest, found.link_id)


def expect_everybody(question: Question) -> None:
    """Let what follows in this transaction be planned for everybody again, if few were asked about."""
    if question.among is not None and question.subscription.connection.employees > FEW:
        with database.cursor() as cursor:
            expect_many(cursor)


def in_scope(question: Question) -> int:
    """Return how many people who work here, or are about to, are in scope."""
    settings = question.settings
    condition, params = scopes.condition(settings.scope, "e", settings.exceptions)
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM connections_employee e WHERE e.connection_id = %s AND {WORKS_HERE}"
            f" AND (({condition}) OR {brought(settings, 'e')})",
            [question.subscription.connection_id, *params],
        )
        return int(cursor.fetchone()[0])


def _statement(question: Question, *, leads: bool) -> tuple[str, dict[str, Any]]:
    settings = question.settings
    mine, mine_params = named(settings, "e")
    boss, boss_params = named(settings, "b")
    params: dict[str, Any] = {
        "connection": question.subscription.connection_id,
        "entity": question.subscription.entity_id,
        # Somewhere on earth it may still be, or already be, these days; what exactly holds for a person is for the
        # engine to say. PostgreSQL is never asked about a time zone that the HR tool made up (V4).
        "first_day": first_day(question.now),
        "last_day": (question.now.astimezone(UTC) + timedelta(hours=14)).date(),
        "version": question.subscription.version,
        "everybody": question.everybody,
        "named": bool(question.only),
        "only": list(question.only),
        "among": list(question.among or ()),
        "managers": scopes.sends_managers(question.settings.scope),
        **mine_params,
        **boss_params,
    }
    columns = ", ".join(
        [
            *(f"e.{name}" for name in _EMPLOYEE),
            *(f"m.{name}" for name in MEMBER),
            *(f"s.{name}" for name in MEMBER),
        ]
    )
    same = ", ".join(MEMBER)
    few = question.among is not None or bool(question.only)
    leading = """(EXISTS (SELECT FROM connections_employee r
                          WHERE r.connection_id = %(connection)s AND r.manager_id = e.external_id)
                  OR 'owner' = m.role OR 'owner' = s.role)"""
    sql = f"""
        SELECT {columns},
               e.digest, e.absent_since, e.absent_runs, e.absent_proven_at IS NOT NULL, e.unread_since IS NOT NULL,
               e.manager_in_loop,
               l.id, l.managed,
               {brought(settings, "e")},
               (SELECT count(*) FROM connections_employee t
                WHERE t.connection_id = %(connection)s AND t.email_key = e.email_key
                  AND t.external_id <> e.external_id AND {COMES_OR_WORKS}),
               EXISTS (SELECT FROM directory_member h WHERE h.entity_id = %(entity)s
                       AND h.email_key IN (e.email_key, m.email_key) AND h.id <> m.id AND h.state <> 'archived'),
               m.email_key,
               b.external_id, b.first_name, b.last_name, bm.id,
               ({boss}) OR {brought(settings, "b")},
               btrim(coalesce(mb.first_name, '') || ' ' || coalesce(mb.last_name, '')),
               (SELECT count(*) FROM directory_member ow
                WHERE ow.entity_id = %(entity)s AND ow.role = 'owner' AND ow.state = 'active'
                  AND ow.suspended_at IS NULL),
               {leading if question.among is not None else "false"},
               {matching.COLUMNS}
        FROM connections_employee e
        {_link("l", "e.external_id", one_by_one=few)}
        LEFT JOIN directory_member m ON m.id = l.member_id
        LEFT JOIN directory_member mb ON mb.id = m.manager_id
        LEFT JOIN LATERAL (
            SELECT {same} FROM directory_member o
            WHERE l.id IS NULL AND o.entity_id = %(entity)s AND o.email_key = e.email_key
            ORDER BY o.state = 'archived', o.id DESC LIMIT 1
        ) s ON true
        LEFT JOIN directory_link ol ON ol.member_id = s.id AND ol.connection_id = %(connection)s
        LEFT JOIN connections_employee oe
          ON oe.connection_id = %(connection)s AND oe.external_id = ol.employee_id
        LEFT JOIN connections_employee b ON b.connection_id = %(connection)s AND b.external_id = e.manager_id
        {_link("bl", "b.external_id", one_by_one=few)}
        LEFT JOIN directory_member bm ON bm.id = bl.member_id AND bm.state <> 'archived'
        WHERE e.connection_id = %(connection)s
          {"" if question.among is None else "AND e.external_id = ANY(%(among)s)"}
          AND {leading if leads else "true"}
          AND CASE
            WHEN %(named)s THEN e.external_id = ANY(%(only)s)
            WHEN e.absent_since IS NOT NULL THEN l.managed AND m.state <> 'archived'
            WHEN l.id IS NULL THEN (({mine}) OR {brought(settings, "e")})
              AND (e.status IS DISTINCT FROM 'inactive' OR s.id IS NOT NULL
                   OR coalesce(e.last_working_day, e.end_date) >= %(first_day)s
                   OR (coalesce(e.last_working_day, e.end_date) IS NULL AND e.start_date > %(first_day)s))
            ELSE %(everybody)s
              OR l.applied_digest <> e.digest OR l.applied_version <> %(version)s
              OR (({mine}) OR {brought(settings, "e")}) <> l.managed
              OR (m.state = 'archived' AND e.status IS DISTINCT FROM 'inactive')
              OR (m.state <> 'archived' AND (
                    e.status IN ('inactive', 'unknown')
                    OR coalesce(e.last_working_day, e.end_date) < %(last_day)s
                    OR (%(managers)s AND (
                        m.manager_id IS DISTINCT FROM CASE WHEN bm.id <> m.id AND NOT e.manager_in_loop THEN bm.id END
                        -- a line manager who may go in this very plan
                        OR (m.manager_id IS NOT NULL AND (b.status = 'inactive' OR b.absent_proven_at IS NOT NULL
                            OR coalesce(b.last_working_day, b.end_date) < %(last_day)s))))))
            END
        ORDER BY e.external_id COLLATE "C"
    """
    return sql, params


def _link(alias: str, employee: str, *, one_by_one: bool) -> str:
    """Return the join of somebody's link in the entity.

    ``one_by_one``: each looked up by number. Right after a first sync PostgreSQL has no statistics, and would read all
    links again for every person.
    """
    if not one_by_one:
        return (
            f"LEFT JOIN directory_link {alias} ON {alias}.entity_id = %(entity)s"
            f" AND {alias}.connection_id = %(connection)s AND {alias}.employee_id = {employee}"
        )
    return (
        "LEFT JOIN LATERAL (SELECT * FROM directory_link x WHERE x.entity_id = %(entity)s"
        f" AND x.connection_id = %(connection)s AND x.employee_id = {employee} OFFSET 0) {alias} ON true"
    )


_AT_MEMBER: Final = len(_EMPLOYEE)
_AT_SAME: Final = _AT_MEMBER + len(MEMBER)
_AT_REST: Final = _AT_SAME + len(MEMBER)


def _found(
    row: tuple[Any, ...], question: Question, named: Mapping[str, scopes.Named], alike: Alike
) -> Found:
    values = dict(zip(_EMPLOYEE, row[:_AT_MEMBER], strict=True))
    (
        digest,
        since,
        missed,
        proven,
        unread,
        loop,
        link_id,
        managed,
        as_manager,
        twins,
        held,
        own,
        *boss,
        before,
        owners,
        leads,
    ) = row[_AT_REST : -matching.COUNT]
    employee = employee_of(values)
    member = member_of(row[_AT_MEMBER:_AT_SAME], owners)
    outside = scopes.outside(question.settings.scope, named, employee)
    link = Link(member_id=member.id, employee_id=employee.id, managed=managed) if link_id and member else None
    same, tie = member_of(row[_AT_SAME:_AT_REST], owners), matching.values(row[-matching.COUNT :])
    if not link_id and gives_way(question, same, tie, values["email_key"], alike):
        same, tie = None, {**tie, **matching.UNTIED}
    candidate = Candidate(
        employee=employee,
        bank=Bank(values["bank_digest"], values["bank_mask"]) if values["bank_digest"] else None,
        outside=outside,
        added=scopes.added_by(question.settings.scope, named, employee),
        as_manager=outside is not None and as_manager,
        link=link,
        member=member,
        same_email=same,
        twins=twins,
        email_taken=bool(member and held) and is_taken(question, member, own, values["email_key"], alike),
        manager=manager_of(values, boss, loop=loop),
        manager_before=before if member and member.manager_id else "",
        vanished=since is not None,
        absence=Absence(since=since, runs=missed, proven=proven) if since else None,
        unread=unread,
        leads=bool(leads),
        **tie,
    )
    return Found(candidate, digest, link_id)
