"""One simulated account of one tool: its people, its clock, what is switched on, and what was asked of it."""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import msgspec

from rollcall.simulators import faults as catalogue
from rollcall.simulators.faults import Fault
from rollcall.simulators.people import Company, Person, company, status

Listener: TypeAlias = Callable[[str, Person, list[str]], None]
_ODD_NAMES = {
    "E2": "A\x00da",
    "controls": "A\x07d\x1ba",
    "rtl": "Ada \u202e\u0645\u0631\u0627\u062f\u200f",
    "emoji": "Ada 🦩👩🏽‍🚀",
    "none": "",
    "E5": '<script>alert("1")</script>',
}


class Seen(msgspec.Struct):
    """One request as the log keeps it: no headers, no body."""

    method: str
    path: str
    query: str
    status: int


class Spell(msgspec.Struct):
    """A removed person: what the feed of changes still tells."""

    id: int
    at: int


class World:
    """State shared by all requests to one simulated tool. Take `lock` around reads and changes."""

    def __init__(self, people: int, seed: int, today: date | None, credentials: dict[str, str]) -> None:
        now = datetime.now(UTC)
        self._base = datetime(today.year, today.month, today.day, 9, tzinfo=UTC) if today else now
        self._started: float | None = time.monotonic()
        self.lock = threading.RLock()
        self.own = company(people, seed, today=self._base.date())
        self._other: Company | None = None
        self._seed = seed
        self.credentials = credentials
        self.rights = "ok"  # ok, revoked, disabled
        self.hidden_fields: set[str] = set()  # by the tool's canonical name, as `bank_fields`
        self.bank_fields: tuple[str, ...] = ()
        self.whitelist: set[str] | None = None
        self.scopes: set[str] | None = None
        self.options: dict[str, object] = {}
        self.raw: dict[int, dict[str, object]] = {}
        self.removed: list[Spell] = []
        self.faults: list[Fault] = []
        self.requests: deque[Seen] = deque(maxlen=200_000)
        self.tokens: dict[str, datetime] = {}
        self.listeners: list[Listener] = []
        self.access_listeners: list[Callable[[str], None]] = []
        self.stopping = threading.Event()
        self._order: list[int] | None = None
        self._reports: Counter[int] | None = None
        self._cache: dict[object, tuple[int, int, bytes]] = {}
        self._cache_day = self.today()
        self._cache_bytes = 0

    # --- clock ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The simulated time, UTC. It ticks like a real clock unless frozen."""
        passed = 0.0 if self._started is None else time.monotonic() - self._started
        return self._base + timedelta(seconds=passed)

    def today(self) -> date:
        """The simulated day in UTC."""
        return self.now().date()

    def set_clock(self, now: datetime | None = None, *, frozen: bool | None = None) -> None:
        """Move the clock to an aware time, freeze it or let it run; people whose day came are told to
        listeners.
        """
        before = self.today()
        frozen = (self._started is None) if frozen is None else frozen
        self._base = now or self.now()
        self._started = None if frozen else time.monotonic()
        self.forget()
        if self.today() > before and (self.listeners or self.options.get("touch_on_effective_day")):
            self._tell_status_changes(before)

    def _tell_status_changes(self, before: date) -> None:
        today = self.today()
        for person in list(self.people.values()):
            if status(person, before) != status(person, today):
                # Whether a tool moves its change stamp on the day itself is not known ("maybe not"): off
                # by default.
                if self.options.get("touch_on_effective_day"):
                    person.updated_at = self.stamp()
                self._tell("effective", person, ["status"])

    def stamp(self) -> int:
        """The simulated time in whole seconds since 1970."""
        return int(self.now().timestamp())

    # --- people -----------------------------------------------------------------------------------

    @property
    def company(self) -> Company:
        """The company that the credentials open: the own one, or another while fault A6 is on."""
        if not self.fault("A6"):
            return self.own
        if self._other is None:
            size = min(len(self.own.people), 200)
            self._other = company(size, self._seed + 1, today=self.own.as_of, other=True)
        return self._other

    @property
    def people(self) -> dict[int, Person]:
        """People of the company in view, by id."""
        return self.company.people

    def order(self) -> list[int]:
        """Ids in rising order: what lists are sorted by. Fault A4 leaves some out."""
        if self._order is None:
            self._order = sorted(self.people)
            narrowed = self.fault("A4")
            if narrowed:
                self._order = self._narrowed(self._order, narrowed.mode)
        return self._order

    def _narrowed(self, ids: list[int], mode: str) -> list[int]:
        if mode == "half":
            return ids[::2]
        largest = Counter(person.office_id for person in self.people.values()).most_common(1)[0][0]
        return [person_id for person_id in ids if self.people[person_id].office_id != largest]

    def managers(self) -> Counter[int]:
        """How many reports each manager's id has."""
        if self._reports is None:
            found: Counter[int] = Counter()
            found.update(p.manager_id for p in self.people.values() if p.manager_id is not None)
            self._reports = found
        return self._reports

    def status(self, person: Person) -> str:
        """The person's status on the simulated day."""
        return status(person, self.today())

    def view(self, person: Person) -> Person:
        """The person as the tool shows them: the truth, or the truth spoiled by the faults that strike
        them.
        """
        for fault in self.faults:
            if person.id in fault.people and fault.id in catalogue.IN_PEOPLE:
                person = _spoiled(person, fault, self.people)
        return person

    def add(self, person: Person) -> None:
        """Take somebody in who was not there."""
        self.people[person.id] = person
        self.forget()
        self._tell("created", person, [])

    def remove(self, person_id: int) -> None:
        """Delete somebody for good; only feeds of changes tell. KeyError if unknown."""
        person = self.people.pop(person_id)
        self.raw.pop(person_id, None)
        self.removed.append(Spell(person_id, self.stamp()))
        self.forget()
        self._tell("deleted", person, [])

    def touch(self, person: Person, fields: list[str]) -> None:
        """Say that fields of somebody were changed: the change stamp moves, stored answers are dropped."""
        person.updated_at = self.stamp()
        if person.id in self.managers() or "manager_id" in fields:
            self.forget()  # people show their manager's name and address
        else:
            self._cache = {k: v for k, v in self._cache.items() if not v[0] <= person.id <= v[1]}
        self._tell("updated", person, fields)

    def _tell(self, what: str, person: Person, fields: list[str]) -> None:
        for listener in self.listeners:
            listener(what, person, fields)

    def tell_access(self, action: str) -> None:
        """Say that credentials were revoked, restored and so on (the words of the control action)."""
        for listener in self.access_listeners:
            listener(action)

    @property
    def access(self) -> str:
        """`ok`, `revoked` (fault A3 included) or `disabled`: what becomes of the credentials."""
        return "revoked" if self.fault("A3") else self.rights

    @property
    def hidden(self) -> set[str]:
        """Fields that the credentials may not see, fault A5 included."""
        return self.hidden_fields | self._faded("hidden")

    @property
    def nulled(self) -> set[str]:
        """Fields that are null for everybody (A5)."""
        return self._faded("null")

    def _faded(self, mode: str) -> set[str]:
        fault = self.fault("A5")
        return set(fault.fields or self.bank_fields) if fault and fault.mode == mode else set()

    # --- faults -----------------------------------------------------------------------------------

    def fault(self, fault_id: str) -> Fault | None:
        """The fault of that id if it is on, whatever request it waits for."""
        return next((fault for fault in self.faults if fault.id == fault_id), None)

    def switch_on(self, fault: Fault) -> Fault:
        """Switch a fault on (twice the same: replaced), with people chosen if it strikes people and named
        none.
        """
        fault = catalogue.checked(fault)
        if fault.id in {"E2", "E3", "E4", "E5", "E6", "E7", "I1", "I2", "M1", "M2"} and not fault.people:
            active = [p.id for p in self.people.values() if self.status(p) == "active" and p.work_email]
            wanted = {"I2": 2, "M2": fault.amount or 2}.get(fault.id, 1)
            fault.people = active[1 : 1 + wanted]
        self.faults = [other for other in self.faults if other.id != fault.id] + [fault]
        self.forget()
        return fault

    def switch_off(self, fault_id: str | None) -> None:
        """Switch one fault off, or all (None)."""
        self.faults = [] if fault_id is None else [fault for fault in self.faults if fault.id != fault_id]
        self.forget()

    def spend(self, fault: Fault) -> None:
        """Count one request against a fault's `times`; at the last one it ends."""
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.switch_off(fault.id)

    # --- stored answers ---------------------------------------------------------------------------

    def forget(self) -> None:
        """Drop everything worked out from people."""
        self._order = self._reports = None
        self._cache = {}
        self._cache_bytes = 0

    def cached(self, key: object, ids: list[int], make: Callable[[], bytes]) -> bytes:
        """The answer for `key`, kept until somebody among `ids` (rising) changes or the day turns."""
        if self._cache_day != self.today() or self._cache_bytes > 1 << 30:
            self._cache_day = self.today()
            self.forget()
        found = self._cache.get(key)
        if found is None:
            body = make()
            found = self._cache[key] = (ids[0] if ids else 0, ids[-1] if ids else 0, body)
            self._cache_bytes += len(body)
        return found[2]

    # --- tokens -----------------------------------------------------------------------------------

    def new_token(self, seconds: int) -> str:
        """A fresh access token that lives for so long by the simulated clock."""
        token = f"papi-{secrets.token_urlsafe(24)}"
        self.tokens[token] = self.now() + timedelta(seconds=seconds)
        return token

    def expire_tokens(self) -> None:
        """Let every token given out so far be expired (a revoked one would be unknown instead)."""
        self.tokens = dict.fromkeys(self.tokens, self.now())

    def token_lives(self, token: str) -> bool:
        """Whether the token was given out and has not expired."""
        expires = self.tokens.get(token)
        return expires is not None and self.now() < expires

    def changed_since(self, since: int, *, strictly: bool = False) -> Iterator[Person]:
        """People whose change stamp is at or (strictly) after that second, by rising id."""
        for person_id in self.order():
            person = self.people[person_id]
            if person.updated_at > since or (person.updated_at == since and not strictly):
                yield person


def _spoiled(person: Person, fault: Fault, people: dict[int, Person]) -> Person:
    spoiled = msgspec.structs.replace(person)
    if fault.id == "E4":
        spoiled.first_name = "Ada" + "a" * ((fault.amount or 10_000) - 3)
    elif fault.id in {"E2", "E3", "E5"}:
        spoiled.first_name = _ODD_NAMES.get(fault.id) or _ODD_NAMES.get(fault.mode, "")
        if fault.id == "E5":
            spoiled.job_title = _ODD_NAMES["E5"]
    elif fault.id == "I2" and fault.people[0] in people:
        spoiled.work_email = people[fault.people[0]].work_email
    elif fault.id in {"M1", "M2"}:
        place = fault.people.index(person.id)
        spoiled.manager_id = person.id if fault.id == "M1" else fault.people[(place + 1) % len(fault.people)]
    return spoiled
