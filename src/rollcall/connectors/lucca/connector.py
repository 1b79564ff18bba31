"""Reads Lucca by its new API where the credentials can, else by the legacy one."""

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
from rollcall.connectors.errors import MissingPermission, WrongCredentials, gettext_noop
from rollcall.connectors.lucca import current, hooks, legacy, mapping, requests
from rollcall.connectors.lucca.address import account_of, host_of
from rollcall.connectors.lucca.current import Current
from rollcall.connectors.lucca.declaration import (
    ACCOUNT_LIMIT,
    ACCOUNTS,
    EMPLOYEES,
    LUCCA,
    RIGHTS,
    SCOPES,
    SEE_EMPLOYEES,
    WEBHOOKS,
)
from rollcall.connectors.lucca.legacy import Legacy
from rollcall.connectors.lucca.payloads import Frame
from rollcall.connectors.lucca.session import Session
from rollcall.connectors.pacing import seconds_for
from rollcall.connectors.webhooks import Call, Heard, Registered
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

KEY_ALONE: Final = gettext_noop("Paste the API key itself, as Lucca shows it among its API keys.")

# how a record of the new API begins, its frame being the first thing in it
_NEW: Final = b'{"as":{"new":true'
_LISTS: Final = 5

MOMENTS: Final = 30.0
"""Seconds that need no announcement."""


class Lucca(Connector):
    """One account. Credentials: ``address``, and ``api_key`` or ``client_id`` with ``client_secret``."""

    tool: ClassVar[Tool] = LUCCA

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare both APIs as far as there are credentials; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        words = Dialogue(tool=LUCCA.name, permission=EMPLOYEES, address=credentials.get("address", ""))
        old_words = Dialogue(tool=LUCCA.name, permission=SEE_EMPLOYEES, address=words.address)
        self._session = Session(words, http, around.others.get(ACCOUNTS, http), credentials)
        self._new = Current(self._session, wanted, _frame(wanted, new=True))
        self._old = Legacy(old_words, http, credentials.get("api_key", ""), wanted, _frame(wanted, new=False))
        self._has_key = "api_key" in credentials
        self._has_client = "client_id" in credentials and "client_secret" in credentials
        self._chosen: Current | Legacy | None = None

    @staticmethod
    def wait_for(answer: Answer) -> float | None:
        """Return what Lucca asks to wait."""
        return requests.wait_for(answer)

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Turn the address into a host of Lucca's, and take the key alone out of a pasted header."""
        given = {**credentials, "address": host_of(credentials.get("address", ""))}
        if "api_key" in given:
            key = given["api_key"].rpartition("application=")[2].strip().strip("\"'")
            if not key or not key.isascii() or not key.isprintable() or " " in key:
                words = Dialogue(tool=LUCCA.name, address=given["address"])
                raise words.failure(WrongCredentials, "no key by its form", remedy=KEY_ALONE)
            given["api_key"] = key
        return given

    @classmethod
    def limited_by(cls, credentials: Mapping[str, str]) -> str:
        """Return the account: all its keys share one limit (documented)."""
        return credentials["address"]

    def test(self) -> Access:
        """Count people and look at what may be read: two requests, four by the legacy API."""
        with requests.first_contact(self._session.dialogue):
            api = self._api()
            people = api.check()
        if isinstance(api, Current):
            missing, permissions = api.lacking(), SCOPES
            pages = 2 * -(-(people or 0) // current.SIZES[0])
        else:
            missing, permissions = api.unreadable(), RIGHTS
            pages = -(-(people or 0) // legacy.SIZES[0])
            if not people:
                # a role without rights sees an empty list (documented)
                raise self._session.dialogue.failure(
                    MissingPermission, "an empty list", permission=SEE_EMPLOYEES
                )
        return Access(
            company=account_of(self.credentials["address"]),
            identity=self.credentials["address"],
            unreadable={name: permissions[name] for name in sorted(missing - self.wanted.leave_out)},
            people=people,
            seconds=_seconds(pages + _LISTS),
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody, in pages of 100 or 1000; smaller ones where Lucca is too slow for them."""
        yield from self._api().pages()

    def changes(self, since: datetime) -> Delta | None:
        """Return changed people by the legacy API, which tells no deletions.

        The new one can neither filter nor sort by the time of a change (documented).
        """
        api = self._api()
        return None if isinstance(api, Current) else api.changes(since)

    def employee(self, record: bytes) -> Employee:
        """Map one record of either API."""
        return mapping.current(record) if record.startswith(_NEW) else mapping.legacy(record)

    def unreadable(self) -> frozenset[str]:
        """Return what was sought and did not come."""
        return self._api().unreadable()

    @staticmethod
    def hear(secret: str, call: Call, now: datetime) -> Heard:
        """Check a call of Lucca."""
        return hooks.hear(secret, call, now)

    def register(self, url: str, secret: str) -> Registered:
        """Register for everything about people; the legacy API has no webhooks."""
        if not self._has_client:
            raise self._session.dialogue.failure(MissingPermission, "an API key", permission=WEBHOOKS)
        return hooks.register(self._session, url)

    def unregister(self, registration: str) -> None:
        """Take the registration back."""
        hooks.unregister(self._session, registration)

    def _api(self) -> Current | Legacy:
        """Return the API that the credentials are good for: the new one first, which has bank details."""
        if self._chosen is None:
            self._chosen = self._new if self._has_client and self._can_use_new() else self._old
        return self._chosen

    def _can_use_new(self) -> bool:
        if not self._has_key:
            return True
        try:
            self._new.check()
        except (WrongCredentials, MissingPermission):
            return False
        return True


def _seconds(asked: int) -> float | None:
    """Return how long so many requests take, if it is worth a word."""
    seconds = seconds_for(ACCOUNT_LIMIT, asked)
    return seconds if seconds > MOMENTS else None


def _frame(wanted: Wanted, *, new: bool) -> Frame:
    bank = "bank_account."
    return Frame(
        new=new,
        fields={name: key for name, key in wanted.mapped.items() if not name.startswith(bank)},
        bank={name.removeprefix(bank): key for name, key in wanted.mapped.items() if name.startswith(bank)},
        custom=wanted.custom,
        leave_out=tuple(sorted(wanted.leave_out)),
    )
