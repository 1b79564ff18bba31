"""A worker's own threads: runs by the clock, claimed one after the other, and the look after what others left.

They are beside the queue: whatever a person asks for is a job, and never waits behind the clock's runs.
"""

import threading
import time
from collections import Counter
from typing import Final

import psycopg
import structlog
from django.db import connection
from django.utils import timezone

from rollcall.accounts.apart import one_by_one
from rollcall.connections import pacing
from rollcall.project import jobs
from rollcall.sync import tasks
from rollcall.sync.runs import stopping
from rollcall.sync.runs.claims import Claim, Claims

_log = structlog.get_logger("rollcall.process")

PAUSE_SECONDS: Final = 1.0
"""So often an idle worker looks for what is due."""

LOOK_SECONDS: Final = 10.0
"""So often each worker looks for what a dead one left."""

_AWAY_SECONDS: Final = 2.0
_BUSY_SECONDS: Final = 5.0
_FAILED_SECONDS: Final = (10.0, 30.0, 100.0, 300.0)
"""What raises here again and again is tried here ever more rarely."""


class Loops:
    """The threads of one worker process; ``runs`` at the same time."""

    def __init__(self, runs: int) -> None:
        """Begin nothing yet."""
        self._claims = Claims()
        self._failed: Counter[int] = Counter()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=one, daemon=True) for one in (self._look, *[self._run] * runs)
        ]

    def start(self) -> None:
        """Begin."""
        # Kept for the life of the process: no run opens a session of its own for it.
        pacing.SIDE.enter()
        for one in self._threads:
            one.start()

    def stop(self, seconds: float) -> None:
        """Begin nothing more, and wait so long at most for what is at work to reach a safe point."""
        self._ended.set()
        until = time.monotonic() + seconds
        for one in self._threads:
            one.join(max(0.0, until - time.monotonic()))
        self._claims.close()
        pacing.SIDE.leave()

    def _run(self) -> None:
        while not self._ended.is_set() and not stopping.asked():
            claim, pause = None, PAUSE_SECONDS
            try:
                claim = self._claims.take()
            except psycopg.Error as error:
                _log.warning("worker without database", error=type(error).__name__)
                pause = _AWAY_SECONDS
            if claim is None:
                # Nothing is due: a session that has grown old or dead is replaced before the next run.
                connection.close_if_unusable_or_obsolete()
                self._ended.wait(pause)
            else:
                self._do(claim)
        connection.close()

    def _do(self, claim: Claim) -> None:
        done: list[bool] = []
        if one_by_one("run_not_done", [claim], lambda one: done.append(tasks.run_due(*one))):
            tried = min(self._failed[claim.connection_id], len(_FAILED_SECONDS) - 1)
            self._failed[claim.connection_id] += 1
            self._claims.done(claim, shun=_FAILED_SECONDS[tried])
            return
        del self._failed[claim.connection_id]
        self._claims.done(claim, shun=0.0 if all(done) else _BUSY_SECONDS)

    def _look(self) -> None:
        looked = time.monotonic()
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                self._claims.give_back()
                if time.monotonic() - looked >= LOOK_SECONDS:
                    looked = time.monotonic()
                    jobs.fail_jobs_of_dead_workers()
                    tasks.recover(timezone.now())
            except Exception:  # noqa: BLE001 - whatever it was is logged, and looked at again in ten seconds
                _log.exception("look_failed")
                connection.close()
        connection.close()
