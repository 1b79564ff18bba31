"""Where a person stands on a given day, read from status and dates together."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET

from rollcall.engine.snapshot import Employee, Status


class Standing(StrEnum):
    """The one answer that plans are made from."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    LEAVING = "leaving"
    LEFT = "left"
    # status and dates contradict each other, or the status is one we do not know: nobody is removed on it
    DOUBTFUL = "doubtful"


def local_day(now: datetime, employee: Employee, entity_zone: str) -> date:
    """Return the calendar day at ``now`` (aware) where the person works, else in the entity's zone.

    A zone that nobody knows counts as none: one odd record must not stop everybody's plan (V4).

    Raises:
        zoneinfo.ZoneInfoNotFoundError: when the entity's own zone is unknown.
    """
    name = employee.time_zone
    return _day_in(now, name if isinstance(name, str) and name else "", entity_zone)


@lru_cache(maxsize=1024)
def _day_in(now: datetime, zone: str, entity_zone: str) -> date:
    """The day at one moment is the same for everybody of a zone."""
    own = _zone(zone) if zone else None
    return now.astimezone(own or ZoneInfo(entity_zone)).date()


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError is what a folder of the database ("Europe") or a name longer than a file's may be answers.
        return None


def last_day(employee: Employee) -> date | None:
    """Return the last day on which the person works: the last working day, else the end date."""
    for day in (employee.last_working_day, employee.end_date):
        if isinstance(day, date):
            return day
    return None


def first_day(now: datetime) -> date:
    """Return the earliest day that it is anywhere on earth at ``now`` (aware)."""
    return (now.astimezone(UTC) - timedelta(hours=12)).date()


def comes_or_works(employee: Employee, day: date) -> bool:
    """Tell whether the person works here or is about to, at ``first_day``: some tools call a future hire inactive."""
    start = employee.start_date
    future = last_day(employee) is None and isinstance(start, date) and start > day
    return employee.status is not Status.INACTIVE or future


def standing(employee: Employee, today: date) -> Standing:
    """Return where the person stands at ``today``, a day of the place where they work.

    Only a status or an end date makes a leaver, and never before the last day has ended. When the status says
    that somebody works here and the dates say they left (or the other way round), the answer is *doubtful*.
    """
    start = employee.start_date if isinstance(employee.start_date, date) else None
    end = last_day(employee)
    ended = end is not None and end < today
    match employee.status:
        case Status.INACTIVE if ended or end is None:
            return Standing.UPCOMING if end is None and start is not None and start > today else Standing.LEFT
        case Status.INACTIVE | Status.UNKNOWN:
            return Standing.DOUBTFUL
        case Status.UPCOMING | Status.ACTIVE | Status.ON_LEAVE if ended:
            return Standing.DOUBTFUL
        # A start day that has come outweighs a status that the tool has not moved yet.
        case Status.UPCOMING if start is None:
            return Standing.UPCOMING
        case s if s is UNSET and ended:
            return Standing.LEFT
    if start is not None and start > today:
        return Standing.UPCOMING
    if end is not None:
        return Standing.LEAVING
    return Standing.ON_LEAVE if employee.status == Status.ON_LEAVE else Standing.ACTIVE
