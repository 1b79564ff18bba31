"""Measures processes from outside, all with one clock: time, work of the process and of the database, memory."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from msgspec import Struct, field

from benchmarks.measuring import peak, worked


class Spent(Struct, kw_only=True):
    """What one step took. Seconds of work are hardly changed by whatever else the machine does; 0 outside Linux."""

    seconds: float = 0.0
    # work of the process with its children, and of the whole database server, its helpers included
    cpu: float = 0.0
    database: float = 0.0
    # resident memory of the process at its highest, in MiB
    peak_mb: float = 0.0
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> float:
        """Seconds of work on both sides."""
        return self.cpu + self.database


class Broken(Exception):
    """A measured process ended badly; the message holds the end of what it said."""


class Clock:
    """The clock for everything in one home; the database server of that home runs."""

    def __init__(self, home: Path, tell: Callable[[str], None]) -> None:
        """``tell`` is called with a line for people after each step."""
        self._tell = tell
        self._server = worked.postmaster(home)

    @contextmanager
    def own(self, name: str) -> Iterator[Spent]:
        """Measure the block, which works in this process; the value is filled at its end."""
        found = Spent()
        begun = self._look(os.getpid())
        yield found
        self._fill(found, begun, self._look(os.getpid()))
        self._told(name, found)

    def child(
        self,
        name: str,
        command: Sequence[str],
        task: Mapping[str, Any],
        *,
        environment: Mapping[str, str],
        before: Mapping[str, Callable[[], None]] | None = None,
    ) -> dict[str, Spent]:
        """Run a process that uses ``steps.Steps``; return its steps by their names. Raises ``Broken``.

        ``before``: what is done before the clock of a step of that name starts.
        """
        found: dict[str, Spent] = {}
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            ) as process,
        ):
            try:
                for step, spent in self._steps(process, json.dumps(task), before or {}):
                    found[step] = spent
                    self._told(f"{name} {step}", spent)
                failed = process.wait() != 0
            except BrokenPipeError:
                failed = True
            finally:
                process.terminate()
            if failed:
                raise Broken(f"{name}: {_end_of(said)}")
        return found

    def _steps(
        self, process: subprocess.Popen[str], task: str, before: Mapping[str, Callable[[], None]]
    ) -> Iterator[tuple[str, Spent]]:
        if process.stdin is None or process.stdout is None:  # pragma: no cover - both are pipes
            raise RuntimeError
        process.stdin.write(task + "\n")
        process.stdin.flush()
        begun, spent = (0.0, 0.0, 0.0), Spent()
        for line in process.stdout:
            what, name, said = json.loads(line)
            if what == "begin":
                before.get(name, lambda: None)()
                peak.forget(process.pid)
                begun, spent = self._look(process.pid), Spent()
            elif what == "end":
                self._fill(spent, begun, self._look(process.pid))
                spent.peak_mb = peak.highest_mb(process.pid)
                yield name, spent
            else:
                spent.said = said
            process.stdin.write("go\n")
            process.stdin.flush()

    def _look(self, process: int) -> tuple[float, float, float]:
        own, server = worked.trees((process, self._server))
        return time.perf_counter(), own, server

    def _fill(self, spent: Spent, begun: tuple[float, ...], ended: tuple[float, ...]) -> None:
        spent.seconds, spent.cpu, spent.database = (
            after - before for before, after in zip(begun, ended, strict=True)
        )

    def _told(self, name: str, spent: Spent) -> None:
        self._tell(f"{name}: {spent.seconds:.2f} s, work {spent.cpu:.2f} + {spent.database:.2f} s")


def _end_of(said: IO[str]) -> str:
    said.seek(0)
    return said.read()[-3_000:]
