"""What is provably as it was when somebody last looked: an entity at its level is not planned for again.

A plan is made from the mirror, the roster, the settings, earlier plans and the day. Whatever writes one of the first
four leaves a mark, by triggers in the database (``models.Doubt``), so that no code can forget it; a level keeps which
marks there were when a look began, in a sum that no others have, and the moment at which a day changes for somebody
the look was about. As long as both hold, the same look would find the same: nothing to do. In doubt there is a look:
after a run that did not succeed, with another version of Rollcall, when the clock went back, and at least once a day.

Every look leaves a level, also one that found something: then it is not *settled* and nothing is passed over, but the
next look goes on from it and asks about those alone who may be candidates since (``near``).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from importlib.metadata import version
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection as database
from msgspec import Struct

from rollcall.sync.models import Doubt
from rollcall.sync.plans.losses import Measure

CODE: Final = version("rollcall")

KEPT: Final = timedelta(days=2)
"""Marks are forgotten after this, by whole days; a level never lasts longer than a day."""

MARKS: Final = """
    (SELECT count(*) || ':' || coalesce(sum(d.id), 0) || ':' || coalesce(max(d.id), 0) FROM sync_doubt d
     WHERE d.entity_id = s.entity_id OR d.connection_id = s.connection_id)
"""
"""SQL that tells the marks of a subscription ``s`` from any others: how many, their sum, and the newest.

Marks are added, and those of two days ago go. A new one has a greater id than any that is old enough to go, so that
where as many have come as have gone the sum is greater.
"""


class Level(Struct, frozen=True, kw_only=True):
    """A look: with which marks it began, when, and until when no day changes."""

    marks: str
    looked: datetime
    until: datetime
    code: str = CODE
    # nothing was left to be done
    settled: bool = True
    # who was a candidate, by employee id; ``None`` when they were too many to be kept
    waiting: tuple[str, ...] | None = None
    # how many seemed to have lost each field
    measured: Measure | None = None

    def is_of(self, now: datetime) -> bool:
        """Tell whether it was made by this version of Rollcall, and no day that matters has changed since."""
        return self.looked <= now < self.until and self.code == CODE


def marks_of(subscription_id: int) -> str:
    """Return the marks of an entity's subscription; to be read before anything that a plan is made from."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {MARKS} FROM connections_subscription s WHERE s.id = %s", [subscription_id])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def with_own(marks: str, own: Iterable[int]) -> str:
    """Return the marks together with some that the look has left itself."""
    count, total, newest = map(int, marks.split(":"))
    ids = list(own)
    return f"{count + len(ids)}:{total + sum(ids)}:{max([newest, *ids])}"


def reached(marks: str, now: datetime, zones: Collection[str], **more: Any) -> dict[str, Any]:
    """Return the level that a look found, for ``Run.levels``.

    Args:
        marks: read before the look began.
        now: aware, the moment that was planned for.
        zones: in which the days of people were asked who might have differed; names that are none are passed over.
        more: the other fields of ``Level``.
    """
    return dict(msgspec.to_builtins(Level(marks=marks, looked=now, until=_until(now, zones), **more)))


def stored_as(stored: Mapping[str, Any] | None) -> Level | None:
    """Return a level as ``Run.levels`` has it."""
    return msgspec.convert(stored, Level) if stored else None


def holds(stored: Mapping[str, Any] | None, marks: str, now: datetime) -> bool:
    """Tell whether a look at ``now`` would find what the one of a stored level found."""
    level = stored_as(stored)
    return level is not None and level.settled and level.marks == marks and level.is_of(now)


def forget_old(now: datetime) -> None:
    """Delete marks that no level needs; on duty *schedule*.

    A day's marks go together at midnight, when every level ends anyway: else each that goes would end one.
    """
    midnight = datetime.combine((now.astimezone(UTC) - KEPT).date(), time(0), tzinfo=UTC)
    Doubt.objects.filter(at__lt=midnight).delete()


def _until(now: datetime, zones: Collection[str]) -> datetime:
    """Return the first moment after ``now`` at which it is another day in UTC, in one of the zones, or on the edges.

    The edges are the first and the last place on earth where a day begins (``engine.status.first_day`` and the day
    that ``candidates`` calls the last one).
    """
    utc = now.astimezone(UTC)
    moments = [
        _midnight(utc + shift) - shift for shift in (timedelta(0), timedelta(hours=-12), timedelta(hours=14))
    ]
    for name in zones:
        try:
            local = now.astimezone(ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            # Nobody's day is read in a zone that there is not.
            continue
        moments.append(_midnight(local).astimezone(UTC))
    return min(moments)


def _midnight(moment: datetime) -> datetime:
    """Return the next midnight where ``moment`` is told; where the clock skips it, a moment before the day begins."""
    return datetime.combine(moment.date() + timedelta(days=1), time(0), tzinfo=moment.tzinfo)
