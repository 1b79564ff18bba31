"""Which connection is next: whatever is due by the clock is claimed by one worker at a time, and nothing is written.

A claim is an advisory lock of this process's own session: whatever ends the process or its session ends the claim, and
the connection, which is still due, is anybody's again. Companies take turns, so that one with hundreds of connections
delays none with one. The lease keeps two runs of one connection apart; a claim only keeps two workers from trying.
"""

import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import psycopg

from rollcall.connections.models import State
from rollcall.connections.side import ALIVE, Side

CLAIM_SPACE: Final = 0x436C6D73
"""First half of the advisory lock's key; the second is the connection's id."""

AT_ONCE: Final = 8
WINDOW: Final = 1_000
"""Among so many that have been due for longest the companies take turns."""

IDLE_SECONDS: Final = 2.0
"""What was claimed and not begun for so long, because every run here takes long, goes back to the other workers."""

_DUE: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT id, company_id, next_run_at FROM connections_connection
        WHERE next_run_at <= now() AND lease IS NULL AND state NOT IN ('{State.PAUSED}', '{State.DISCONNECTED}')
          AND id <> ALL(%(without)s::bigint[])
        ORDER BY next_run_at LIMIT {WINDOW}
    ), in_turn AS MATERIALIZED (
        SELECT id, company_id FROM due LEFT JOIN unnest(%(companies)s::bigint[], %(numbers)s::bigint[])
               AS here (company, number) ON here.company = due.company_id
        ORDER BY coalesce(here.number, 0) + row_number() OVER (PARTITION BY company_id ORDER BY next_run_at, id),
                 next_run_at, id
    )
    SELECT company_id, id FROM in_turn
    WHERE pg_try_advisory_lock(%(space)s, id::int) LIMIT {AT_ONCE}
"""
_GIVE_BACK: Final = "SELECT pg_advisory_unlock(%s, one) FROM unnest(%s::int[]) one"


class Claim(NamedTuple):
    """A connection that this process alone may run by the clock now."""

    company_id: int
    connection_id: int


class Claims:
    """The claims of one process, shared by its threads."""

    def __init__(self) -> None:
        """Claim nothing yet. Its session looks at what is due in every company, and does nothing else."""
        self._side = Side(f"-c rollcall.duty=schedule {ALIVE}")
        self._side.enter()
        # claimed and not begun, with the moment of the claim; begun; ended, to be given back
        self._waiting: deque[tuple[Claim, float]] = deque()
        self._begun: set[Claim] = set()
        self._back: list[int] = []
        # not to be tried before: connection to moment
        self._shunned: dict[int, float] = {}

    def close(self) -> None:
        """Give everything back."""
        self._side.drop()

    def take(self) -> Claim | None:
        """Return what to run next, or ``None``. Raises ``psycopg.Error``."""
        with self._side.lock:
            if not self._waiting:
                now = time.monotonic()
                self._waiting.extend((one, now) for one in self._claim(now))
            if not self._waiting:
                return None
            claim, _ = self._waiting.popleft()
            self._begun.add(claim)
            return claim

    def done(self, claim: Claim, *, shun: float = 0.0) -> None:
        """Say that a claimed run is over; it goes back with the next claim. ``shun``: not here for so many seconds."""
        with self._side.lock:
            self._begun.discard(claim)
            self._back.append(claim.connection_id)
            if shun:
                self._shunned[claim.connection_id] = time.monotonic() + shun

    def give_back(self, *, idle: float = IDLE_SECONDS) -> int:
        """Let others have what has waited here for ``idle`` seconds; return how many. Raises ``psycopg.Error``."""
        with self._side.lock:
            before = time.monotonic() - idle
            left = [one for one, since in self._waiting if since <= before]
            self._waiting = deque(one for one in self._waiting if one[0] not in left)
            self._back += [one.connection_id for one in left]
            self._free()
            return len(left)

    def _free(self) -> None:
        if self._back:
            self._ask(_GIVE_BACK, [CLAIM_SPACE, self._back])
            self._back.clear()

    def _claim(self, now: float) -> Sequence[Claim]:
        self._free()
        self._shunned = {one: until for one, until in self._shunned.items() if until > now}
        here = Counter(one.company_id for one in self._begun)
        values = {
            "space": CLAIM_SPACE,
            "without": [*(one.connection_id for one in self._begun), *self._shunned],
            "companies": list(here),
            "numbers": list(here.values()),
        }
        return [Claim(*row) for row in self._ask(_DUE, values)]

    def _ask(self, statement: str, values: object) -> Sequence[tuple[int, int]]:
        try:
            return self._side.ask(statement, values)
        except psycopg.Error:
            # The session is gone or going, and with it all that was claimed.
            self._waiting.clear()
            self._back.clear()
            self._side.drop()
            raise
