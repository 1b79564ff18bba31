"""Tokens that change by themselves: one renewal at a time for a connection, stored for good before it is used.

A refresh token often works once. If two workers used the same one, or if a worker were killed between using the new
token and storing it, the tool would end the whole authorisation. So renewals queue at an advisory lock, which dies with
its process, and the answer is committed before anybody gets it. What remains is a kill between the tool's answer and
the commit, a few milliseconds; a person then has to authorise again.
"""

from collections.abc import Callable, Mapping
from typing import Final

from django.db import connection as database

from rollcall.accounts import access
from rollcall.connections.models import Connection
from rollcall.connections.side import own_connection
from rollcall.connectors.oauth import ACCESS_TOKEN

LOCK_SPACE: Final = 0x546F6B65
"""First half of the advisory lock's key; the second is the connection's id."""


class StoredGrant:
    """See ``connectors.base.Grant``: the tokens of one stored connection."""

    def __init__(self, company_id: int, connection_id: int) -> None:
        """Keep the ids; the tokens are read when they are needed."""
        self.company_id, self.connection_id = company_id, connection_id

    def renewed(
        self, access_token: str, renew: Callable[[Mapping[str, str]], Mapping[str, str]]
    ) -> Mapping[str, str]:
        """Return credentials with another access token. Must not be called inside a transaction."""
        if database.in_atomic_block:
            message = "a renewed token would be stored only at the end of the caller's transaction"
            raise RuntimeError(message)
        with own_connection() as own:
            own.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, self.connection_id])
            try:
                stored = self._stored()
                if stored.get(ACCESS_TOKEN) != access_token:
                    return stored
                fresh = dict(renew(stored))
                self._store(fresh)
                return fresh
            finally:
                own.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, self.connection_id])

    def _stored(self) -> dict[str, str]:
        with access.acting_for(self.company_id):
            return Connection.objects.get(pk=self.connection_id).get_credentials()

    def _store(self, fresh: dict[str, str]) -> None:
        with access.acting_for(self.company_id):
            row = Connection.objects.select_for_update().get(pk=self.connection_id)
            row.set_credentials(fresh)
            row.save(update_fields=["credentials"])
