"""Everybody, or who changed, with what other answers say about them; a page at a time.

Memory holds one answer, whoever is hired for later, and the accounts of those who have one: 300 bytes a person.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from rollcall.connectors.base import Page, Wanted
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import MissingPermission, UnexpectedAnswer
from rollcall.connectors.paging import Part, by_offset, complete
from rollcall.connectors.workday.cutting import parsed
from rollcall.connectors.workday.elections import accounts, has_number
from rollcall.connectors.workday.envelope import (
    REFERENCE_ONLY,
    criteria,
    references,
    request,
    response_filter,
    response_group,
)
from rollcall.connectors.workday.joining import Fields, Seen, looked_at, page, record
from rollcall.connectors.workday.mapping import keys, own_ids
from rollcall.connectors.workday.service import ELECTIONS, SIZES, WORKERS, Clock, Listed, Operation, Service

OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: what is typed in shows up a moment after its time (assumed)."""

EFFECTIVE_OVERLAP: Final = timedelta(days=1)
"""The day on which something becomes true begins at another moment in every zone."""

STARTING: Final = 300
"""People hired for later that make a page: whole workers are held until it is full."""

PROBE: Final = 50
"""Workers that are looked at to see which fields come."""

Ask = Callable[[int, int], str]
"""From the number and size of a page to the request."""

Accounts = Mapping[str, bytes]
"""Key of a person (see ``mapping.keys``) -> account as JSON, ``null`` for none: everybody's is kept."""


class Workers:
    """One read of one tenant."""

    def __init__(self, dialogue: Dialogue, service: Service, wanted: Wanted) -> None:
        self._dialogue, self._service, self._wanted = dialogue, service, wanted
        self.fields = Fields(wanted)
        self._group = response_group(wanted.leave_out)
        self._refused = False
        # key of a manager -> WID
        self._managers: dict[str, str] = {}

    @property
    def unreadable(self) -> frozenset[str]:
        """Fields that were asked for and did not come."""
        return self.fields.missing | (frozenset({"bank_account"}) if self._refused else frozenset())

    def everybody(self, clock: Clock) -> Iterator[Page]:
        """Yield all workers as of the server's day, then those hired for later as of their first day.

        Before that day their data is sparse (documented).
        """
        known = self._accounts(clock)
        upcoming: dict[str, Seen] = {}

        def part(listed: Listed) -> Part:
            people = self._look(listed.items, clock)
            upcoming.update({each.id: each for each in people if each.id and each.when == "upcoming"})
            now = [each for each in people if each.when != "upcoming" or not each.id]
            records = self._records(now, known, clock)
            return Part(page=page(records), ids=[each.id for each in people], total=listed.total)

        yield from complete(
            self._dialogue, lambda: self._read(WORKERS, self._listing(clock, criteria()), part)
        )
        for starting in self._on_first_days(upcoming, clock):
            yield page(self._records(starting, known, clock))

    def changed(self, since: datetime, clock: Clock) -> list[bytes]:
        """Return whoever's data was typed in, or became true, after ``since``."""
        found: dict[str, Seen] = {}

        def part(listed: Listed) -> Part:
            people = self._look(listed.items, clock)
            found.update({each.id or f"?{len(found)}": each for each in people})
            return Part(page=page(listed.items), ids=[each.id for each in people], total=listed.total)

        for window in (
            ("Updated", since, clock.at),
            ("Effective", since - EFFECTIVE_OVERLAP, clock.at),
        ):
            ask = self._listing(clock, criteria(window))
            for _ in complete(self._dialogue, lambda ask=ask: self._read(WORKERS, ask, part)):  # type: ignore[misc]
                pass
        if not found:
            return []
        if self.fields.hidden:
            self.probe()
        upcoming = {each.id: each for each in found.values() if each.id and each.when == "upcoming"}
        others = [each for number, each in found.items() if number not in upcoming]
        starting = [each for some in self._on_first_days(upcoming, clock) for each in some]
        return self._records([*others, *starting], self._accounts(clock), clock)

    def probe(self) -> int:
        """Look at a few workers to see which fields come; return how many workers there are."""
        body = self._request(criteria(), response_filter(page=1, count=PROBE))
        listed = self._service.small(WORKERS, body)
        looked_at(listed.items, self.fields, "")
        return listed.total

    def probe_accounts(self) -> None:
        """See whether payment elections may be read."""
        if "bank_account" not in self._wanted.leave_out:
            try:
                self._service.small(ELECTIONS, request(ELECTIONS.name, response_filter(page=1, count=1)))
            except MissingPermission:
                self._refused = True

    def _listing(self, clock: Clock, which: str) -> Ask:
        def ask(number: int, count: int) -> str:
            asked = response_filter(page=number, count=count, effective=clock.day, entered=clock.at)
            return self._request(which, asked)

        return ask

    def _request(self, which: str, answer: str) -> str:
        return request(WORKERS.name, which, answer, self._group)

    def _read(self, operation: Operation, ask: Ask, part: Callable[[Listed], Part]) -> Iterator[Part]:
        """Yield pages. Where one is too much the read goes on with smaller ones, and the totals prove it whole."""

        def fetch(offset: int) -> Part:
            listed, _ = self._service.as_many(operation, lambda size: ask(offset // size + 1, size))
            return part(listed)

        return by_offset(fetch, SIZES[0])

    def _by_reference(
        self, kind: str, ids: Sequence[str], clock: Clock, day: str, group: str
    ) -> Iterator[bytes]:
        """Yield workers by their ids as of a day; those Workday does not know are left out."""
        done = 0
        while done < len(ids):

            def ask(size: int, at: int = done) -> str:
                asked = response_filter(page=1, count=size, effective=day, entered=clock.at)
                return request(WORKERS.name, references(kind, ids[at : at + size]), asked, group)

            listed, size = self._service.as_many(WORKERS, ask)
            yield from listed.items
            done += size

    def _on_first_days(self, upcoming: dict[str, Seen], clock: Clock) -> Iterator[list[Seen]]:
        """Yield people hired for later as they will be on their first day, else as they are; taken out as they go."""
        by_day: dict[str, list[str]] = {}
        for number, each in sorted(upcoming.items()):
            by_day.setdefault(each.hired, []).append(number)
        people: list[Seen] = []
        for day, ids in sorted(by_day.items()):
            answer = self._by_reference("WID", ids, clock, day, self._group)
            then = {each.id: each for each in self._look(answer, clock)}
            for number in ids:
                now = upcoming.pop(number)
                # upcoming as seen from today, though active as seen from that day
                people.append(msgspec.structs.replace(then.get(number, now), when="upcoming"))
            if len(people) >= STARTING:
                yield people
                people = []
        if people:
            yield people

    def _look(self, items: Iterable[bytes], clock: Clock) -> list[Seen]:
        people = looked_at(items, self.fields, clock.day)
        if people and not any(each.id for each in people):
            raise self._dialogue.failure(UnexpectedAnswer, "no record has an id")
        return people

    def _records(self, people: Sequence[Seen], known: Accounts | None, clock: Clock) -> list[bytes]:
        self._find_managers(people, clock)
        frame = self.fields.frame()
        return [record(each, frame, self._managers, known) for each in people]

    def _find_managers(self, people: Sequence[Seen], clock: Clock) -> None:
        """Learn the WIDs of managers whom references name by number alone: here, or by asking for them."""
        here = {key: each.id for each in people if each.id for key in each.keys}
        wanted: dict[str, list[str]] = {}
        for kind, number in sorted({each.manager for each in people if each.manager}):
            key = f"{kind} {number}"
            if key in here:
                self._managers[key] = here[key]
            elif key not in self._managers:
                wanted.setdefault(kind, []).append(number)
        for kind, numbers in wanted.items():
            for each in self._by_reference(kind, numbers, clock, clock.day, REFERENCE_ONLY):
                ids = own_ids(parsed(each))
                self._managers.update({key: ids["WID"] for key in keys(ids) if ids.get("WID")})

    def _accounts(self, clock: Clock) -> Accounts | None:
        """Return everybody's account: there is no way to ask for some (documented). None if refused (A7)."""
        if "bank_account" in self._wanted.leave_out:
            return None
        found: dict[str, bytes] = {}
        shown = False

        def ask(number: int, count: int) -> str:
            asked = response_filter(page=number, count=count, effective=clock.day, entered=clock.at)
            return request(ELECTIONS.name, asked)

        def part(listed: Listed) -> Part:
            nonlocal shown
            told = [dict(accounts(parsed(each))) for each in listed.items]
            for each in told:
                found.update((key, msgspec.json.encode(account)) for key, account in each.items())
                shown = shown or any(map(has_number, each.values()))
            ids = [next(iter(each), None) for each in told]
            return Part(page=page(listed.items), ids=ids, total=listed.total)

        try:
            for _ in complete(self._dialogue, lambda: self._read(ELECTIONS, ask, part)):
                pass
        except MissingPermission:
            shown = False
        # Nobody at all, or accounts that all lack a number, is more likely a lost permission than the truth (A5).
        self._refused = not shown
        return found if shown else None
