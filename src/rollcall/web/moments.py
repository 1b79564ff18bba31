"""Points in time as pages show them: relative and absolute, in the entity's time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext


class Moment(msgspec.Struct, frozen=True):
    """*12 minutes ago*, *22 November 2026, 14:05*, and the form for machines."""

    relative: str
    absolute: str
    iso: str


def moment(value: datetime | None, zone: str) -> Moment | None:
    """Return an aware time as the entity's people read it; ``None`` stays ``None``."""
    if value is None:
        return None
    local = value.astimezone(ZoneInfo(zone))
    return Moment(
        str(naturaltime(value)), date_format(local, "j F Y, H:i"), local.isoformat(timespec="seconds")
    )


def lasted(start: datetime, end: datetime | None) -> str:
    """Return how long something took, as people say it; empty while it goes on."""
    if end is None:
        return ""
    seconds = max(0, round((end - start).total_seconds()))
    if seconds < 1:
        return gettext("less than a second")
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
