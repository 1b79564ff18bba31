"""Runs for a long time while PostgreSQL restarts and the worker is killed: ``python -m tests.crash.soak --minutes 60``.

Several companies read one stand-in in which people come, change and leave all the time. The server restarts every 5 to
40 s, politely or at once; the worker is killed every 10 to 60 s, now and then politely. At the end everything must
settle by itself, and each company must be what a company is that connected just now. Prints what happened; exit code 1
when something is wrong.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import click
import psycopg

from rollcall.project import database
from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running
from tests.crash.ground import Ground, Place, Process, ground, tool

COMPANIES = 3
PEOPLE = 40
PATIENCE = 300.0

_EVENTS = {
    "create": "member.invited",
    "link": "member.linked",
    "update": "member.updated",
    "archive": "member.archived",
    "reactivate": "member.reactivated",
    "release": "member.released",
}
_UNTOLD = """
    SELECT l.plan_id, l.number, l.kind FROM sync_line l
    WHERE l.state = 'done' AND l.kind = %s AND (
        SELECT count(*) FROM events_event e
        WHERE e.plan_id = l.plan_id AND e.member_id = l.member_id AND e.kind = %s) <> 1
"""
_UNDONE = """
    SELECT e.plan_id, e.kind, e.member_id FROM events_event e
    WHERE e.plan_id IS NOT NULL AND e.kind = %s AND NOT EXISTS (
        SELECT FROM sync_line l
        WHERE l.plan_id = e.plan_id AND l.member_id = e.member_id AND l.kind = %s AND l.state = 'done')
"""
_LIVING = """
    SELECT m.email_key, m.first_name, m.last_name, m.job_title, m.work_location, m.bank_mask, b.email_key, l.managed
    FROM directory_member m JOIN directory_link l ON l.member_id = m.id
    LEFT JOIN directory_member b ON b.id = m.manager_id AND b.state <> 'archived'
    WHERE m.company_id = %s AND m.state <> 'archived' ORDER BY 1
"""


class Soak:
    """One long run and what is counted of it."""

    def __init__(self, made: Ground, stand_in: Running, seed: int) -> None:
        self.made = made
        self.stand_in = stand_in
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.place = Place(made, "rollcall", stand_in.url("bamboohr"))
        self.companies: list[int] = []
        self.worker: Process | None = None
        self.due: dict[str, float] = {}
        self.wrong: list[str] = []

    def begin(self) -> None:
        """Connect the companies and confirm their first previews, undisturbed."""
        self.worker = self.place.work(jobs=4, clock=True)
        for number in range(COMPANIES):
            self.companies.append(self.joins(f"Company {number}"))

    def joins(self, name: str) -> int:
        credentials = self.stand_in.credentials("bamboohr")
        company = int(self.place.call("connect", credentials=credentials, name=name))
        self.place.settle()
        self.place.call("confirm", company=company)
        self.place.settle()
        return company

    def disturb(self, minutes: float) -> None:
        """Let everything happen at once."""
        until = time.monotonic() + minutes * 60
        told = time.monotonic()
        while time.monotonic() < until:
            self._every("restart", 5, 40, self.restart)
            self._every("kill", 10, 60, self.kill)
            self._every("people", 1, 4, self.people)
            self._every("sync", 0.5, 2, self.sync)
            self._every("minute", 5, 15, self.place.round)
            self._every("owner", 10, 20, self.owner)
            time.sleep(0.05)
            if time.monotonic() - told > 60:
                told = time.monotonic()
                click.echo(f"{(until - told) / 60:.0f} minutes left, {dict(self.counts)}")

    def _every(self, what: str, least: float, most: float, do: Callable[[], Any]) -> None:
        now = time.monotonic()
        due = self.due.setdefault(what, now + self.random.uniform(least, most))
        if now < due:
            return
        self.due[what] = now + self.random.uniform(least, most)
        try:
            do()
        except (psycopg.Error, AssertionError):
            # The server is away just now, for us as for everybody.
            self.counts[f"{what} not possible"] += 1

    def restart(self) -> None:
        """Restart PostgreSQL: politely, or as if it had been killed."""
        mode = self.random.choice(("fast", "immediate"))
        restart_server(self.made, mode)
        self.counts[f"restarts {mode}"] += 1

    def kill(self) -> None:
        """Kill the worker, or ask it to stop, and start another."""
        assert self.worker
        if self.worker.ended.is_set():
            self.wrong.append(f"the worker ended by itself with {self.worker.status}")
        elif self.random.random() < 0.2:
            started = time.monotonic()
            status = self.worker.stop()
            if status != 0 or time.monotonic() - started > 30:
                self.wrong.append(f"asked to stop, the worker ended with {status}")
            self.counts["stops"] += 1
        else:
            os.kill(self.worker.pid, signal.SIGKILL)
            self.worker.wait()
            self.counts["kills"] += 1
        self.worker = self.place.work(jobs=4, clock=True)

    def people(self) -> None:
        """Somebody comes, changes or leaves in HR."""
        with self.stand_in.world("bamboohr").lock:
            ids = list(self.stand_in.world("bamboohr").people)
        action, body = self.random.choice(
            (
                ("hire", {"n": 1}),
                (
                    "change",
                    {"id": self.random.choice(ids), "fields": {"job_title": f"Title {time.time_ns() % 97}"}},
                ),
                ("terminate", {"id": self.random.choice(ids[-20:])}),
            )
        )
        answer = LOOPBACK.post(f"{self.stand_in.control('bamboohr')}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        self.counts[f"people {action}"] += 1

    def sync(self) -> None:
        """Somebody presses "Sync now"."""
        company = self.random.choice(self.companies)
        with self.made.admin("rollcall") as admin:
            admin.execute(
                "UPDATE connections_connection SET run_wanted = 'person' WHERE company_id = %s", [company]
            )
            admin.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
                " SELECT 'default', 'rollcall.sync.tasks.sync_connection', jsonb_build_object('company_id', company_id,"
                " 'connection_id', id, 'trigger', 'person') FROM connections_connection WHERE company_id = %s",
                [company],
            )

    def owner(self) -> None:
        """An owner looks at what is held and says yes."""
        self.counts["approvals"] += self.place.call(
            "confirm_held", company=self.random.choice(self.companies)
        )

    def end(self) -> None:
        """Let it settle, read once more, and look whether all is as it must be."""
        started = time.monotonic()
        for company in (*self.companies, *self.companies):
            self.place.call("confirm_held", company=company)
            self.place.call("sync_now", company=company)
            self.settle()
        click.echo(f"settled after {time.monotonic() - started:.0f} s")
        twin = self.joins("Twin")
        wanted = self.rows(_LIVING, twin)
        for company in self.companies:
            seen = self.rows(_LIVING, company)
            if seen != wanted:
                differ = [one for one in (*seen, *wanted) if one not in seen or one not in wanted]
                self.wrong.append(f"company {company} differs from its twin: {differ[:4]}")
            broken = self.place.call("look", company=company)["broken_event"]
            if broken:
                self.wrong.append(f"the audit log of company {company} breaks at {broken}")
        self.invariants()
        assert self.worker
        if self.worker.stop() != 0:
            self.wrong.append("the last worker did not end well")

    def settle(self) -> None:
        """Wait until all is quiet; mails in flight count as unsure at once."""
        until = time.monotonic() + PATIENCE
        while self.place.open():
            if time.monotonic() > until:
                self.wrong.append(f"does not settle: {self.place.open()}")
                return
            self.place.round()
            with self.made.admin("rollcall") as admin:
                admin.execute(
                    "UPDATE notify_mail SET claimed_at = now() - interval '1 hour' WHERE state = 'sending'"
                )
            time.sleep(2)

    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        with self.made.admin("rollcall") as admin:
            return admin.execute(statement.encode(), params).fetchall()

    def invariants(self) -> None:
        """Invariants 7, 11-13, 15 and 17, over everything that ever happened."""
        for kind, event in _EVENTS.items():
            for name, found in (
                ("changes without their entry", self.rows(_UNTOLD, kind, event)),
                ("entries without a change", self.rows(_UNDONE, event, kind)),
            ):
                if found:
                    self.wrong.append(f"{name}: {found[:3]}")
        doubles = self.rows(
            "SELECT entity_id, email_key FROM directory_member WHERE state <> 'archived'"
            " GROUP BY 1, 2 HAVING count(*) > 1"
        )
        if doubles:
            self.wrong.append(f"two members with one address: {doubles[:3]}")
        mails = {
            f"{purpose} {to}": count
            for purpose, to, count in self.rows(
                "SELECT purpose, to_address, count(*) FROM notify_mail GROUP BY 1, 2"
            )
        }
        sent = self.place.sent()
        allowed: Counter[str] = Counter()
        for key, count in mails.items():
            allowed[key.rpartition(" ")[2]] += count
        if any(count > allowed[to] for to, count in sent.items()):
            self.wrong.append("somebody got a mail twice")
        unconfirmed = self.rows("SELECT count(*) FROM notify_mail WHERE state = 'unconfirmed'")[0][0]
        if sum(allowed.values()) - sum(sent.values()) > unconfirmed:
            self.wrong.append("mails are missing")
        self.counts["mails"], self.counts["unconfirmed"] = sum(sent.values()), unconfirmed

    def told(self) -> dict[str, int]:
        """The numbers."""
        for state, error, count in self.rows("SELECT state, error, count(*) FROM sync_run GROUP BY 1, 2"):
            self.counts[f"runs {state} {error}".strip()] = count
        for state, count in self.rows("SELECT state, count(*) FROM sync_plan GROUP BY 1"):
            self.counts[f"plans {state}"] = count
        for kind, count in self.rows("SELECT kind, count(*) FROM sync_line WHERE state = 'done' GROUP BY 1"):
            self.counts[f"applied {kind}"] = count
        self.counts["events"] = self.rows("SELECT count(*) FROM events_event")[0][0]
        self.counts["violations"] = len(self.wrong)
        return dict(self.counts)


def restart_server(made: Ground, mode: str) -> None:
    """Restart the ground's PostgreSQL: "fast" ends its sessions politely, "immediate" is a crash."""
    home = made.home
    options = database._server_options(home)
    data = home / "postgres" / "data"
    arguments = (
        "-D",
        str(data),
        "-l",
        str(home / "postgres" / "log"),
        "-o",
        options,
        "-w",
        "-m",
        mode,
        "restart",
    )
    database._run(home, "pg_ctl", *arguments)


def main() -> int:
    """Soak for so many minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    click.echo(f"soaking for {given.minutes:g} minutes, seed {given.seed}")
    with ground(safe=True) as made, tool(PEOPLE) as stand_in:
        soak = Soak(made, stand_in, given.seed)
        soak.begin()
        soak.disturb(given.minutes)
        soak.end()
        for name, count in sorted(soak.told().items()):
            click.echo(f"{count:>8}  {name}")
        for one in soak.wrong:
            click.echo(f"WRONG: {one}")
        if soak.wrong:
            click.echo(made.log.read_text(encoding="utf-8", errors="replace")[-20_000:])
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
