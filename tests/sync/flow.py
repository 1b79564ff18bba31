"""A company, a simulated HR tool on loopback, and the way from *connect* to an applied plan, as short calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Employee, State, Subscription
from rollcall.connections.side import own_connection
from rollcall.connections.source import Wanted
from rollcall.directory.models import Link, Member
from rollcall.engine.change import Kind
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from rollcall.events.models import Event
from rollcall.simulators import server
from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running
from rollcall.sync import actions, tasks
from rollcall.sync.models import Line, Plan, Run
from rollcall.sync.runs.run import run_connection
from tests.accounts.people import Two, two_companies

ALICE = Actor(kind="user", id=1, label="alice@rollcall.example")
QUIET = ("directory_member", "directory_link", "sync_plan", "sync_line", "connections_employee")


class Flow(msgspec.Struct, kw_only=True):
    """One entity and one tool."""

    two: Two
    sim: Running
    tool: str
    entity: Entity

    @property
    def company(self) -> int:
        return self.entity.company_id

    def control(self, action: str, /, **body: object) -> dict[str, Any]:
        """Tell the simulated tool something."""
        answer = LOOPBACK.post(f"{self.sim.control(self.tool)}/{action}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def control_get(self, what: str) -> dict[str, Any]:
        """Ask the simulated tool something."""
        return dict(LOOPBACK.get(f"{self.sim.control(self.tool)}/{what}", timeout=5).json())

    def people_of(self) -> dict[int, dict[str, Any]]:
        """Everybody as the tool knows them, by id."""
        return {one["id"]: one for one in self.control_get("people")["people"]}

    def fault(self, fault: str, **more: object) -> list[int]:
        """Switch a fault on; returns the ids of the people it strikes."""
        on = self.control("faults", on={"id": fault, **more})["on"]
        return [int(one) for row in on if row["id"] == fault for one in row["people"]]

    def heal(self) -> None:
        """Switch all faults off."""
        self.control("faults", clear=True)

    def connect(
        self,
        wanted: Wanted | None = None,
        *,
        only: Sequence[str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Connection:
        """Test and store the credentials: all of the stand-in's or ``only`` these, and ``more``."""
        wanted = wanted or Wanted()
        given = self.sim.credentials(self.tool)
        credentials = {name: given[name] for name in only or given} | dict(more or {})
        with access.acting_for(self.company):
            found = actions.try_credentials(self.tool, credentials, wanted)
            return actions.connect(
                self.entity, self.tool, credentials, wanted=wanted, access=found, actor=ALICE
            )

    def run(self, trigger: str = "clock", *, full: bool = True) -> Run:
        """One run, as a worker does it; unless ``full`` it asks for changes only, if the tool can tell."""
        if full:
            self.get(lambda: Connection.objects.filter(company_id=self.company).update(full_read_at=None))
        made = run_connection(self.company, self.connection().pk, trigger=trigger)
        assert made is not None
        return self.get(lambda: Run.objects.get(pk=made.pk))  # type: ignore[no-any-return] # see get

    def preview(self, settings: Settings | None = None) -> Plan:
        """What these settings would do."""
        with access.acting_for(self.company):
            return actions.preview(self.subscription(), settings or Settings(), actor=ALICE)

    def approve(self, plan: Plan, **more: Any) -> None:
        """Say yes; nothing is applied yet."""
        with access.acting_for(self.company):
            actions.approve(plan, more.pop("digest", plan.digest), actor=ALICE, **more)

    def apply(self, plan: Plan) -> Plan:
        """What a worker does with an approved plan."""
        tasks.apply_plan(self.company, plan.pk, "alice@rollcall.example")
        return self.get(lambda: Plan.objects.get(pk=plan.pk))  # type: ignore[no-any-return] # see get

    def confirm(self, settings: Settings | None = None) -> Plan:
        """Preview, approve, apply."""
        plan = self.preview(settings)
        self.approve(plan, override="looked at it" if plan.breaches else "")
        return self.apply(plan)

    def go_live(self, settings: Settings | None = None, wanted: Wanted | None = None) -> Plan:
        """Connect, read, and put these settings to work."""
        self.connect(wanted)
        assert self.run("first").error == ""
        return self.confirm(settings)

    def get(self, read: Callable[[], Any]) -> Any:
        """Read something as the company."""
        with access.acting_for(self.company):
            return read()

    def connection(self) -> Connection:
        return self.get(lambda: Connection.objects.get(company_id=self.company))  # type: ignore[no-any-return] # see get

    def subscription(self) -> Subscription:
        return self.get(  # type: ignore[no-any-return] # see get
            lambda: Subscription.objects.select_related("connection", "entity__company").get(
                entity=self.entity
            )
        )

    def members(self, **fields: Any) -> dict[str, Member]:
        """Members of the entity by employee id."""
        return self.get(  # type: ignore[no-any-return] # see get
            lambda: {
                one.employee_id: one.member
                for one in Link.objects.select_related("member").filter(entity=self.entity)
                if all(getattr(one.member, name) == value for name, value in fields.items())
            }
        )

    def links(self) -> dict[str, Link]:
        return self.get(lambda: {one.employee_id: one for one in Link.objects.filter(entity=self.entity)})  # type: ignore[no-any-return] # see get

    def employee(self, number: int | str) -> Employee:
        return self.get(lambda: Employee.objects.get(external_id=str(number)))  # type: ignore[no-any-return] # see get

    def lines(self, plan: Plan, *kinds: Kind) -> list[Line]:
        """The plan's lines, of these kinds."""
        return self.get(  # type: ignore[no-any-return] # see get
            lambda: [
                one
                for one in Line.objects.filter(plan=plan).order_by("number")
                if one.kind in kinds or not kinds
            ]
        )

    def latest(self) -> Plan:
        return self.get(lambda: Plan.objects.filter(entity=self.entity).latest("pk"))  # type: ignore[no-any-return] # see get

    def events(self, kind: str) -> list[Event]:
        return self.get(lambda: list(Event.objects.filter(kind=kind).order_by("pk")))  # type: ignore[no-any-return] # see get

    def frozen(self) -> Mapping[str, list[Any]]:
        """Every row of the tables that a quiet run must not touch, with the transaction that wrote it."""
        found: dict[str, list[Any]] = {}
        with access.acting_for(self.company), database.cursor() as cursor:
            for table in QUIET:
                cursor.execute(f"SELECT id, xmin::text, ctid::text, to_jsonb(t) FROM {table} t ORDER BY id")
                found[table] = cursor.fetchall()
        return found

    def people(self) -> list[Any]:
        """Members and links, to compare before and after."""
        with access.acting_for(self.company), database.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(m) FROM directory_member m ORDER BY id")
            members = cursor.fetchall()
            cursor.execute("SELECT to_jsonb(l) - 'applied_digest' FROM directory_link l ORDER BY id")
            return [members, cursor.fetchall()]


def only(*places: str, include_managers: bool = False) -> Filter:
    """A filter by work location."""
    where = Condition(attribute="work_location", test="one_of", values=places)
    return Filter(conditions=(where,), include_managers=include_managers)


def now() -> Any:
    """The time, aware."""
    return timezone.now()


def due() -> list[int]:
    """The connections that a worker would claim now; a claim's own session sees nothing of a test's transaction."""
    with access.on_duty(tasks.DUTY):
        free = Connection.objects.filter(next_run_at__lte=now(), lease=None)
        resting = (State.PAUSED, State.DISCONNECTED)
        return list(free.exclude(state__in=resting).order_by("next_run_at").values_list("pk", flat=True))


def forget_schedule() -> None:
    """Begin with nothing reserved: the schedule of requests is kept outside the test's transaction."""
    with own_connection() as own:
        own.execute("DELETE FROM connections_rateslot")


PEOPLE = 30
TOOLS = ("bamboohr", "personio")


@contextmanager
def running(tool: str) -> Iterator[Flow]:
    """Two companies and a tool of ``PEOPLE`` people; the caller points Rollcall at its address."""
    sim = server.start([tool], people=PEOPLE, seed=3)
    try:
        two = two_companies()
        yield Flow(two=two, sim=sim, tool=tool, entity=two.alice_entity)
    finally:
        sim.stop()
