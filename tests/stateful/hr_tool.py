"""The simulated HR tool of a sequence: what HR does, what goes wrong, and what a read would truthfully be told.

Everything is done through the control interface over HTTP, and read from the stand-in's own people; nothing of the
connector is used. Between sequences the people are put back.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from typing import Any, Final

import httpx

from rollcall.simulators.loopback import NO_AUTHORITIES
from rollcall.simulators.people import Person
from rollcall.simulators.server import Running
from tests.stateful.recording import Said, Source

TOOL: Final = "bamboohr"
HIDEABLE: Final = {"job_title": "jobTitle", "department": "department", "cost_center": "departmentNumber"}
"""Member's field -> BambooHR's name of what it is read from."""

WRONG_KEY: Final = "a key of another company"
# A fault -> whether a read is whole, and told the truth, while it is on.
FAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "the tool is down": {"id": "T5", "status": 500},
    "the key is refused": {"id": "A3"},
    "an empty list": {"id": "P1"},
    "half a page": {"id": "P2", "mode": "short"},
    "a total that is wrong": {"id": "P4"},
    WRONG_KEY: {"id": "A6"},
    "a sign-in page": {"id": "T10"},
    "bodies that break off": {"id": "T3"},
}


class HrTool:
    """One company's people at the simulated tool."""

    def __init__(self, running: Running) -> None:
        """Remember the people as they are, to begin each sequence with them."""
        self.running = running
        self.world = running.world(TOOL)
        self._client = httpx.Client(
            base_url=running.control(TOOL), trust_env=False, verify=NO_AUTHORITIES, timeout=5
        )
        self._first = deepcopy(self.world.own.people)
        self.reset()

    def reset(self) -> None:
        """Put everything back as it was at first."""
        with self.world.lock:
            self.world.own.people = deepcopy(self._first)
            self.world.raw.clear()
            self.world.removed.clear()
            self.world.requests.clear()
            self.world.hidden_fields = set()
            self.world.switch_off(None)
        self.fault = ""
        self.hidden: set[str] = set()
        self.office_hidden = False
        self.broken: set[int] = set()

    def close(self) -> None:
        """Close the line of the control interface."""
        self._client.close()

    def control(self, action: str, /, **body: object) -> dict[str, Any]:
        """Tell the tool something; what HR does is about its own company, whatever a wrong key shows."""
        elsewhere = (
            FAULTS[self.fault]
            if self.fault == WRONG_KEY and action not in ("faults", "permissions")
            else None
        )
        if elsewhere:
            self.control("faults", off=elsewhere["id"])
        answer = self._client.post(f"/{action}", json=body)
        assert answer.status_code == 200, answer.text
        if elsewhere:
            self.control("faults", on=dict(elsewhere))
        return dict(answer.json())

    # --- people -----------------------------------------------------------------------------------

    @property
    def people(self) -> dict[int, Person]:
        """Everybody in truth, by id."""
        return self.world.own.people

    @property
    def today(self) -> date:
        """The tool's day."""
        return self.world.today()

    def working(self) -> list[int]:
        """Ids of those without a last day."""
        return sorted(number for number, one in self.people.items() if one.end_date is None)

    def gone(self) -> list[int]:
        """Ids of those whose last day is over."""
        return sorted(number for number, one in self.people.items() if self.has_left(one))

    def leaving(self) -> list[int]:
        """Ids of those with a last day to come."""
        return sorted(
            number for number, one in self.people.items() if one.end_date and not self.has_left(one)
        )

    def has_left(self, one: Person) -> bool:
        """Tell whether the last day is over everywhere: the steps leave a day's margin for zones."""
        return one.end_date is not None and one.end_date < self.today - timedelta(days=1)

    def hire(self, **fields: object) -> int:
        """Take somebody on; returns their id."""
        return int(self.control("hire", n=1, **fields)["ids"][0])

    def change(self, number: int, **fields: object) -> None:
        """Change fields of somebody."""
        self.control("change", id=number, fields=fields)

    def leave(self, number: int, in_days: int) -> None:
        """Set the last day."""
        self.control("terminate", id=number, date=(self.today + timedelta(days=in_days)).isoformat())

    def stay(self, number: int, **fields: object) -> None:
        """Take the last day away again."""
        self.control("terminate", id=number, date=None)
        if fields:
            self.change(number, **fields)

    def spoil(self, number: int) -> None:
        """Give somebody a record that nobody can read: a list where a name belongs."""
        self.control("change", id=number, raw={"firstName": ["no", "name"]})
        self.broken.add(number)

    def a_day_nearer(self) -> None:
        """Days to come are a day nearer: the stand-in's clock is the real one, so the days themselves move."""
        for number, one in list(self.people.items()):
            for name in ("start_date", "end_date"):
                day = getattr(one, name)
                if day is not None and day > self.today - timedelta(days=3):
                    self.change(number, **{name: (day - timedelta(days=1)).isoformat()})

    # --- what goes wrong --------------------------------------------------------------------------

    def break_down(self, fault: str) -> None:
        """Switch one of ``FAULTS`` on, in the place of the one before."""
        if self.fault:
            self.control("faults", off=FAULTS[self.fault]["id"])
        self.fault = fault
        self.control("faults", on=dict(FAULTS[fault]))

    def hide_office(self) -> None:
        """Lose the permission on the people of the largest office: the list is whole and shorter (A4)."""
        self.office_hidden = True
        self.control("faults", on={"id": "A4"})

    def hide_fields(self, names: Sequence[str]) -> None:
        """Lose the permission on fields: they come no more (A5)."""
        self.hidden = set(names)
        self.control("permissions", hidden=[HIDEABLE[name] for name in names])

    def heal(self) -> None:
        """Everything works and everything is shown again."""
        self.control("faults", clear=True)
        # Before HR does anything more: a wrong key that is gone must not be put back.
        self.fault = ""
        self.control("permissions", hidden=[])
        for number in self.broken & self.people.keys():
            self.control("change", id=number, raw=None)
        self.hidden, self.office_hidden, self.broken = set(), False, set()

    def shuffle(self, order: Sequence[int]) -> None:
        """Let lists come in this order; what else is asked of the tool puts them back."""
        with self.world.lock:
            self.world.forget()
            shown = set(self.world.order())
            self.world._order = [number for number in order if number in shown]

    # --- the truth --------------------------------------------------------------------------------

    def source(self) -> Source:
        """Return what a read would be told now."""
        with self.world.lock:
            shown = [self.people[number] for number in self.world.order() if number in self.people]
            people = {
                str(one.id): Said(
                    email=(one.work_email or "").strip().lower(),
                    left=one.end_date is not None and one.end_date < self.today,
                    start_in_days=(one.start_date - self.today).days,
                    broken=one.id in self.broken,
                )
                for one in shown
            }
            readable = [one for one in shown if one.id not in self.broken]
            filled = {name for name in ("job_title",) if any(getattr(one, name) for one in readable)}
            units = {
                "department": "department_id",
                "team": "team_id",
                "work_location": "office_id",
                "country": "office_id",
                "legal_entity": "legal_entity_id",
                "cost_center": "cost_center_id",
                "employee_number": "employee_number",
                "employment_type": "employment_type",
                "language": "language",
                "start_date": "start_date",
                "bank_digest": "iban",
            }
            filled |= {
                name
                for name, unit in units.items()
                if any(getattr(one, unit) is not None for one in readable)
            }
        return Source(people=people, whole=not self.fault, filled=frozenset(filled - self.hidden))
