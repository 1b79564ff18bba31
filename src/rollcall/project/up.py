"""`rollcall up`: database, migrations, web and one worker, started and stopped together."""

import fcntl
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

import click
import httpx

from rollcall.project import database
from rollcall.project.home import home_folder, make_home

WORKER_READY = "The worker is ready."  # the line `rollcall worker` says on its standard output
_START_SECONDS = 120
_STOP_SECONDS = 30
_LOOK_SECONDS = 0.05


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C or SIGTERM."""


class ChildEnded(Exception):
    """A part ended that should have stayed."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} ended by itself (code {code})")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port of the pages.")
def up(host: str, port: int) -> None:
    """Run everything here: database, migrations, web and one worker. Ctrl-C stops it all.

    Says one line on standard output when pages can be opened; logs go to standard error.
    """
    home = home_folder(os.environ)
    make_home(home)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with _only_one(home):
        _refuse_busy_port(host, port)
        environment = {**os.environ, "ROLLCALL_HOME": str(home)}
        environment.setdefault("ROLLCALL_URL", f"http://localhost:{port}")
        children: dict[str, subprocess.Popen[str]] = {}
        try:
            with database.running_if_embedded(environment):
                try:
                    _run_together(children, environment, host, port)
                finally:
                    _stop_children(children)
        except (Stopped, KeyboardInterrupt):
            click.echo("Rollcall has stopped.", err=True)
        except (ChildEnded, TimeoutError, database.DatabaseUnavailable) as error:
            raise click.ClickException(f"{error}; everything else was stopped.") from error


def _run_together(
    children: dict[str, subprocess.Popen[str]], environment: Mapping[str, str], host: str, port: int
) -> None:
    migration = _start(["migrate"], environment)
    children["migrate"] = migration
    if code := migration.wait():
        raise ChildEnded("migrate", code)
    del children["migrate"]
    children["web"] = _start(["web", "--host", host, "--port", str(port)], environment)
    children["worker"] = _start(["worker"], environment, output=subprocess.PIPE)
    _wait_until_ready(children, f"http://{_reachable(host)}:{port}/healthz")
    click.echo(f"Rollcall is ready: {environment['ROLLCALL_URL']}")
    sys.stdout.flush()
    while True:
        _look_at(children)
        time.sleep(_LOOK_SECONDS * 5)


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], output: int | IO[str] | None = None
) -> subprocess.Popen[str]:
    """One part as a process in a session of its own: Ctrl-C reaches us alone, and we stop it."""
    return subprocess.Popen(
        [sys.executable, "-m", "rollcall.project", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if output is None else output,
        text=True,
        start_new_session=True,
    )


def _wait_until_ready(children: Mapping[str, subprocess.Popen[str]], health: str) -> None:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_pass_on, args=(children["worker"].stdout, lines), daemon=True).start()
    until = time.monotonic() + _START_SECONDS
    waiting = {"web", "worker"}
    with httpx.Client(trust_env=False, timeout=2) as client:
        while waiting:
            _look_at(children)
            if time.monotonic() > until:
                raise TimeoutError(f"{' and '.join(sorted(waiting))} did not start within {_START_SECONDS} s")
            if "web" in waiting and _healthy(client, health):
                waiting.discard("web")
            while not lines.empty():
                if lines.get().strip() == WORKER_READY:
                    waiting.discard("worker")
            time.sleep(_LOOK_SECONDS)


def _healthy(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(address).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _pass_on(output: IO[str] | None, lines: "queue.SimpleQueue[str]") -> None:
    for line in output or ():
        lines.put(line)


def _look_at(children: Mapping[str, subprocess.Popen[str]]) -> None:
    for name, child in children.items():
        code = child.poll()
        if code is not None:
            raise ChildEnded(name, code)


def _stop_children(children: Mapping[str, subprocess.Popen[str]]) -> None:
    """SIGTERM to all, then SIGKILL to what is left in the end (fault C2). A second Ctrl-C changes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + _STOP_SECONDS - 2
    for child in children.values():
        try:
            child.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        # What a part started itself outlives it when the part was killed; each part is a group of its own.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    with (home / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"Rollcall is already up in {home}; stop that one, or set ROLLCALL_HOME to another folder."
            ) from None
        yield


def _refuse_busy_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} can't be used ({error.strerror}); choose another with --port."
            ) from error


def _reachable(host: str) -> str:
    """The address at which we ourselves reach what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound
