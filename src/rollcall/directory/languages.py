"""In which language to write to a member: the one they chose, else the one that HR knows of."""

from collections.abc import Collection, Mapping

from rollcall.directory.models import Member


def languages_of(member_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the members' languages, the one to try first in front; empty texts are left out.

    The languages are as they stand there (`fr`, `fr-CA`, `de`). One statement, none for no ids.
    """
    if not member_ids:
        return {}
    rows = Member.objects.filter(pk__in=set(member_ids)).values_list("pk", "user__language", "language")
    return {pk: tuple(one for one in asked if one) for pk, *asked in rows}
