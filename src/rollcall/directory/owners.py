"""The last owner of an entity: whoever takes an owner away holds this first, so that two can't go at once."""

from collections.abc import Collection

from rollcall.accounts.models import Entity


def hold(entity_ids: Collection[int]) -> None:
    """Make every other transaction that takes owners of these entities away wait until this one ends.

    Call it before any member's row is locked: everybody then waits in the same order. It keeps nobody from adding
    members (foreign keys lock an entity more weakly).
    """
    list(
        Entity.objects.select_for_update(no_key=True)
        .filter(pk__in=entity_ids)
        .order_by("pk")
        .values_list("pk")
    )
