"""The lists beside the employees: contract versions, locations, legal entities, teams. Refused ones are named (A7)."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Raw

from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.effective import InForce
from rollcall.connectors.errors import UnexpectedAnswer
from rollcall.connectors.factorial import payloads
from rollcall.connectors.factorial.mapping import CONTRACT
from rollcall.connectors.factorial.payloads import Head, Listed
from rollcall.connectors.joining import Refused, Row, part, read_whole
from rollcall.connectors.paging import Part, by_cursor
from rollcall.http_client import Answer

FORBIDDEN: Final = 403

CONTRACTS: Final = "/contracts/contract_versions"
PLACES: Final = "/locations/locations"
ENTITIES: Final = "/companies/legal_entities"
TEAMS: Final = "/teams/teams"

# list -> fields of Employee that come from it
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    CONTRACTS: tuple(CONTRACT),
    PLACES: ("work_location",),
    ENTITIES: ("legal_entity",),
    TEAMS: ("team",),
}

Ask = Callable[[str, int | None, str | None], Answer]
"""Sends one request for a list: path, how many rows (None for as many as possible), the cursor."""


class Lists:
    """What is joined to employees during one read: one small row an employee and list."""

    def __init__(self, dialogue: Dialogue, ask: Ask, leave_out: Collection[str], day: date) -> None:
        self._dialogue, self._ask = dialogue, ask
        self._asked = [path for path, fields in FIELDS.items() if not set(fields) <= set(leave_out)]
        # fields of Employee that will not come
        self.missing: set[str] = set()
        self._contracts = InForce(day)
        self._contract_keys: set[str] = set()
        # list -> id -> name; of an employee's teams by theirs
        self._names: dict[str, dict[str, Any]] = {PLACES: {}, ENTITIES: {}}
        self._teams: dict[str, tuple[str, ...]] = {}

    def load(self) -> None:
        """Read them all. Raises ``SourceError``."""
        takers: Mapping[str, Callable[[str, Row], None]] = {
            CONTRACTS: self._take_contract,
            PLACES: lambda number, row: self._take_name(PLACES, number, row.get("name")),
            # which of the two names it has is assumed
            ENTITIES: lambda number, row: self._take_name(
                ENTITIES, number, row.get("legal_name") or row.get("name")
            ),
            TEAMS: self._take_team,
        }
        for path in self._asked:
            if not self._read(path, takers[path]):
                self.missing |= set(FIELDS[path])
        self._contracts.settle()
        if CONTRACTS in self._asked:
            self.missing |= {name for name, key in CONTRACT.items() if key not in self._contract_keys}

    def composed(self, raw: Raw, head: Head) -> bytes:
        """Return the employee with what is joined: equal bytes are an equal employee."""
        contract = self._contracts.of(str(head.id)) or {}
        names: dict[str, Any] = {}
        for field, path, number in (
            ("work_location", PLACES, head.location_id),
            ("legal_entity", ENTITIES, head.legal_entity_id),
        ):
            if (name := self._names[path].get(str(number))) is not None:
                names[field] = name
        if TEAMS in self._asked and "team" not in self.missing:
            names["team"] = ", ".join(sorted({*self._teams.get(str(head.id), ())})) or None
        joined = {
            "contract": {key: contract.get(key) for key in sorted(self._contract_keys)},
            "names": names,
        }
        # ours is never empty, so its brace is followed by a member
        return b'{"employee":' + bytes(raw) + b"," + msgspec.json.encode(joined)[1:]

    def tried(self) -> set[str]:
        """Return the fields of lists that are refused, asking for one row of each."""
        found: set[str] = set()
        for path in self._asked:
            answer = self._ask(path, 1, None)
            if answer.status == FORBIDDEN:
                found.update(FIELDS[path])
            else:
                decode(self._dialogue, answer, payloads.listed)
        return found

    def _read(self, path: str, take: Callable[[str, Row], None]) -> bool:
        def fetch(cursor: str | None) -> Part:
            answer = self._ask(path, None, cursor)
            if answer.status == FORBIDDEN:
                raise Refused
            found = decode(self._dialogue, answer, payloads.listed)
            after = next_cursor(self._dialogue, found)
            return part(self._dialogue, found.data, take, total=found.meta.total, cursor=after)

        return read_whole(self._dialogue, lambda: by_cursor(fetch))

    def _take_contract(self, number: str, row: Row) -> None:
        kept = {key: row[key] for key in CONTRACT.values() if key in row}
        self._contract_keys.update(kept)
        self._contracts.note(str(row.get("employee_id")), row.get("effective_on"), number.zfill(20), kept)

    def _take_name(self, path: str, number: str, name: Any) -> None:
        self._names[path][number] = name

    def _take_team(self, number: str, row: Row) -> None:
        members, name = row.get("employee_ids"), row.get("name")
        if isinstance(members, list) and isinstance(name, str):
            # most are in one team: the same tuple for all of them
            alone = (name,)
            for member in map(str, members):
                self._teams[member] = self._teams[member] + alone if member in self._teams else alone


def next_cursor(dialogue: Dialogue, found: Listed) -> str | None:
    """Return where to go on; None on the last page. Raises ``UnexpectedAnswer`` for more without a way there."""
    if not found.meta.has_next_page:
        return None
    if found.meta.end_cursor is None:
        raise dialogue.failure(UnexpectedAnswer, "more pages and no cursor")
    return str(found.meta.end_cursor)


def head_of(raw: Raw) -> Head:
    """Return what an employee is joined by; nothing where that cannot be read: the mapping says what is wrong."""
    try:
        return payloads.head.decode(raw)
    except msgspec.DecodeError:
        return Head()
