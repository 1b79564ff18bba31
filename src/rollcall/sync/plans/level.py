"""What is provably as it was when somebody last looked: an entity at its level is not planned for again.

A plan is made from the mirror, the roster, the settings, earlier plans and the day. Whatever writes one of the first
four leaves a mark, by triggers in the database (``models.Doubt``), so that no code can forget it; a level keeps which
marks there were when a look began, in a sum that no others have, and the moment at which a day changes for somebody
the look was about. As long as both hold, the same look would find the same: nothing to do. In doubt there is a look:
after a run that did not succeed, with another version of Rollcall, when the clock went back, and at least once a day.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from importlib.metadata import version
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection as database
from msgspec import Struct

from rollcall.sync.models import Doubt

CODE: Final = version("rollcall")

KEPT: Final = timedelta(days=2)
"""Marks are forgotten after this; a level never lasts longer than a day."""

MARKS: Final = """
    (SELECT count(*) || ':' || coalesce(sum(d.id), 0) FROM sync_doubt d
     WHERE d.entity_id = s.entity_id OR d.connection_id = s.connection_id)
"""
"""SQL that tells the marks of a subscription ``s`` from any others.

Marks are added, and those of two days ago go. A new one has a greater id than any that is old enough to go, so that
where as many have come as have gone the sum is greater.
"""


class Level(Struct, frozen=True, kw_only=True):
    """A look that found nothing to do: with which marks it began, when, and until when no day changes."""

    marks: str
    looked: datetime
    until: datetime
    code: str = CODE


def marks_of(subscription_id: int) -> str:
    """Return the marks of an entity's subscription; to be read before anything that a plan is made from."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {MARKS} FROM connections_subscription s WHERE s.id = %s", [subscription_id])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def reached(marks: str, now: datetime, zones: Collection[str]) -> dict[str, Any]:
    """Return the level that a look found, for ``Run.levels``.

    Args:
        marks: read before the look began.
        now: aware, the moment that was planned for.
        zones: in which the days of people were asked who might have differed; names that are none are passed over.
    """
    return dict(msgspec.to_builtins(Level(marks=marks, looked=now, until=_until(now, zones))))


def holds(stored: Mapping[str, Any] | None, marks: str, now: datetime) -> bool:
    """Tell whether a look at ``now`` would find what the one of a stored level found."""
    if not stored:
        return False
    level = msgspec.convert(stored, Level)
    return level.marks == marks and level.looked <= now < level.until and level.code == CODE


def forget_old(now: datetime) -> None:
    """Delete marks that no level needs; on duty *schedule*."""
    Doubt.objects.filter(at__lt=now - KEPT).delete()


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
