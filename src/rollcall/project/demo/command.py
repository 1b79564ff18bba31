"""Start the stand-ins for the HR tools, `rollcall up` beside them, and fill the empty installation."""

import fcntl
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from rollcall.project.demo import story
from rollcall.project.demo.people import hand_made
from rollcall.project.home import home_folder
from rollcall.simulators import server
from rollcall.simulators.server import Running

TOOLS: Final = tuple(sorted(server.TOOLS))
SIGN_IN: Final = ("deel", "payfit")
"""Tools where people sign in instead of copying a key; the stand-ins agree at once."""

PEOPLE: Final = 500
_READY: Final = "Rollcall is ready"
_STOP_SECONDS: Final = 40


@click.command()
@click.option("--port", default=8000, show_default=True, help="Port of the pages.")
@click.option("--headless", is_flag=True, help="Run the whole story over HTTP and end.")
@click.option("--json", "as_json", is_flag=True, help="With --headless: print one JSON document.")
@click.option("--seed", default=1, show_default=True, help="Another number, another company.")
def demo(port: int, headless: bool, as_json: bool, seed: int) -> None:
    """Show Rollcall with a made-up company of 500 people; every start begins afresh.

    The HR tools are stand-ins on this machine that answer as the real ones do. Nothing leaves it.
    """
    running = server.start(TOOLS, people=PEOPLE, seed=seed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _up(_environment(port, running), port) as environment:
            made = _fill(environment, running)
            if headless:
                mails = f"{environment['ROLLCALL_HOME']}/mail"
                acts = story.play(f"http://127.0.0.1:{port}", {**made, "mails": mails}, running)
                click.echo(json.dumps(acts, indent=1) if as_json else story.in_words(acts))
                if not acts["ok"]:
                    raise SystemExit(1)
                return
            click.echo(_welcome(port, made, running))
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        click.echo("The demo has stopped.", err=True)
    finally:
        running.stop()


def _environment(port: int, running: Running) -> dict[str, str]:
    home = home_folder(os.environ)
    home = home.with_name(home.name + "-demo")
    # what is typed for SCIM is the whole address, so there is nothing to put another one for
    origins = {f"ROLLCALL_BASE_URL_{tool.upper()}": running.url(tool) for tool in TOOLS if tool != "scim"}
    apps = {
        f"ROLLCALL_{tool.upper()}_{name.upper()}": running.credentials(tool)[name]
        for tool in SIGN_IN
        for name in ("client_id", "client_secret")
    }
    # The demo never touches a database that somebody works with.
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "EMAIL_URL")}
    return {
        **given,
        **origins,
        **apps,
        "ROLLCALL_HOME": str(home),
        "ROLLCALL_URL": f"http://localhost:{port}",
        "ROLLCALL_ALLOW_HOSTS": "127.0.0.1",
        "ROLLCALL_DEMO": "1",
        "ROLLCALL_LOG": os.environ.get("ROLLCALL_LOG", "console:warning"),
    }


@contextmanager
def _up(environment: Mapping[str, str], port: int) -> Iterator[dict[str, str]]:
    """`rollcall up` on an empty home, until the end of the block."""
    home = Path(environment["ROLLCALL_HOME"])
    _empty(home)
    child = subprocess.Popen(
        [sys.executable, "-m", "rollcall.project", "up", "--port", str(port)],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_for_ready(child)
        yield dict(environment)
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _empty(home: Path) -> None:
    """Throw away what an earlier demo left, but never the home of a demo that is running."""
    if (home / "up.lock").exists():
        with (home / "up.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise click.ClickException(
                    f"A demo is already running in {home}; stop that one first."
                ) from None
    shutil.rmtree(home, ignore_errors=True)


def _wait_for_ready(child: subprocess.Popen[str]) -> None:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in child.stdout or ():
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    while not (line := lines.get()).startswith(_READY):
        if not line:
            raise click.ClickException("The demo could not start; the lines above say why.")


def _fill(environment: Mapping[str, str], running: Running) -> dict[str, str]:
    """Make the company, its two entities, the owner and the members made by hand; return what signs in."""
    done = subprocess.run(
        [sys.executable, "-m", "rollcall.project", "demo-fill"],
        env=dict(environment),
        input=json.dumps(hand_made(running.world("bamboohr"))),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def _welcome(port: int, made: Mapping[str, str], running: Running) -> str:
    lines = [
        "",
        f"Rollcall is ready: http://localhost:{port}",
        "",
        f"  Sign in as    {made['email']}",
        f"  Password      {made['password']}",
        f"  Mail sent     http://localhost:{port}/demo/mail/",
        "",
        "Connect one of these under Settings > Integrations:",
    ]
    lines += [f"  {tool:<9} {_key(tool, running)}" for tool in TOOLS]
    lines += [
        "",
        "Change people in an HR tool while you watch (then press Sync now), here in Personio:",
        f"  curl -d '{{\"n\": 3}}' {running.control('personio')}/hire",
        f"  curl -d '{{\"n\": 2}}' {running.control('personio')}/terminate",
        "The others listen at:",
        *(f"  {tool:<9} {running.control(tool)}" for tool in TOOLS if tool != "personio"),
        "",
        "Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


def _key(tool: str, running: Running) -> str:
    """Return what to type to connect a stand-in."""
    given = running.credentials(tool)
    if tool in (*SIGN_IN, "factorial"):
        # an app's own credentials, which nobody types
        given = {name: value for name, value in given.items() if not name.startswith("client_")}
    typed = "  ".join(f"{name} {value}" for name, value in given.items())
    return f"sign in there, or: {typed}" if tool in SIGN_IN else typed
