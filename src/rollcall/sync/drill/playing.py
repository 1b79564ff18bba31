"""The fire drill: what a disaster in HR data would do today, with this entity's settings, members and limits.

Nothing here is a model of a run: the read is merged, planned, held against the limits, and applied if it passes none,
by the functions of a run, on copies that are thrown away (``drill_copy.py``). What became of people is read off the
copies afterwards.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection as database
from django.utils import timezone
from msgspec import Struct

from rollcall.connections import disasters
from rollcall.connections.disasters import DISASTERS, Disaster
from rollcall.connections.models import Connection, State, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.connections.source import SourceError
from rollcall.engine.change import ACTING
from rollcall.sync.drill.copying import Busy, copied
from rollcall.sync.drill.rewinding import rewind, strike_rewound
from rollcall.sync.models import Plan, PlanState, Run, RunState
from rollcall.sync.runs.run import note, settle
from rollcall.sync.runs.usual import usual_of

__all__ = ("NAMED", "Busy", "Cannot", "Outcome", "chosen", "drillable", "play", "play_all")

NAMED: Final = 10
"""So many of those who would have lost access are named."""


class Cannot(Exception):
    """There is nothing to drill with. ``code``: not_connected, not_read_yet or not_set_up."""

    def __init__(self, code: str) -> None:
        """Keep the reason; pages and the command have a sentence for it."""
        super().__init__(code)
        self.code = code


class Outcome(Struct, frozen=True, kw_only=True):
    """What one disaster would have done. People are numbers of members: a drill keeps no names."""

    disaster: str
    # managed members whom it strikes
    struck: int
    # struck members who would be archived though they work here, or moved to an address that is not theirs
    lost: int
    lost_members: Sequence[int]
    # struck members who would stay exactly as they are
    kept: int
    # kinds of change that would have been made by itself
    applied: Mapping[str, int]
    # kinds of change that would wait for a person, and the limits passed (Breached as JSON)
    held: Mapping[str, int]
    breaches: Sequence[Mapping[str, Any]]
    # reasons of skips and notes of the plan, with how many there are
    remarks: Mapping[str, int]
    # why the run would have ended without a plan (a code of connectors.errors), else empty
    error: str
    error_params: Mapping[str, str]
    # how many the tool listed
    employees: int
    seconds: float

    @property
    def passes(self) -> bool:
        """Tell whether nobody would have lost access."""
        return self.lost == 0


def chosen(names: Sequence[str]) -> list[Disaster]:
    """Return the disasters of these names, all for none. Raises ``KeyError`` for an unknown one."""
    known = {one.name: one for one in DISASTERS}
    return [known[name] for name in names] or list(DISASTERS)


def drillable(entity_id: int) -> Subscription:
    """Return the entity's use of its tool, inside ``acting_for``. Raises ``Cannot``."""
    found = subscription_of(entity_id)
    if found is None or found.connection.state == State.DISCONNECTED:
        raise Cannot("not_connected")
    if found.connection.last_good_at is None:
        raise Cannot("not_read_yet")
    if not found.is_live:
        raise Cannot("not_set_up")
    return found


def play_all(subscription: Subscription, names: Sequence[str] = ()) -> Iterator[Outcome]:
    """Yield what each disaster would have done, each played in a transaction of its own. Raises ``Busy``."""
    for one in chosen(names):
        yield play(subscription, one)


def play(subscription: Subscription, disaster: Disaster) -> Outcome:
    """Play one disaster and take it back. Raises ``Busy`` when a run is at work on the connection."""
    begun = time.monotonic()
    with copied(subscription):
        if disaster.rewinds:
            rewind(subscription.entity_id)
        _remember(subscription)
        token, connection = uuid4(), Connection.objects.get(pk=subscription.connection_id)
        connection.lease, connection.state = token, State.SYNCING
        connection.save(update_fields=["lease", "state"])
        disasters.strike(connection, disaster)
        if disaster.rewinds:
            strike_rewound()
        error: SourceError | None = None
        plans: list[Plan] = []
        listed = 0
        now = timezone.now()
        struck = _struck(disaster)
        if struck:
            try:
                for hours in disaster.hours:
                    at = now + timedelta(hours=hours)
                    listed, made = _run(connection, subscription, disaster, token, at)
                    plans += [made] if made else []
            except SourceError as stopped:
                error = stopped
        return _outcome(disaster, plans, error, struck=struck, listed=listed, begun=begun)


def _run(
    connection: Connection, subscription: Subscription, disaster: Disaster, token: UUID, at: datetime
) -> tuple[int, Plan | None]:
    """Do with the copies what ``run_connection`` does after its read; return how many were listed, and the plan."""
    run = Run.objects.create(
        company_id=subscription.company_id, connection=connection, trigger="clock", started_at=at
    )
    fetched = disasters.read(connection, disaster, now=at, usual=usual_of(connection.pk).employees)
    note(run, connection, fetched, token, company="", identity="")
    made = settle(subscription.company_id, subscription.pk, run, token, now=at)
    run.state, run.finished_at = RunState.SUCCEEDED, at
    run.save(update_fields=["state", "finished_at"])
    if made is not None:
        made.refresh_from_db()
    return fetched.employees, made


_WAS: Final = """
    CREATE TEMPORARY TABLE was ON COMMIT DROP AS
    SELECT l.employee_id, m.id, m.email_key, md5(m::text) AS content, e.email_key AS true_email,
           e.id IS NULL OR e.absent_since IS NOT NULL OR e.status = 'inactive'
           OR coalesce(coalesce(e.last_working_day, e.end_date) < now()::date, false) AS leaves
    FROM directory_link l JOIN directory_member m ON m.id = l.member_id
    LEFT JOIN connections_employee e ON e.connection_id = l.connection_id AND e.external_id = l.employee_id
    WHERE l.entity_id = %s AND l.connection_id = %s AND l.managed AND m.state <> 'archived'
"""


def _remember(subscription: Subscription) -> None:
    """Note in the temporary table ``was`` the managed members as they are, and what the tool truly says of them."""
    with database.cursor() as cursor:
        cursor.execute(_WAS, [subscription.entity_id, subscription.connection_id])
        cursor.execute("CREATE INDEX ON was (employee_id)")
        cursor.execute("ANALYZE was")


def _struck(disaster: Disaster) -> int:
    """Return how many managed members are struck; of a month's changes everybody counts, also who was new."""
    members = "" if disaster.rewinds else " JOIN was USING (employee_id)"
    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM struck{members}")
        return int(cursor.fetchone()[0])


_AFTER: Final = """
    SELECT count(*) FILTER (WHERE md5(m::text) = w.content),
           count(*) FILTER (WHERE lost), (array_agg(m.id ORDER BY m.id) FILTER (WHERE lost))[1:%s]
    FROM was w JOIN struck s USING (employee_id) JOIN directory_member m ON m.id = w.id,
    LATERAL (SELECT (m.state = 'archived' AND NOT w.leaves)
                    OR (m.email_key <> w.email_key AND m.email_key IS DISTINCT FROM w.true_email) AS lost) x
"""


def _outcome(
    disaster: Disaster,
    plans: Sequence[Plan],
    error: SourceError | None,
    *,
    struck: int,
    listed: int,
    begun: float,
) -> Outcome:
    with database.cursor() as cursor:
        cursor.execute(_AFTER, [NAMED])
        kept, lost, members = cursor.fetchone()
    applied: Counter[str] = Counter()
    for one in plans:
        if one.state == PlanState.APPLIED:
            applied.update(_acting(one))
    last = plans[-1] if plans else None
    held = last if last is not None and last.state == PlanState.HELD else None
    counts = last.counts if last else {}
    return Outcome(
        disaster=disaster.name,
        struck=struck,
        lost=lost,
        lost_members=members or [],
        kept=kept,
        applied=applied,
        held=_acting(held) if held else {},
        breaches=held.breaches if held else [],
        remarks={
            name.partition(".")[2]: n for name, n in counts.items() if name.startswith(("skip.", "note."))
        },
        error=error.code if error else "",
        error_params=dict(error.params) if error else {},
        employees=listed,
        seconds=round(time.monotonic() - begun, 2),
    )


def _acting(made: Plan) -> dict[str, int]:
    return {str(kind): made.counts[kind] for kind in ACTING if made.counts.get(kind)}
