"""The demonstration as a process of its own: real pages, worker, database, and stand-ins for the HR tools."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx
import psutil
from msgspec import Struct, structs

from rollcall.simulators import server
from rollcall.simulators.loopback import NO_AUTHORITIES
from tests import homes

TOOLS: Final = ("bamboohr", "personio")
_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 50


class Demo(Struct, frozen=True, kw_only=True):
    """Where the demonstration is, and what opens it; `origins` are the HR tools' addresses.

    `environment` is what the operator's commands need.
    """

    origin: str
    email: str
    password: str
    credentials: dict[str, dict[str, str]]
    origins: dict[str, str]
    environment: dict[str, str] = {}

    def control(self, tool: str, action: str, body: Mapping[str, object] | None = None) -> dict[str, object]:
        """Do something in an HR tool as an HR manager's clicks would; without a body, look."""
        address = f"{self.origins[tool]}/_control/{action}"
        with httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=30) as client:
            answer = client.get(address) if body is None else client.post(address, json=body)
        answer.raise_for_status()
        found: dict[str, object] = answer.json()
        return found


class Installation(Struct, frozen=True, kw_only=True):
    """`rollcall up` with an owner and two entities, and the HR tools beside it; quicker than a demonstration."""

    demo: Demo
    hr: server.Running
    environment: dict[str, str]

    def command(self, *arguments: str, given: str = "") -> str:
        """Run a command of the operator's, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "rollcall.project", *arguments],
            env=self.environment,
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout


@contextlib.contextmanager
def installation(
    tools: Sequence[str],
    *,
    people: int,
    signing_in: Collection[str] = (),
    more: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """Rollcall in a new home beside small stand-ins in this process; `signing_in`: tools with the operator's app.

    `more` settings of the operator's go into its environment.
    """
    hr = server.start(tools, people=people, seed=1)
    port = free_port()
    apps = {
        f"ROLLCALL_{tool.upper()}_{name.upper()}": hr.credentials(tool)[name]
        for tool in signing_in
        for name in ("client_id", "client_secret")
    }
    try:
        with prepared_home() as home:
            environment = {
                **clean_environment(home),
                **{f"ROLLCALL_BASE_URL_{tool.upper()}": hr.url(tool) for tool in tools},
                **apps,
                "ROLLCALL_URL": f"http://localhost:{port}",
                "ROLLCALL_ALLOW_HOSTS": "127.0.0.1",
                "ROLLCALL_DEMO": "1",
                "ROLLCALL_LOG": "console:warning",
                **(more or {}),
            }
            with _up(port, environment, home.with_name("told")):
                place = Installation(demo=_NOBODY, hr=hr, environment=environment)
                made = json.loads(place.command("demo-fill", given="[]").splitlines()[-1])
                demo = Demo(
                    origin=f"http://localhost:{port}",
                    email=made["email"],
                    password=made["password"],
                    credentials={tool: hr.credentials(tool) for tool in tools},
                    origins={tool: hr.url(tool) for tool in tools},
                )
                yield structs.replace(place, demo=demo)
    finally:
        hr.stop()


_NOBODY: Final = Demo(origin="", email="", password="", credentials={}, origins={})


@contextlib.contextmanager
def _up(port: int, environment: Mapping[str, str], told: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "rollcall.project", "up", "--port", str(port)]
    with (
        told.open("w") as file,
        subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            until = time.monotonic() + _START_SECONDS
            while "Rollcall is ready" not in told.read_text():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"Rollcall did not start: {told.read_text()}")
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    """A port nobody listens on at the moment; processes that run tests side by side look in places of their own."""
    place = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in random.sample(range(20_000 + 1_500 * place, 21_500 + 1_500 * place), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def demo_command(*arguments: str) -> list[str]:
    """The command line of `rollcall demo`."""
    return [sys.executable, "-m", "rollcall.project", "demo", *arguments]


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment without settings of Rollcall; the demonstration lives beside `home`."""
    ours = ("ROLLCALL_", "DATABASE_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "ROLLCALL_HOME": str(home)}


@contextlib.contextmanager
def empty_home() -> Iterator[Path]:
    """A folder that the database's own user may pass through."""
    with tempfile.TemporaryDirectory(prefix="rollcall-journey-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


@contextlib.contextmanager
def prepared_home() -> Iterator[Path]:
    """As `empty_home`, with a database that is in step: the installation starts some seconds sooner."""
    with empty_home() as home:
        homes.prepare(home)
        yield home


@contextlib.contextmanager
def started() -> Iterator[Demo]:
    """`rollcall demo` on a free port, until the end of the block."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell lets whatever it starts beside itself ignore Ctrl-C, by which a demonstration ends.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with prepared_home() as home:
        command = demo_command("--port", str(free_port()))
        told = home.with_name("told")
        with (
            told.open("w") as file,
            subprocess.Popen(
                command,
                env=clean_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                yield _read(_welcome(process, told), process)
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _welcome(process: subprocess.Popen[bytes], told: Path) -> str:
    until = time.monotonic() + _START_SECONDS
    while "Ctrl-C" not in (text := told.read_text()):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the demonstration did not start: {text}")
        time.sleep(0.1)
    return text


def _read(text: str, process: subprocess.Popen[bytes]) -> Demo:
    def one(pattern: str) -> str:
        found = re.search(pattern, text)
        assert found, f"{pattern} is missing in what the demonstration says"
        return found[1]

    keys = {}
    for tool in TOOLS:
        words = one(rf"(?m)^  {tool} +(.+)$").split()
        keys[tool] = dict(zip(words[::2], words[1::2], strict=True))
    # The welcome names one tool's control address only; the processes below are told both.
    given = psutil.Process(process.pid).children()[0].environ()
    return Demo(
        origin=one(r"ready: (\S+)"),
        email=one(r"Sign in as +(\S+)"),
        password=one(r"Password +(\S+)"),
        credentials=keys,
        origins={tool: given[f"ROLLCALL_BASE_URL_{tool.upper()}"].rstrip("/") for tool in TOOLS},
        environment=given,
    )
