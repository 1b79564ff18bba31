"""One company's ordinary life through the real pipeline; run by ``measuring.child`` in a process of its own.

Takes a ``Span`` as JSON on standard input and prints a ``Life``. The clock of this process is moved from run to run;
people of the simulated BambooHR come over HTTP, and an admin looks at what is held the next morning.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from benchmarks.companies.flow import ACTOR, connect
from benchmarks.life.events import CLOSING, Company
from benchmarks.life.report import Hold, Life, Span
from rollcall.accounts import access
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Subscription
from rollcall.engine.limits import Limits
from rollcall.engine.settings import Settings
from rollcall.simulators import server
from rollcall.simulators.world import World
from rollcall.sync import actions, tasks
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.runs.run import run_connection
from rollcall.sync.words.sentences import breach_sentence

SLOTS: Final = (clock_time(6, 30), clock_time(11, 30), clock_time(16, 30))
"""Hours of a day (UTC) at which HR people have typed something and a run follows."""
BEGINS: Final = date(2026, 7, 13)
"""So that ninety days hold the end of the summer's interns and the first of three months."""
WARM_UP: Final = 60
LOOKED_AT: Final = timedelta(hours=18)
"""An admin decides about a held plan by the next morning."""
GRACE: Final = timedelta(hours=24)


def live(span: Span) -> Life:
    """Live the days of a company and count what Rollcall did."""
    sim = server.start(
        ["bamboohr"], people=span.people, seed=span.seed, today=BEGINS - timedelta(days=WARM_UP)
    )
    try:
        os.environ["ROLLCALL_BASE_URL_BAMBOOHR"] = sim.url("bamboohr")
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        return _Living(span, sim.world("bamboohr"), sim.credentials("bamboohr")).live()
    finally:
        sim.stop()


class _Living:
    def __init__(self, span: Span, world: World, credentials: Mapping[str, str]) -> None:
        self.span = span
        self.world = world
        self.credentials = credentials
        self.story = Company(world, span.seed, BEGINS - timedelta(days=WARM_UP), span.people)
        self.now = datetime.combine(BEGINS, SLOTS[0], UTC)
        # every module asks Django for the time
        timezone.now = lambda: self.now
        self.entity: Entity
        self.connection: Connection
        self.held_since: datetime | None = None
        self.holds: list[Hold] = []
        self.failed: list[str] = []
        self.wrong: set[int] = set()
        self.late: set[int] = set()
        self.known: set[int] = set()
        self.runs = 0

    def live(self) -> Life:
        begun = time.monotonic()
        for days in range(WARM_UP):
            self._types(BEGINS - timedelta(days=WARM_UP - days))
        self._go_live()
        for days in range(self.span.days):
            for slot in SLOTS:
                self._at(datetime.combine(BEGINS + timedelta(days=days), slot, UTC))
        return Life(
            people=self.span.people,
            seed=self.span.seed,
            days=self.span.days,
            runs=self.runs,
            managed=self._number("SELECT count(*) FROM directory_link WHERE managed"),
            changes=self._changes(),
            holds=self.holds,
            failed=self.failed,
            wrong=len(self.wrong),
            late=len(self.late),
            seconds=time.monotonic() - begun,
        )

    def _types(self, day: date) -> None:
        for slot in SLOTS:
            self.world.set_clock(datetime.combine(day, slot, UTC), frozen=True)
            self.story.slot(day, of=len(SLOTS))

    def _go_live(self) -> None:
        self.world.set_clock(self.now, frozen=True)
        self.entity = create_entity(create_company("Acme"), "Acme France")
        with access.acting_for(self.entity.company_id):
            self.connection = connect(self.entity, self.credentials)
        self._run("first")
        limits = msgspec.convert(self.span.limits, Limits, strict=False)
        wished = Settings(archive_inactive=True, limits=limits)
        with access.acting_for(self.entity.company_id):
            subscription = Subscription.objects.select_related("connection").get(entity=self.entity)
            made = actions.preview(subscription, wished, actor=ACTOR)
            actions.approve(made, made.digest, actor=ACTOR, override="the first time")
        tasks.apply_plan(made.company_id, made.pk, "admin")

    def _at(self, moment: datetime) -> None:
        """HR people type, an admin looks at what waits, a run follows; then the books are compared."""
        self.now = moment
        self.world.set_clock(moment, frozen=True)
        self.story.slot(moment.date(), of=len(SLOTS))
        if self.held_since is not None and moment - self.held_since >= LOOKED_AT:
            self._decide()
        self._run("clock")
        self._look_for_holds()
        self._compare()

    def _run(self, trigger: str) -> None:
        done = run_connection(self.entity.company_id, self.connection.pk, trigger=trigger)
        self.runs += 1
        if done is None or done.error:
            self.failed.append(f"{self.now.date()} {done.error if done else 'no run'}")

    def _waiting(self) -> Plan | None:
        with access.acting_for(self.entity.company_id):
            held = Plan.objects.select_related("subscription__connection").filter(state=PlanState.HELD)
            return held.order_by("-pk").first()

    def _decide(self) -> None:
        made = self._waiting()
        if made is not None:
            with access.acting_for(made.company_id):
                actions.approve(made, made.digest, actor=ACTOR, override="looked at it, all true")
            tasks.apply_plan(made.company_id, made.pk, "admin")
        self.held_since = None

    def _look_for_holds(self) -> None:
        made = self._waiting()
        if made is None:
            self.held_since = None
        elif self.held_since is None:
            self.held_since = self.now
            self.holds.append(
                Hold(
                    at=self.now,
                    limits=sorted({_name(one) for one in made.breaches}),
                    told=[breach_sentence(one, tool="bamboohr") for one in made.breaches],
                    acting=int(made.counts["acting"]),
                    by_the_book=all(CLOSING in str(one.get("what")) for one in made.breaches),
                )
            )

    def _compare(self) -> None:
        """Nobody who works here is archived, and nobody who left stays for more than a day without a reason."""
        rows = self._rows(
            "SELECT l.employee_id::bigint, m.state = 'archived' FROM directory_link l"
            " JOIN directory_member m ON m.id = l.member_id WHERE l.managed"
        )
        grace = (self.now - GRACE).timestamp()
        for number, archived in rows:
            person = self.world.people[number]
            gone = self.world.status(person) == "inactive"
            if archived and not gone:
                self.wrong.add(number)
            elif gone and not archived and self.held_since is None:
                ended = datetime.combine(person.end_date or date.max, clock_time(23, 59), UTC)
                if max(ended.timestamp(), person.updated_at) < grace:
                    self.late.add(number)

    def _changes(self) -> dict[str, int]:
        lines = (
            "sync_line l JOIN sync_plan p ON p.id = l.plan_id WHERE l.state = 'done' AND NOT p.for_settings"
        )
        found = {
            str(kind): int(n)
            for kind, n in self._rows(f"SELECT l.kind, count(*) FROM {lines} GROUP BY 1 ORDER BY 1")
        }
        fields = self._rows(
            f"SELECT f, count(*) FROM (SELECT jsonb_object_keys(l.fields) AS f FROM {lines} AND l.kind = 'update') x"
            " GROUP BY 1 ORDER BY 1"
        )
        return found | {f"update.{name}": int(n) for name, n in fields}

    def _number(self, sql: str) -> int:
        return int(self._rows(sql)[0][0])

    def _rows(self, sql: str) -> Sequence[Any]:
        with access.acting_for(self.entity.company_id), database.cursor() as cursor:
            cursor.execute(sql)
            found: Sequence[Any] = cursor.fetchall()
            return found


def _name(breach: Mapping[str, Any]) -> str:
    """A limit with its window and field, as far as it has them."""
    parts = [str(breach[one]) for one in ("breach", "window", "what") if breach.get(one)]
    return " ".join(parts)


if __name__ == "__main__":
    done = live(msgspec.json.decode(sys.stdin.buffer.read(), type=Span))
    sys.stdout.write(msgspec.json.encode(done).decode())
