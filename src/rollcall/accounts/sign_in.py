"""The address somebody signs in with follows their work address (I6).

It must: once a company gives an old address to somebody else, a password reset sent there would open the account.
"""

from collections.abc import Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection
from msgspec import Struct


class Move(Struct, frozen=True, kw_only=True):
    """A person whose work address changed; addresses are folded."""

    user_id: int
    old: str
    new: str


def move_addresses(moves: Sequence[Move]) -> None:
    """Give each person the new address if they signed in with the old one and nobody else has the new one.

    A fixed number of statements in the caller's transaction; people who swap addresses are parked in between,
    because two users never have one address, not even inside a transaction.
    """
    if not moves:
        return
    people: list[Any] = [
        [one.user_id for one in moves],
        [one.old for one in moves],
        [one.new for one in moves],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_user u SET email = 'moving-' || u.id || '@rollcall.invalid'"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS x(id, old, new)"
            " WHERE u.id = x.id AND u.email = x.old RETURNING u.id",
            people,
        )
        parked = [row[0] for row in cursor.fetchall()]
        if not parked:
            return
        cursor.execute(
            "UPDATE accounts_user u SET email = CASE"
            "   WHEN EXISTS (SELECT FROM accounts_user o WHERE o.email = x.new) THEN x.old ELSE x.new END"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS x(id, old, new)"
            " WHERE u.id = x.id AND u.id = ANY(%s)",
            [*people, parked],
        )
    # The sign-in library's own copies; it makes them anew from the user at the next sign-in.
    EmailAddress.objects.filter(user_id__in=parked).delete()
