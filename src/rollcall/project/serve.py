"""The long-running parts, each a process: `web` and `worker`; and `migrate`."""

import fcntl
import hashlib
import json
import os

import click
import structlog
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from rollcall.accounts.secrets import ensure_keys
from rollcall.project import migrating, working

_log = structlog.get_logger("rollcall.process")
_GRACE_SECONDS = 25
_MOST = 4


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--threads", default=4, show_default=True, help="Requests that a process works on at the same time."
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Processes that share the port; without it one for each core, four at most.",
)
def web(host: str, port: int, threads: int, processes: int | None) -> None:
    """Serve the pages and the API. Put a proxy that ends TLS in front on a public machine."""
    collect_static()
    _log.info("web starts", host=host, port=port)
    Granian(
        "rollcall.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes or default_processes(),
        blocking_threads=threads,
        log_level=LogLevels.warning,
        workers_kill_timeout=_GRACE_SECONDS,
        websockets=False,
    ).serve()


def default_processes() -> int:
    """Return how many processes serve pages unless somebody says it: Python works on one core in each."""
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST
    )


@click.command()
@click.option("--concurrency", default=4, show_default=True, help="Jobs worked on at the same time.")
def worker(concurrency: int) -> None:
    """Run the jobs. Start as many workers as you like, on any machine; SIGTERM ends one within 30 s."""
    raise SystemExit(working.work(concurrency))


@click.command()
def migrate() -> None:
    """Bring the database in step with this version. Safe to repeat, also on several machines."""
    try:
        migrating.migrate(verbosity=0)
        ensure_keys(settings.ROLLCALL_KEYS)
    except migrating.RoleMissing as missing:
        raise click.ClickException(str(missing)) from missing
    except OperationalError as error:
        raise click.ClickException(f"The database can't be reached: {str(error).splitlines()[0]}") from error
    _log.info("database in step")


def collect_static() -> None:
    """Copy the pages' files to STATIC_ROOT with hashed names, unless the same ones lie there already."""
    state = [
        (path, storage.size(path), storage.get_modified_time(path).timestamp())
        for finder in get_finders()
        for path, storage in finder.list([])
    ]
    digest = hashlib.sha256(json.dumps(sorted(state)).encode()).hexdigest()
    root = settings.STATIC_ROOT
    root.mkdir(parents=True, exist_ok=True)
    with (settings.ROLLCALL_HOME / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = root / ".collected"
        if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
            return
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
        stamp.write_text(digest, encoding="ascii")
