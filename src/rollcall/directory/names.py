"""Names of members for lists of other things, and members by a part of their name."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from rollcall.directory.listing import searched
from rollcall.directory.models import Member


class Named(Struct, frozen=True, kw_only=True):
    """Who a member is, for a link."""

    id: int
    entity_id: int
    name: str
    email: str


def names_of(member_ids: Collection[int]) -> Mapping[int, Named]:
    """Return the members by id, whatever their state. One statement, none for no ids."""
    if not member_ids:
        return {}
    rows = Member.objects.filter(pk__in=set(member_ids))
    return {
        pk: Named(id=pk, entity_id=entity_id, name=f"{first} {last}".strip() or email, email=email)
        for pk, entity_id, first, last, email in rows.values_list(
            "pk", "entity_id", "first_name", "last_name", "email"
        )
    }


def named_like(entity_ids: Collection[int], search: str, *, size: int) -> Sequence[int]:
    """Return up to ``size`` + 1 ids of members of these entities whose name or e-mail has all the words."""
    found = searched(Member.objects.filter(entity__in=entity_ids), search)
    return list(found.order_by("pk").values_list("pk", flat=True)[: size + 1])
