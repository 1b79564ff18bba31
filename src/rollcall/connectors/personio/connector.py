"""Reads Personio by version 1, or by version 2 where version 1 is refused."""

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
from rollcall.connectors.errors import MissingPermission
from rollcall.connectors.pacing import seconds_for
from rollcall.connectors.personio import mapping, session, webhooks
from rollcall.connectors.personio.declaration import EMPLOYEES, EMPLOYMENTS, PERSONIO
from rollcall.connectors.personio.payloads import Frame
from rollcall.connectors.personio.v1 import Version1
from rollcall.connectors.personio.v2 import Version2
from rollcall.connectors.webhooks import Call, Heard, Registered
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

WORTH_TELLING: Final = 30.0
"""Seconds under which a read is a matter of moments."""

# how a record of version 2 begins, its frame being the first thing in it
_SECOND: Final = b'{"as":{"version":2'


class Personio(Connector):
    """One customer's Personio. Credentials: ``subdomain``, ``client_id``, ``client_secret``.

    A fourth credential, ``api``, that the dialog does not ask for, settles the version: ``v1`` or ``v2``.
    """

    tool: ClassVar[Tool] = PERSONIO

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare both versions; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        dialogue = Dialogue(
            tool=PERSONIO.name,
            permission=EMPLOYEES,
            address=credentials.get("subdomain", ""),
            # a token is renewed once: refused after that, the right is missing (assumed)
            statuses={401: MissingPermission},
        )
        self._first = Version1(dialogue, http, credentials, wanted, _frame(wanted, 1))
        self._second = Version2(dialogue, http, credentials, wanted, _frame(wanted, 2))
        self._chosen: Version1 | Version2 | None = None

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return what Personio asks to wait: version 2 says it in headers of its own."""
        return session.wait_for(answer)

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the client id: a new secret starts no new count (assumed)."""
        return credentials["client_id"]

    def test(self) -> Access:
        """Sign in and ask for one person and for what may be read; version 2 is counted, up to a thousand people.

        Personio does not tell which company it is. For more than a thousand people of version 2 the seconds
        are those of the first thousand: a full read takes longer.
        """
        version = self._version()
        if isinstance(version, Version1):
            readable = version.readable()
            missing = frozenset(name for name, key in version.sought.items() if key not in readable)
            people, seconds = version.people, None
        else:
            counted, all_of_them = version.count()
            missing = version.nameless() - self.wanted.leave_out
            people = counted if all_of_them else None
            # one request a person, and the rest is little beside that; at least so long for a big company
            seconds = seconds_for(EMPLOYMENTS, counted)
        return Access(
            company=self.credentials.get("subdomain"),
            unreadable={
                name: each.permission for each in PERSONIO.data for name in each.fields if name in missing
            },
            people=people,
            seconds=seconds if seconds and seconds > WORTH_TELLING else None,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody, in pages of 200 or 50."""
        yield from self._version().pages()

    def changes(self, since: datetime) -> Delta:
        """Return changed people; Personio tells no deletions."""
        return self._version().changes(since)

    def employee(self, record: bytes) -> Employee:
        """Map one record of either version."""
        return mapping.employee_v2(record) if record.startswith(_SECOND) else mapping.employee_v1(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was sought and did not come."""
        return self._version().unreadable()

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:  # noqa: ARG004 - no time is signed
        """Check a call of Personio. Raises ``NotGenuine``."""
        return webhooks.hear(secret, call)

    def register(self, url: str, secret: str) -> Registered:
        """Order calls to ``url``, which must be https. Version 2 alone has them."""
        return Registered(id=self._second.order(url, secret), secret=secret)

    def unregister(self, registration: str) -> None:
        """Take the order back."""
        self._second.cancel(registration)

    def _version(self) -> Version1 | Version2:
        if self._chosen is None:
            api = self.credentials.get("api")
            use_second = api == "v2" or (api != "v1" and not self._first.usable())
            self._chosen = self._second if use_second else self._first
        return self._chosen


def _frame(wanted: Wanted, version: int) -> Frame:
    bank = "bank_account."
    return Frame(
        version=version,
        fields={name: key for name, key in wanted.mapped.items() if not name.startswith(bank)},
        bank={name.removeprefix(bank): key for name, key in wanted.mapped.items() if name.startswith(bank)},
        custom=wanted.custom,
        leave_out=tuple(sorted(wanted.leave_out)),
    )
