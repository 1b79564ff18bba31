"""How many members an HR tool manages in an entity, and where: what limits are measured against."""

from collections.abc import Sequence

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
