"""How many members an HR tool manages in an entity, and where: what limits are measured against."""

from collections.abc import Sequence
from typing import Final

from django.db import connection as database
from django.db.models import Count, QuerySet

from rollcall.connections.models import Employee
from rollcall.connections.queries import listed
from rollcall.directory.models import Link, Member
from rollcall.engine.limits import Headcount
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.roster import State


def headcount(
    entity_id: int | None, connection_id: int, groups: Sequence[str], *, fields: bool = True
) -> Headcount:
    """Return the present numbers of an entity, or with ``None`` of all that use the connection.

    ``groups`` are the member's fields to count by. Without ``fields`` nobody counts in how many each field is filled,
    which takes longer than the rest.
    """
    managed = _managed(entity_id, connection_id)
    names = {name: Count(name) for name in PLAIN_FIELDS} | {"manager": Count("manager_id")}
    filled = managed.aggregate(**names) if fields else {}
    return Headcount(
        managed=managed.count(),
        employees=listed(connection_id),
        groups={
            name: dict(managed.exclude(**{name: None}).values_list(name).annotate(Count("pk")).order_by())
            for name in groups
        },
        filled={name: int(count) for name, count in filled.items()},
    )


# Triggers keep how many links are managed (``numbers``); archived members, who have some, are looked up by an index.
_KEPT: Final = """
    WITH here AS MATERIALIZED (
        SELECT id FROM accounts_entity WHERE company_id = %(company)s AND (id = %(entity)s) IS NOT FALSE
    )
    SELECT coalesce(sum(c.managed_links), 0) - (
               SELECT count(*) FROM directory_link l JOIN directory_member m ON m.id = l.member_id
               WHERE m.entity_id IN (SELECT id FROM here) AND m.state = 'archived' AND l.managed
           ),
           EXISTS (SELECT FROM here JOIN directory_link l
                   ON l.entity_id = here.id AND l.connection_id < %(connection)s)
        OR EXISTS (SELECT FROM here JOIN directory_link l
                   ON l.entity_id = here.id AND l.connection_id > %(connection)s)
    FROM directory_count c WHERE c.entity_id IN (SELECT id FROM here)
"""


def managed_kept(company_id: int, entity_id: int | None, connection_id: int) -> int:
    """Return ``headcount(...).managed`` from kept numbers, for pages: limits are held against people who are counted.

    ``None`` for the entity: all of the company. One statement; a second one counts where links to another connection
    are left, whose numbers are kept together with these.
    """
    with database.cursor() as cursor:
        cursor.execute(_KEPT, {"company": company_id, "entity": entity_id, "connection": connection_id})
        kept, others = cursor.fetchone()
    return _managed(entity_id, connection_id).count() if others else int(kept)


def missing(entity_id: int, connection_id: int) -> int:
    """Return how many managed members of the entity the last list of the HR tool did not have."""
    absent = Employee.objects.filter(connection_id=connection_id).exclude(absent_since=None)
    there = Link.objects.filter(
        entity_id=entity_id,
        connection_id=connection_id,
        managed=True,
        employee_id__in=absent.values("external_id"),
    )
    return there.exclude(member__state=State.ARCHIVED).count()


def _managed(entity_id: int | None, connection_id: int) -> QuerySet[Member]:
    found = Member.objects.filter(link__connection_id=connection_id, link__managed=True)
    here = found if entity_id is None else found.filter(entity_id=entity_id)
    return here.exclude(state=State.ARCHIVED)
