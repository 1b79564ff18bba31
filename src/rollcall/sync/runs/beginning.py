"""How a run begins: written down in one statement, together with everything that is to be known before it reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import JSONField
from django.utils import timezone
from msgspec import Struct

from rollcall.accounts import access
from rollcall.connections.models import Connection, State
from rollcall.sync.models import Run, RunState
from rollcall.sync.plans import level
from rollcall.sync.plans.level import MARKS
from rollcall.sync.runs import parking
from rollcall.sync.runs.ending import next_run
from rollcall.sync.runs.usual import Usual


class Last(Struct, frozen=True, kw_only=True):
    """The run before, as far as the next one goes on from it."""

    state: str
    levels: Mapping[str, Mapping[str, Any]]
    kept: Mapping[str, Any] | None
    kept_for: Mapping[str, int] | None
    unusual: Sequence[Mapping[str, Any]] | None


class Facts(Struct, frozen=True, kw_only=True):
    """What is known when a run begins."""

    # id and marks of each subscription whose settings somebody has confirmed, in the order of the ids
    live: Sequence[tuple[int, str]] = ()
    last: Last | None = None
    # a plan whose apply was interrupted
    applying: bool = False
    # the tool knows where to call us
    hooked: bool = False
    # it was asked to call us, and said no
    refused: bool = False
    # the numbers that pages show are of today
    counted: bool = False
    # somebody's absence is being counted
    absent: bool = False

    def levels(self, now: datetime) -> dict[str, Mapping[str, Any]]:
        """Return the levels that still hold: of entities for which there is provably nothing to do."""
        before = self.last
        if before is None or before.state != RunState.SUCCEEDED:
            return {}
        stored = {str(one): before.levels.get(str(one)) for one, _ in self.live}
        return {
            str(one): known
            for one, marks in self.live
            if (known := stored[str(one)]) is not None and level.holds(known, marks, now)
        }

    def kept(self) -> dict[str, Any]:
        """Return what the run before kept of fields that the tool seems to have lost, for ``Run.seen``."""
        if self.last is None or self.last.kept is None:
            return {}
        return {"kept": self.last.kept, "kept_for": self.last.kept_for}

    def standing(self) -> Usual:
        """Return what was unusual in the last full read, as the run before has it."""
        return Usual(standing=(self.last.unusual or ()) if self.last else ())


FACTS: Final = f"""
    jsonb_build_object(
        'live', (SELECT coalesce(jsonb_agg(jsonb_build_array(s.id, {MARKS}) ORDER BY s.id), '[]')
                 FROM connections_subscription s WHERE s.connection_id = %(connection)s AND s.settings IS NOT NULL),
        'last', (SELECT jsonb_build_object('state', r.state, 'levels', r.levels, 'kept', r.seen -> 'kept',
                                           'kept_for', r.seen -> 'kept_for', 'unusual', r.seen -> 'unusual')
                 FROM sync_run r WHERE r.connection_id = %(connection)s ORDER BY r.id DESC LIMIT 1),
        'applying', EXISTS (SELECT FROM sync_plan p JOIN connections_subscription s ON s.id = p.subscription_id
                            WHERE s.connection_id = %(connection)s AND p.entity_id = s.entity_id
                              AND p.state = 'applying'),
        'hooked', EXISTS (SELECT FROM connections_webhook w
                          WHERE w.connection_id = %(connection)s AND w.registration <> ''),
        'refused', EXISTS (SELECT FROM connections_webhook w
                           WHERE w.connection_id = %(connection)s AND w.error <> ''),
        'counted', EXISTS (SELECT FROM connections_tally t WHERE t.connection_id = %(connection)s
                           AND (t.counted_at AT TIME ZONE 'UTC')::date = (%(now)s AT TIME ZONE 'UTC')::date),
        'absent', EXISTS (SELECT FROM connections_employee e WHERE e.connection_id = %(connection)s
                          AND e.absent_since IS NOT NULL AND e.absent_proven_at IS NULL))
"""

_COLUMNS: Final = tuple(field.column for field in Connection._meta.concrete_fields)  # noqa: SLF001 - documented API
_JSON: Final = frozenset(
    field.column
    for field in Connection._meta.concrete_fields  # noqa: SLF001 - documented API
    if isinstance(field, JSONField)
)
_NAMES: Final = tuple(field.attname for field in Connection._meta.concrete_fields)  # noqa: SLF001 - documented API

_BEGIN: Final = f"""
    WITH mine AS (
        UPDATE connections_connection c
        SET run_wanted = '', run_wanted_by = '', progress = '{{"read": 0}}',
            state = CASE c.state WHEN '{State.CONNECTING}' THEN c.state ELSE '{State.SYNCING}' END,
            -- If this process is killed, the clock starts the next run: also after the very first one (C1).
            next_run_at = coalesce(c.next_run_at, %(next)s)
        WHERE c.id = %(connection)s AND c.state NOT IN ('{State.PAUSED}', '{State.DISCONNECTED}')
          AND c.error <> '{parking.PARKED}'
          AND NOT EXISTS (SELECT FROM sync_run r WHERE r.connection_id = c.id AND r.finished_at IS NULL)
        RETURNING c.*
    ), begun AS (
        INSERT INTO sync_run (company_id, connection_id, trigger, started_by, state, error, error_params, started_at,
                              seen, levels)
        SELECT mine.company_id, mine.id, %(trigger)s, %(by)s, '{RunState.READING}', '', '{{}}', %(now)s, '{{}}', '{{}}'
        FROM mine RETURNING id
    )
    SELECT begun.id, {FACTS}, {", ".join(f"mine.{name}" for name in _COLUMNS)} FROM mine, begun
"""


def begin(
    company_id: int, connection_id: int, trigger: str, started_by: str
) -> tuple[Run, Connection, Facts] | None:
    """Write down that a run begins; ``None`` when the connection is not in use, or parked."""
    now = timezone.now()
    rows = access.asked(
        company_id,
        _BEGIN,
        {
            "connection": connection_id,
            "next": next_run(connection_id, now),
            "trigger": trigger,
            "by": started_by,
            "now": now,
        },
    )
    if not rows:
        return _begin_with_care(company_id, connection_id, trigger, started_by, now)
    run_id, facts, *values = rows[0]
    connection = _connection(values)
    run = Run(
        pk=run_id,
        company_id=company_id,
        connection=connection,
        trigger=trigger,
        started_by=started_by,
        started_at=now,
    )
    return _stored(run), connection, facts_from(facts)


def _begin_with_care(
    company_id: int, connection_id: int, trigger: str, started_by: str, now: datetime
) -> tuple[Run, Connection, Facts] | None:
    """Begin after a run that did not end, after a rest, or not at all."""
    with access.acting_for(company_id):
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        if not connection.is_used:
            return None
        ended = parking.end_unfinished(connection, now)
        if ended and not parking.is_asked(trigger) and parking.deaths(connection) >= parking.MOST:
            parking.stop_trying(connection, None, now)
            return None
        if parking.refuses(connection, trigger, now):
            Connection.objects.filter(pk=connection_id).update(run_wanted="", run_wanted_by="")
            return None
        facts = access.asked(company_id, f"SELECT {FACTS}", {"connection": connection_id, "now": now})
        run = Run.objects.create(
            company_id=company_id,
            connection=connection,
            trigger=trigger,
            started_by=started_by,
            started_at=now,
        )
        connection.run_wanted = connection.run_wanted_by = ""
        connection.progress = {"read": 0}
        connection.next_run_at = connection.next_run_at or next_run(connection.pk, now)
        if connection.state != State.CONNECTING:
            connection.state = State.SYNCING
        connection.save(update_fields=["run_wanted", "run_wanted_by", "state", "progress", "next_run_at"])
        return run, connection, facts_from(facts[0][0])


def _stored(run: Run) -> Run:
    run._state.adding = False  # noqa: SLF001 - documented API: the row is there
    run._state.db = "default"  # noqa: SLF001 - documented API
    return run


def _connection(values: Sequence[Any]) -> Connection:
    plain = [
        msgspec.json.decode(value) if name in _JSON and isinstance(value, str) else value
        for name, value in zip(_COLUMNS, values, strict=True)
    ]
    return Connection.from_db("default", _NAMES, plain)


def facts_from(value: Any) -> Facts:
    """Return what ``FACTS`` found."""
    return msgspec.json.decode(value, type=Facts) if isinstance(value, str) else msgspec.convert(value, Facts)
