"""The lists beside the people: job roles, locations, companies, bank accounts. Refused ones are named (A7)."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Raw

from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.effective import InForce
from rollcall.connectors.humaans import payloads
from rollcall.connectors.humaans.mapping import ACCOUNT, ROLE
from rollcall.connectors.humaans.payloads import Head
from rollcall.connectors.joining import Refused, Row, part, read_whole
from rollcall.connectors.paging import Part, by_offset
from rollcall.http_client import Answer

LIMIT: Final = 250
"""The most that one answer has (documented)."""

FORBIDDEN: Final = 403

ROLES: Final = "/api/job-roles"
PLACES: Final = "/api/locations"
COMPANIES: Final = "/api/companies"
ACCOUNTS: Final = "/api/bank-accounts"

# list -> fields of Employee that come from it alone
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    ROLES: tuple(ROLE),
    PLACES: ("work_location",),
    COMPANIES: ("legal_entity",),
    ACCOUNTS: ("bank_account",),
}

Ask = Callable[[str, int, int], Answer]
"""Sends one request for a list: path, how many rows, how many to skip."""


class Lists:
    """What is joined to people during one read: one small row a person and list."""

    def __init__(self, dialogue: Dialogue, ask: Ask, leave_out: Collection[str], day: date) -> None:
        self._dialogue, self._ask, self._leave_out = dialogue, ask, leave_out
        # fields of Employee that will not come
        self.missing: set[str] = set()
        self._roles, self._accounts = InForce(day), InForce(day)
        self._role_keys: set[str] = set()
        self._accounts_came = False
        self._names: dict[str, dict[str, Row]] = {PLACES: {}, COMPANIES: {}}

    def load(self) -> None:
        """Read them all. Raises ``SourceError``."""
        self._read(ROLES, self._take_role)
        self._roles.settle()
        self._read(PLACES, lambda number, row: self._take_name(PLACES, number, row))
        self._read(COMPANIES, lambda number, row: self._take_name(COMPANIES, number, row))
        self._read(ACCOUNTS, self._take_account)
        self._accounts.settle()
        if ROLES not in self._unasked():
            self.missing |= {name for name, key in ROLE.items() if key not in self._role_keys}
        if ACCOUNTS not in self._unasked() and not self._accounts_came:
            # a token that may not see them may get rows without numbers, or no rows: nobody can tell (assumed)
            self.missing |= {"bank_account"}

    def composed(self, raw: Raw) -> bytes:
        """Return the person with what is joined: equal bytes are an equal person."""
        try:
            head = payloads.head.decode(raw)
        except msgspec.DecodeError:
            # the mapping says what is wrong
            head = Head()
        role = self._roles.of(str(head.id)) or {}
        joined: dict[str, Any] = {
            "role": {key: role.get(key) for key in sorted(self._role_keys)},
            "place": self._names[PLACES].get(head.location_id or "", {}),
            "company": self._names[COMPANIES].get(head.company_id or "", {}),
        }
        if self._accounts_came:
            joined["account"] = self._accounts.of(str(head.id))
        # ours is never empty, so its brace is followed by a member
        return b'{"person":' + bytes(raw) + b"," + msgspec.json.encode(joined)[1:]

    def tried(self) -> set[str]:
        """Return the fields of lists that are refused, asking for one row of each."""
        found: set[str] = set()
        for path in FIELDS.keys() - self._unasked():
            answer = self._ask(path, 1, 0)
            if answer.status == FORBIDDEN:
                found.update(FIELDS[path])
            else:
                decode(self._dialogue, answer, payloads.listed)
        return found

    def _unasked(self) -> set[str]:
        """Return the lists of which the admin wants nothing."""
        return {path for path, fields in FIELDS.items() if set(fields) <= set(self._leave_out)}

    def _read(self, path: str, take: Callable[[str, Row], None]) -> None:
        if path in self._unasked():
            return

        def fetch(skip: int) -> Part:
            answer = self._ask(path, LIMIT, skip)
            if answer.status == FORBIDDEN:
                raise Refused
            found = decode(self._dialogue, answer, payloads.listed)
            return part(self._dialogue, found.data, take, total=found.total)

        if not read_whole(self._dialogue, lambda: by_offset(fetch, LIMIT)):
            self.missing |= set(FIELDS[path])

    def _take_role(self, number: str, row: Row) -> None:
        # one public client shows a name in place of the title
        told = {"jobTitle": row["name"], **row} if "name" in row else row
        kept = {key: told[key] for key in ROLE.values() if key in told}
        self._role_keys.update(kept)
        self._roles.note(str(row.get("personId")), row.get("effectiveDate"), number, kept)

    def _take_account(self, number: str, row: Row) -> None:
        """Keep one account a person: the one made last (assumed)."""
        kept = {key: row[key] for key in ACCOUNT.values() if key in row}
        # a holder's name alone is no account
        self._accounts_came |= bool(kept.get(ACCOUNT["account_number"]))
        self._accounts.note(str(row.get("personId")), None, f"{row.get('createdAt')} {number}", kept)

    def _take_name(self, path: str, number: str, row: Row) -> None:
        keys = ("label", "name", "countryCode", "country")
        self._names[path][number] = {key: row[key] for key in keys if key in row}
