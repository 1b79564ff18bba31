"""How many members an HR tool manages in an entity, and where: what limits are measured against."""

from collections.abc import Sequence

from django.db.models import Count

from rollcall.connections.models import Employee
from rollcall.directory.models import Member
from rollcall.engine.limits import Headcount
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.roster import State


def headcount(entity_id: int, connection_id: int, groups: Sequence[str]) -> Headcount:
    """Return the present numbers; ``groups`` are the member's fields to count by."""
    managed = Member.objects.filter(
        entity_id=entity_id, link__connection_id=connection_id, link__managed=True
    ).exclude(state=State.ARCHIVED)
    filled = managed.aggregate(**{name: Count(name) for name in PLAIN_FIELDS}, manager=Count("manager_id"))
    return Headcount(
        managed=managed.count(),
        employees=Employee.objects.filter(connection_id=connection_id, absent_since=None).count(),
        groups={
            name: dict(managed.exclude(**{name: None}).values_list(name).annotate(Count("pk")).order_by())
            for name in groups
        },
        filled={name: int(count) for name, count in filled.items()},
    )
