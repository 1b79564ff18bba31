"""Points in time as pages show them: relative and absolute, in the entity's time zone."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from django.contrib.humanize.templatetags.humanize import NaturalTimeFormatter, naturaltime
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext, ngettext

from rollcall.sync.words.sentences import day_text

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

# Up to these ages the words are the same for so many seconds; of older times they depend on the calendar.
_SAME_WORDS: Final = ((_HOUR, 60), (7 * _DAY, _HOUR), (28 * _DAY, _DAY))


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
    absolute = f"{day_text(local.date().isoformat())}, {local:%H:%M}"
    return Moment(_ago(value), absolute, local.isoformat(timespec="seconds"))


def _ago(value: datetime) -> str:
    """Return what ``naturaltime`` does, which takes a third of the work of a list of times."""
    age = int((timezone.now() - value).total_seconds())
    for below, step in _SAME_WORDS:
        if 60 <= age < below:
            return _words_of(age - age % step, get_language())
    return str(naturaltime(value))


@lru_cache(maxsize=1_024)
def _words_of(age: int, _language: str | None) -> str:
    """Return the words for an age in the present language, which is told only to be remembered by."""
    words, now = NaturalTimeFormatter, datetime(2026, 1, 31, tzinfo=UTC)
    if age >= _DAY:
        since = timesince(now - timedelta(seconds=age), now, time_strings=words.past_substrings)
        return str(words.time_strings["past-day"] % {"delta": since})
    if age >= _HOUR:
        return str(words.time_strings["past-hour"] % {"count": age // _HOUR})
    return str(words.time_strings["past-minute"] % {"count": age // 60})


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
