"""Reads Workday: Get_Workers, with the accounts of the payment elections.

A full read of N people in pages of 999 takes N/999 requests for people, as many for accounts, one for the server's
time, one for each day on which somebody starts, and at most one a page for managers named by number alone.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Final

from rollcall.connectors.base import (
    EVERYTHING,
    NOTHING_AROUND,
    Access,
    Around,
    Connector,
    Delta,
    Page,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import MissingPermission, SourceError, WrongAddress, WrongCredentials
from rollcall.connectors.workday import mapping
from rollcall.connectors.workday.address import endpoint, place, without_tenant
from rollcall.connectors.workday.declaration import WORKDAY, WORKERS
from rollcall.connectors.workday.faults import REMEDIES
from rollcall.connectors.workday.service import Service, wait_for
from rollcall.connectors.workday.workers import OVERLAP, PROBE, Workers
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient, Limits, retry_after

MEBIBYTE: Final = 1024 * 1024

MOMENTS: Final = 60.0
"""Seconds of a full read that are not worth telling."""

# what a status without a fault means; the first is assumed for a tenant that does not exist
_STATUSES: Final[Mapping[int, type[SourceError]]] = {
    404: WrongAddress,
    401: WrongCredentials,
    403: MissingPermission,
}
# at the first question a page instead of a fault is that as well (assumed)
_FIRST_STATUSES: Final[Mapping[int, type[SourceError]]] = {**_STATUSES, 500: WrongAddress}


class Workday(Connector):
    """One customer's Workday. Credentials: ``rest_endpoint``, ``username`` and ``password``.

    ``prepared`` adds ``host`` and ``tenant``.
    """

    tool: ClassVar[Tool] = WORKDAY
    # 999 workers of 60 kB in one answer, for which Workday takes minutes; 100,000 of 10 kB twice in a run, should
    # the read have to be done again, with everybody's payment elections
    http_limits: ClassVar[Limits] = Limits(
        read=300.0, whole=300.0, response_bytes=64 * MEBIBYTE, run_bytes=3072 * MEBIBYTE
    )

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Keep the parts; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._read: Workers | None = None

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return host and tenant beside tidied credentials; the endpoint may have any form of Workday's."""
        pasted, username = credentials["rest_endpoint"], credentials["username"]
        where = place(pasted, username)
        if where is None:
            raise Dialogue(tool=WORKDAY.name, address=pasted).failure(
                WrongAddress, "no address of Workday's services", remedy=REMEDIES[WrongAddress]
            )
        return {
            **credentials,
            "rest_endpoint": endpoint(where),
            "username": without_tenant(username, where.tenant),
            "host": where.host,
            "tenant": where.tenant,
        }

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the tenant: nothing is published, and one question at a time is what a tenant takes (assumed)."""
        return f"{credentials['host']}/{credentials['tenant']}"

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return what an answer asks to wait; for ever after a fault: a wrong password is not sent twice."""
        return wait_for(answer, retry_after(answer))

    def test(self) -> Access:
        """Look at a few workers and one payment election. Two requests."""
        _, workers = self._began(_FIRST_STATUSES)
        began = time.monotonic()
        people = workers.probe()
        seconds = (time.monotonic() - began) / max(1, min(people, PROBE)) * people
        workers.probe_accounts()
        missing = workers.unreadable
        return Access(
            company=self.credentials["tenant"],
            # the same wherever the tenant moves, and another for a sandbox
            identity=self.credentials["tenant"],
            unreadable={
                name: each.permission for each in WORKDAY.data for name in each.fields if name in missing
            },
            people=people,
            seconds=seconds if seconds > MOMENTS else None,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody, terminated workers and future hires included, all as known at one moment."""
        service, self._read = self._began(_STATUSES)
        yield from self._read.everybody(service.clock())

    def changes(self, since: datetime) -> Delta:
        """Return changed people. Renamed organisations and places do not show here, nor do deletions (documented)."""
        service, self._read = self._began(_STATUSES)
        clock = service.clock()
        return Delta(
            records=self._read.changed(since, clock),
            deleted=(),
            next_since=clock.at - OVERLAP,
        )

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what nobody showed, and bank details where payment elections are refused."""
        return self._read.unreadable if self._read else frozenset()

    def _began(self, statuses: Mapping[int, type[SourceError]]) -> tuple[Service, Workers]:
        dialogue = Dialogue(
            tool=WORKDAY.name,
            permission=WORKERS,
            address=self.credentials["rest_endpoint"],
            statuses=statuses,
        )
        service = Service(dialogue, self.http, self.credentials)
        return service, Workers(dialogue, service, self.wanted)
