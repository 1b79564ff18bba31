"""The worker's process: it outlives a database that goes away, and ends within 30 s when it is asked to.

Procrastinate's worker ends with the first statement that fails, so it is begun again until somebody asks us to stop.
SIGTERM and SIGINT: no job is begun any more, and those at work stop at their next safe point (``sync.stopping``).
What does not get there in time, as somebody who waits for an HR tool's answer, ends with the process; what it left
behind is whole, and another worker takes it up (faults C1, C2).
"""

import asyncio
import os
import signal
import threading
from contextlib import suppress
from typing import Final

import click
import structlog
from django.db import DatabaseError, InterfaceError, connection
from procrastinate import App
from procrastinate.contrib.django import app as current_app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

from rollcall.connections.side import notice_silence
from rollcall.operations import counting
from rollcall.project import jobs, up
from rollcall.project.looping import Loops
from rollcall.sync.runs import stopping
from rollcall.sync.runs.ending import let_go
from rollcall.sync.tasks import tick

_log = structlog.get_logger("rollcall.process")

GRACE_SECONDS: Final = 20
"""Jobs get so long to reach a safe point."""

END_SECONDS: Final = 24
LAST_SECONDS: Final = 28
"""After so long the process ends whatever its jobs do; an operator's own patience is 30 s."""

_PAUSES: Final = (0.5, 1.0, 2.0, 5.0)


def work(concurrency: int) -> int:
    """Run jobs until SIGTERM or SIGINT; return the exit code.

    ``concurrency`` jobs at the same time, and as many runs by the clock.
    """
    if not isinstance(current_app.connector, DjangoConnector):
        raise click.ClickException("The queue is not set up.")
    notice_silence()
    worker_connector = current_app.connector.get_worker_connector()
    with current_app.replace_connector(worker_connector) as app, counting.stored_regularly():
        asyncio.run(_Worker(app, concurrency).run())
    return 0


class _Worker:
    """One process's work, from the first job to the last."""

    def __init__(self, app: App, concurrency: int) -> None:
        self.app = app
        self.concurrency = concurrency
        self.asked = asyncio.Event()
        self.loops = Loops(concurrency)
        self.ready = False

    async def run(self) -> None:
        """Work, and begin again whenever the database comes back, until somebody asks to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask)
        failed = 0
        while not self.asked.is_set():
            try:
                await self._once()
            except (ConnectorException, DatabaseError, InterfaceError) as error:
                _log.warning("worker without database", error=type(error).__name__)
            if not self.asked.is_set():
                # Procrastinate's worker also ends by itself when one of its side tasks has failed.
                await self._rest(_PAUSES[min(failed, len(_PAUSES) - 1)])
                failed += 1
        await asyncio.to_thread(self.loops.stop, GRACE_SECONDS)

    def _ask(self) -> None:
        if self.asked.is_set():
            return
        _log.info("worker asked to stop")
        self.asked.set()
        stopping.ask()
        for seconds, end in ((END_SECONDS, _let_go_and_end), (LAST_SECONDS, _end)):
            timer = threading.Timer(seconds, end)
            timer.daemon = True
            timer.start()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.asked.wait(), seconds)

    async def _once(self) -> None:
        for job in await asyncio.to_thread(_sweep):
            _log.warning("found a job of a dead worker", job=job)
        async with self.app.open_async():
            # What a dead worker has left is taken up now, not at the next full minute.
            await tick.defer_async()
            if not self.ready:
                self.loops.start()
                click.echo(up.WORKER_READY)
                self.ready = True
            working = asyncio.create_task(
                self.app.run_worker_async(
                    concurrency=self.concurrency,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=jobs.HEARTBEAT_SECONDS,
                    stalled_worker_timeout=jobs.DEAD_AFTER_SECONDS,
                    install_signal_handlers=False,
                    name=f"worker-{os.getpid()}",
                )
            )
            stop = asyncio.create_task(self.asked.wait())
            await asyncio.wait([working, stop], return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if not working.done():
                # Its way to stop politely: it begins no job and waits for those at work.
                working.cancel()
            with suppress(asyncio.CancelledError):
                await working


def _sweep() -> list[int]:
    """Finish jobs of dead workers; in a thread that keeps no connection, for the next time it may be a dead one."""
    try:
        return jobs.fail_jobs_of_dead_workers()
    finally:
        connection.close()


def _let_go_and_end() -> None:
    """End the process though a job is still in the middle of something, and say whose work is free to be taken up."""
    _log.warning("worker ends with jobs at work; another one goes on with them")
    try:
        let_go()
    finally:
        _end()


def _end() -> None:
    os._exit(0)
