"""Who has an address: the members behind a conflict, by name."""

from collections.abc import Collection

from msgspec import Struct

from rollcall.directory.models import Link, Member
from rollcall.engine.roster import State


class Holder(Struct, frozen=True, kw_only=True):
    """A living member with an address; ``employee_id`` of the employee they are tied to, if there is one."""

    member_id: int
    email_key: str
    name: str
    employee_id: str | None


def holders(entity_id: int, connection_id: int, keys: Collection[str]) -> list[Holder]:
    """Return the living members of the entity who have one of these folded addresses; two statements."""
    found = Member.objects.filter(entity_id=entity_id, email_key__in=keys).exclude(state=State.ARCHIVED)
    rows = list(found.order_by("pk").values_list("pk", "email_key", "first_name", "last_name"))
    ties = Link.objects.filter(member_id__in=[row[0] for row in rows], connection_id=connection_id)
    tied = dict(ties.values_list("member_id", "employee_id"))
    return [
        Holder(member_id=pk, email_key=key, name=f"{first} {last}".strip(), employee_id=tied.get(pk))
        for pk, key, first, last in rows
    ]
