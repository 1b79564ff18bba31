"""A database server of its own, a tool that answers, and workers as real processes: what the kill test walks on."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from rollcall.project import database
from rollcall.simulators import server
from rollcall.simulators.server import Running
from tests import homes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
PEOPLE = 8
ROUND = (
    "rollcall.sync.tasks.tick",
    "rollcall.events.tasks.relay",
    "rollcall.notify.tasks.send_mails",
    "rollcall.project.jobs.sweep",
)
"""The minute's round."""

_OPEN = """
    SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) AS jobs,
           (SELECT count(*) FROM events_outbox) AS outbox,
           (SELECT count(*) FROM notify_mail WHERE state IN ('waiting', 'sending')) AS mails,
           (SELECT count(*) FROM sync_run WHERE finished_at IS NULL) AS runs,
           (SELECT count(*) FROM sync_plan WHERE state = 'applying') AS plans,
           (SELECT count(*) FROM connections_connection WHERE lease IS NOT NULL) AS leases,
           (SELECT count(*) FROM connections_connection WHERE run_wanted <> '' OR next_run_at <= now()) AS wanted
"""


class Process:
    """A process that was forked for one order."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended = threading.Event()
        self.status: int | None = None

    def wait(self, seconds: float = PATIENCE) -> int:
        """Return its exit status; negative for the signal that ended it."""
        assert self.ended.wait(seconds), f"process {self.pid} does not end"
        assert self.status is not None
        return self.status

    def stop(self) -> int:
        """Ask it politely to end, and return its exit status."""
        if not self.ended.is_set():
            os.kill(self.pid, signal.SIGTERM)
        return self.wait()


class Ground:
    """One server and one launcher; each story has a database of its own in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "workers.log"
        self._processes: dict[int, Process] = {}
        self._made: queue.SimpleQueue[Process] = queue.SimpleQueue()
        self._lock = threading.Lock()
        errors = (home / "launcher.log").open("wb")
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"],
            cwd=ROOT,
            env={
                **os.environ,
                "ROLLCALL_HOME": str(home),
                "ROLLCALL_ALLOW_HOSTS": "127.0.0.1",
                "ROLLCALL_HTTP_TRIES": "2",
                "DJANGO_SETTINGS_MODULE": "rollcall.project.settings",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        errors.close()
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        for line in self.launcher.stdout or ():
            told = json.loads(line)
            if "pid" in told:
                process = Process(told["pid"])
                self._processes[process.pid] = process
                self._made.put(process)
            else:
                process = self._processes.pop(told["ended"])
                process.status = told["status"]
                process.ended.set()

    def order(self, **order: Any) -> Process:
        """Fork a process for this order."""
        with self._lock:
            assert self.launcher.stdin
            self.launcher.stdin.write(json.dumps({"log": str(self.log), **order}).encode() + b"\n")
            self.launcher.stdin.flush()
            return self._made.get(timeout=PATIENCE)

    def admin(self, name: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection of the server's superuser."""
        return psycopg.connect(
            host=str(database.socket_folder(self.home)),
            port=5432,
            user=database.SUPERUSER,
            dbname=name,
            autocommit=True,
        )

    def copy(self, template: str, name: str) -> None:
        """Make a database out of another that nobody is connected to."""
        with self.admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def drop(self, name: str) -> None:
        """Throw a database away, whoever is in it."""
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """End the launcher and what it has started."""
        for process in list(self._processes.values()):
            os.kill(process.pid, signal.SIGKILL)
        self.launcher.terminate()
        self.launcher.wait(timeout=PATIENCE)
        for pipe in (self.launcher.stdin, self.launcher.stdout):
            if pipe:
                pipe.close()


class Place:
    """One database of the ground, with the tool it speaks to and the folder of its mails."""

    def __init__(self, ground: Ground, name: str, tool: str) -> None:
        self.ground = ground
        self.name = name
        self.tool = tool
        self.mails = ground.home / f"mails-{name}"

    def work(self, **how: Any) -> Process:
        """Start a worker: ``kill`` or ``note`` for the places it comes by, ``jobs`` at the same time, ``clock``."""
        return self._order(do="work", **how)

    def call(self, function: str, **given: Any) -> Any:
        """Run a function of the story and return what it returns."""
        result = self.ground.home / f"result-{self.name}-{time.monotonic_ns()}"
        status = self._order(do=function, result=str(result), **{"with": given}).wait()
        assert status == 0, f"{function} failed; see the log:\n{self.ground.log.read_text()[-3000:]}"
        return json.loads(result.read_text(encoding="utf-8"))

    def _order(self, **order: Any) -> Process:
        return self.ground.order(database=self.name, tool=self.tool, mails=str(self.mails), **order)

    def round(self) -> None:
        """What a worker's clock does each minute."""
        with self.ground.admin(self.name) as admin, admin.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', %s, %s)",
                [(task, '{"timestamp": 0}') for task in ROUND],
            )

    def later(self) -> None:
        """Let the time pass after which a silent worker counts as dead, and a mail in flight as unsure."""
        with self.ground.admin(self.name) as admin:
            admin.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
            admin.execute("UPDATE sync_plan SET decided_at = decided_at - interval '1 hour'")
            admin.execute(
                "UPDATE notify_mail SET claimed_at = now() - interval '1 hour' WHERE state = 'sending'"
            )

    def open(self) -> dict[str, int]:
        """What is still to be done, by kind; empty when everything has settled."""
        with self.ground.admin(self.name) as admin:
            cursor = admin.execute(_OPEN)
            names = [column.name for column in cursor.description or ()]
            row = cursor.fetchone()
        assert row is not None
        return {name: count for name, count in zip(names, row, strict=True) if count}

    def settle(self, *, rounds: int = 20, each: float = 10.0) -> int:
        """Wait until nothing is left to be done, and return how many of the clock's minutes that took."""
        for number in range(rounds + 1):
            until = time.monotonic() + each
            while time.monotonic() < until:
                left = self.open()
                if not left:
                    return number
                # What is wanted or due a worker finds by itself.
                if set(left) <= {"mails", "runs", "leases", "plans", "outbox"}:
                    break  # nobody works, and only the clock can help
                time.sleep(0.02)
            self.round()
        raise AssertionError(f"{self.name} does not settle: {self.open()}")

    def sent(self) -> dict[str, int]:
        """How many mails really went out to each address about each subject."""
        found: dict[str, int] = {}
        for file in self.mails.glob("*") if self.mails.exists() else ():
            to = ""
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("To: "):
                    to = line.removeprefix("To: ").strip()
                    found[to] = found.get(to, 0) + 1
        return found

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the superuser sees."""
        with self.ground.admin(self.name) as admin:
            return admin.execute(statement).fetchall()

    def end(self) -> None:
        """Throw it away."""
        self.ground.drop(self.name)
        shutil.rmtree(self.mails, ignore_errors=True)


@contextmanager
def ground(*, safe: bool = False) -> Iterator[Ground]:
    """A new server with an empty, migrated database "rollcall"; ``safe`` if the server itself is going to be killed."""
    home = Path(tempfile.mkdtemp(prefix="rollcall-crash-"))
    try:
        homes.prepare(home, safe=safe)
        with database.running(home):
            made = Ground(home)
            try:
                if not safe:
                    with made.admin() as admin:
                        admin.execute("ALTER SYSTEM SET synchronous_commit = off")
                        admin.execute("SELECT pg_reload_conf()")
                yield made
            finally:
                made.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def tool(people: int = PEOPLE) -> Iterator[Running]:
    """BambooHR with so few people."""
    running = server.start(["bamboohr"], people=people, seed=3)
    try:
        yield running
    finally:
        running.stop()
