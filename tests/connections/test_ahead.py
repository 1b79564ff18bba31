"""The next page on its way while this one is worked on: what it saves, and that all else is as it was."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytest
import structlog
from django.db import connections, transaction
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.ahead import Ahead
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, Employee, ReadPage
from rollcall.connections.source import opened
from rollcall.connectors.base import Page
from rollcall.connectors.errors import Incomplete, SourceError
from rollcall.engine import snapshot
from rollcall.sync.models import RunState
from rollcall.telemetry import traffic
from tests.accounts.people import two_companies
from tests.connections.test_fetch import Listed, Mirror
from tests.sync.flow import PEOPLE, Flow, forget_schedule

pytestmark = pytest.mark.django_db(transaction=True)

PAGE_SECONDS = 0.05


class Slow(Listed):
    """Takes its time for each page, and for each person; tells which threads fetched."""

    def __init__(self) -> None:
        super().__init__({}, None)  # type: ignore[arg-type] # sends nothing
        self.threads: list[str] = []
        self.said: list[Any] = []
        self.given_up = False
        self.at_once = 0
        # when each page was asked for, and when the work on its last person was done
        self.asked: list[float] = []
        self.done: list[float] = []

    def pages(self) -> Iterator[Page]:
        for page in super().pages():
            self.at_once += 1
            assert self.at_once == 1, "never two at a time"
            self.threads.append(threading.current_thread().name)
            self.asked.append(time.monotonic())
            self.said.append(structlog.contextvars.get_contextvars().get("run"))
            time.sleep(PAGE_SECONDS)
            self.at_once -= 1
            yield page

    def employee(self, record: bytes) -> snapshot.Employee:
        time.sleep(PAGE_SECONDS)
        self.done.append(time.monotonic())
        return super().employee(record)

    def give_up(self) -> None:
        self.given_up = True


def pages_of(number: int) -> Sequence[Sequence[str]]:
    return [[f"{one}|Ada"] for one in range(number)]


def helpers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "next-page"]


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(two_companies().alice_entity)


def read(mirror: Mirror, connector: Listed, progress: Any = lambda _: None) -> None:
    fetch(mirror.connection, connector, now=timezone.now(), progress=progress)


def test_t9_pages_are_fetched_while_the_one_before_is_worked_on(mirror: Mirror) -> None:
    """20 pages of 50 ms that need 50 ms each: 2 s one after the other, a little over 1 s together.

    Not the clock, which a busy machine stretches: nearly each page is asked for before the one before it is done.
    """
    slow = Slow()
    slow.lists = pages_of(20)
    read(mirror, slow)
    together = sum(asked < done for asked, done in zip(slow.asked[1:], slow.done, strict=False))
    assert len(slow.done) == 20 and together >= 15
    assert len(mirror.rows()) == 20
    assert slow.threads == ["MainThread", *["next-page"] * 19]
    assert helpers() == [] and not slow.given_up


def test_pages_that_need_no_work_are_fetched_as_ever(mirror: Mirror) -> None:
    """A quiet hour begins no thread; after a changed page only the next one is fetched ahead."""
    slow = Slow()
    slow.lists = pages_of(5)
    read(mirror, slow)
    slow.threads.clear()
    read(mirror, slow)
    assert slow.threads == ["MainThread"] * 5
    slow.threads.clear()
    slow.lists = [["0|Ada"], ["1|Bea"], *pages_of(5)[2:]]
    read(mirror, slow)
    assert slow.threads == ["MainThread", "MainThread", "next-page", "MainThread", "MainThread"]
    assert mirror.rows()["1"].first_name == "Bea"


def test_in_a_transaction_nothing_is_fetched_ahead(mirror: Mirror) -> None:
    """What another session stores meanwhile, such as a renewed token, must wait for nothing that the caller holds."""
    slow = Slow()
    slow.lists = pages_of(3)
    with transaction.atomic():
        read(mirror, slow)
    assert slow.threads == ["MainThread"] * 3


def test_p2_inv1_a_page_that_breaks_off_in_the_thread_leaves_the_mirror_as_it_was(mirror: Mirror) -> None:
    slow = Slow()
    slow.lists = pages_of(3)
    read(mirror, slow)
    before = mirror.bytes()
    slow.lists, slow.broken_after = [["0|Bea"], ["1|Bea"], ["2|Bea"], ["3|Bea"]], 2
    with pytest.raises(Incomplete):
        read(mirror, slow)
    assert mirror.bytes() == before
    assert helpers() == []


def test_c2_whoever_stops_between_two_pages_gives_up_the_next_and_leaves_no_thread(mirror: Mirror) -> None:
    class Stop(Exception):
        pass

    def progress(people: int) -> None:
        if people == 2:
            raise Stop

    slow = Slow()
    slow.lists = pages_of(20)
    with pytest.raises(Stop):
        read(mirror, slow, progress)
    assert slow.given_up and helpers() == []
    assert len(slow.threads) <= 3, "one page ahead and no more"
    assert mirror.rows() == {}


def test_a_thread_that_fetches_belongs_to_the_run(mirror: Mirror) -> None:
    """Its log lines carry the run's ids, and what it asks of the database it asks on a session that is closed after."""
    slow = Slow()
    slow.lists = pages_of(3)
    with structlog.contextvars.bound_contextvars(run=7):
        read(mirror, slow)
    assert slow.said == [7, 7, 7]

    class Asking(Slow):
        sessions: list[Any]

        def pages(self) -> Iterator[Page]:
            for page in super().pages():
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    self.sessions.append(cursor.fetchone()[0])
                yield page

    asking = Asking()
    asking.sessions, asking.lists = [], [["5|Ada"], ["6|Ada"], ["7|Ada"]]
    read(mirror, asking)
    assert len(set(asking.sessions)) == 3, "no session is used by two threads"
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()[0]
        # a session that was closed takes a moment to end
        left: list[int] = []
        end = time.monotonic() + 10
        while left != [own] and time.monotonic() < end:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid = ANY(%s)", [asking.sessions])
            left = [row[0] for row in cursor.fetchall()]
    assert left == [own] == [asking.sessions[0]]


class Counted:
    """Hears of requests and of what threads beside have worked."""

    def __init__(self) -> None:
        self.requests = 0
        self.seconds = 0.0

    def answered(self, status: int, seconds: float, size: int) -> None:
        self.requests += 1

    def waited(self, seconds: float) -> None:
        pass

    def worked(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.thorough
@pytest.mark.parametrize("flow", ["personio", "lucca", "factorial", "humaans"], indirect=True)
def test_t9_every_way_of_paging_reads_the_same_with_a_page_ahead(flow: Flow) -> None:
    """By number, offset and cursor: everybody, by the same requests in the same order, and all are counted."""
    flow.control("hire", n=PEOPLE * 8)
    connection = flow.connect()
    asked, rows, worked = [], [], []
    for ahead in (False, True):
        forget_schedule()
        with access.acting_for(flow.company):
            Employee.objects.all().delete()
            ReadPage.objects.all().delete()
        flow.control("requests")
        heard = Counted()
        with (
            traffic.heard_by(heard),
            opened(connection) as connector,
            nullcontext() if ahead else transaction.atomic(),
        ):
            fetch(connection, connector, now=timezone.now(), progress=lambda _: None)
        asked.append(requests(flow))
        assert heard.requests == len(asked[-1])
        worked.append(heard.seconds)
        with access.acting_for(flow.company):
            rows.append(sorted(Employee.objects.values_list("external_id", "digest")))
    assert asked[0] == asked[1]
    assert rows[0] == rows[1] and len(rows[0]) > PEOPLE * 8
    assert worked[0] == 0 < worked[1]


def requests(flow: Flow) -> Sequence[Any]:
    return [(one["method"], one["path"]) for one in flow.control_get("requests")["requests"]]


@pytest.mark.parametrize("flow", ["personio"], indirect=True)
def test_a1_t5_a_tool_that_fails_on_a_page_ahead_fails_the_run_and_leaves_no_thread(flow: Flow) -> None:
    flow.control("hire", n=400)
    flow.connect()
    assert flow.run("first").error == ""
    one = min(flow.people_of())
    flow.control("rename", id=one, first_name="Zoe")
    flow.fault("A1", mode="403", page=2)
    run = flow.run()
    assert (run.state, helpers()) == (RunState.FAILED, [])
    flow.heal()
    assert flow.run().state == RunState.SUCCEEDED
    assert flow.employee(one).first_name == "Zoe"


@pytest.mark.parametrize("flow", ["personio"], indirect=True)
def test_c2_t4_a_page_ahead_that_never_comes_keeps_nobody_from_stopping(flow: Flow) -> None:
    flow.control("hire", n=400)
    connection = flow.connect()
    flow.fault("T4", mode="hang", page=2)

    def stop(_: int) -> None:
        # the request is on its way
        time.sleep(0.3)
        raise InterruptedError

    began = time.monotonic()
    with opened(connection) as connector, pytest.raises(InterruptedError):
        fetch(connection, connector, now=timezone.now(), progress=stop)
    assert time.monotonic() - began < 10
    assert helpers() == []


@pytest.mark.parametrize("flow", ["personio"], indirect=True)
def test_a2_a_token_that_expires_while_a_page_is_worked_on_is_renewed(flow: Flow) -> None:
    flow.control("hire", n=400)
    flow.connect()
    flow.fault("A2", page=2)
    assert flow.run("first").error == ""
    assert flow.get(lambda: Connection.objects.get().employees) == PEOPLE + 400


def test_an_error_comes_where_its_page_is_asked_for_and_only_there() -> None:
    slow = Slow()
    slow.lists, slow.broken_after = pages_of(2), 1
    with Ahead(slow) as pages:
        assert next(pages).body == b"0|Ada"
        pages.begin()
        with pytest.raises(SourceError):
            next(pages)
    assert helpers() == []
