"""What of the facts is wrong, how bad it is, and what to do: for the page, for `rollcall check` and for monitoring."""

from collections.abc import Iterator
from datetime import timedelta
from enum import IntEnum
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy
from msgspec import Struct

from rollcall.operations.connected import LATE
from rollcall.operations.facts import Facts, Waiting


class Gravity(IntEnum):
    """The exit code that a finding asks for."""

    SOON = 1
    """Something is to be done; Rollcall does its work meanwhile."""
    NOW = 2
    """Rollcall does not do its work, or will soon stop doing it."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be."""

    code: str
    gravity: Gravity
    # in the language of the moment: what is the matter, and what to do
    text: str
    remedy: str


QUEUE: Final = timedelta(minutes=15)
EVENTS: Final = timedelta(minutes=10)
MAILS: Final = timedelta(hours=1)
HELD: Final = timedelta(days=2)
APPLYING: Final = timedelta(hours=1)
CLOCK: Final = timedelta(seconds=5)
_GIGABYTE: Final = 1024**3
FREE_SOON: Final = 2 * _GIGABYTE
FREE_NOW: Final = _GIGABYTE // 4
FULL: Final = 0.9
OURS: Final = frozenset({"unreachable", "not_understood", "internal", "database", "interrupted"})
"""Errors that the admins of a company can do nothing about. A tool's own faults and limits pass by themselves."""


def findings(facts: Facts) -> list[Finding]:
    """Return what is wrong, worst first; nothing when all is well."""
    found = [
        *_workers(facts),
        *_behind(facts),
        *_failing(facts),
        *_plans(facts),
        *_leaving(facts),
        *_host(facts),
    ]
    return sorted(found, key=lambda one: -one.gravity)


def _workers(facts: Facts) -> Iterator[Finding]:
    if not facts.workers.alive:
        yield Finding(
            code="no_worker",
            gravity=Gravity.NOW,
            text=_("No worker is alive: nothing is read, applied or mailed."),
            remedy=_("Start “rollcall worker”, on any machine that reaches the database."),
        )
    elif _old(facts.jobs.oldest_seconds, QUEUE):
        yield Finding(
            code="queue",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s job waits in the queue, the first one for %(time)s.",
                "%(n)s jobs wait in the queue, the first one for %(time)s.",
                facts.jobs.waiting,
            )
            % {"n": facts.jobs.waiting, "time": duration(facts.jobs.oldest_seconds)},
            remedy=_("Start one more worker, or one with a higher --concurrency."),
        )


def _behind(facts: Facts) -> Iterator[Finding]:
    number, lag = facts.connected.overdue, facts.connected.lag_seconds
    if number:
        yield Finding(
            code="overdue",
            gravity=Gravity.NOW if _old(lag, LATE) else Gravity.SOON,
            text=ngettext(
                "%(n)s connection should have been read and was not, for %(time)s.",
                "%(n)s connections should have been read and were not, the first one for %(time)s.",
                number,
            )
            % {"n": number, "time": duration(lag)},
            remedy=_("See why for each of them; they are named with their companies."),
        )
    if facts.connected.parked:
        yield Finding(
            code="parked",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s connection is parked: its last three syncs died.",
                "%(n)s connections are parked: their last three syncs died.",
                facts.connected.parked,
            )
            % {"n": facts.connected.parked},
            remedy=_(
                "Look for “connection_parked” in the worker’s log, mend the cause, then have an admin sync again."
            ),
        )


def _failing(facts: Facts) -> Iterator[Finding]:
    number = sum(one.number for one in facts.connected.troubles if one.error in OURS)
    if number:
        yield Finding(
            code="failing",
            gravity=Gravity.SOON,
            text=ngettext(
                "The syncs of %(n)s connection fail for a reason no admin can mend.",
                "The syncs of %(n)s connections fail for a reason no admin can mend.",
                number,
            )
            % {"n": number},
            remedy=_("See the reasons: each says what to do."),
        )


def _plans(facts: Facts) -> Iterator[Finding]:
    held, applying = facts.plans.held, facts.plans.applying
    if _old(held.oldest_seconds, HELD):
        yield Finding(
            code="held",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s list of changes is on hold, for %(time)s.",
                "%(n)s lists of changes are on hold, the first one for %(time)s.",
                held.number,
            )
            % _said(held),
            remedy=_("Ask the admins of that company to decide: until then nobody there is changed."),
        )
    if _old(applying.oldest_seconds, APPLYING):
        yield Finding(
            code="applying",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s list of changes is being applied, for %(time)s.",
                "%(n)s lists of changes are being applied, the first one for %(time)s.",
                applying.number,
            )
            % _said(applying),
            remedy=_(
                "If that does not end, look for errors in the worker’s log; the next sync goes on with them."
            ),
        )


def _leaving(facts: Facts) -> Iterator[Finding]:
    events, mails = facts.events_waiting, facts.mails_waiting
    if _old(events.oldest_seconds, EVENTS):
        yield Finding(
            code="events",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s event has not been handed on, for %(time)s.",
                "%(n)s events have not been handed on, the first one for %(time)s.",
                events.number,
            )
            % _said(events),
            remedy=_("Look for “events.reader_failed” in the worker’s log."),
        )
    if _old(mails.oldest_seconds, MAILS):
        yield Finding(
            code="mails",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s mail waits to be sent, for %(time)s.",
                "%(n)s mails wait to be sent, the first one for %(time)s.",
                mails.number,
            )
            % _said(mails),
            remedy=_("Check the mail server of EMAIL_URL; they go out by themselves when it answers again."),
        )
    if facts.mails_failed_today:
        yield Finding(
            code="mails_failed",
            gravity=Gravity.SOON,
            text=ngettext(
                "%(n)s mail of the last day was refused, or may not have arrived.",
                "%(n)s mails of the last day were refused, or may not have arrived.",
                facts.mails_failed_today,
            )
            % {"n": facts.mails_failed_today},
            remedy=_("Look for “mail.not_sent” in the worker’s log; an admin can send an invitation again."),
        )


def _host(facts: Facts) -> Iterator[Finding]:
    base = facts.database
    if abs(base.clock_ahead_seconds) > CLOCK.total_seconds():
        yield Finding(
            code="clock",
            gravity=Gravity.SOON,
            text=_("The clocks of this machine and of the database differ by %(time)s.")
            % {"time": duration(abs(base.clock_ahead_seconds))},
            remedy=_("Let both take their time from the same place (NTP)."),
        )
    if base.home_free_bytes < FREE_SOON:
        yield Finding(
            code="disk",
            gravity=Gravity.NOW if base.home_free_bytes < FREE_NOW else Gravity.SOON,
            text=_("The disk of ROLLCALL_HOME has %(free)s GB left.")
            % {"free": round(base.home_free_bytes / _GIGABYTE, 1)},
            remedy=_("Make room: with an embedded database Rollcall stops when the disk is full."),
        )
    if base.sessions > base.most_sessions * FULL:
        yield Finding(
            code="sessions",
            gravity=Gravity.SOON,
            text=_("%(n)s of %(most)s connections to the database are in use.")
            % {"n": base.sessions, "most": base.most_sessions},
            remedy=_("Raise max_connections of PostgreSQL, or run fewer workers with less --concurrency."),
        )


_UNITS: Final = (
    (86_400, ngettext_lazy("%(n)s day", "%(n)s days", "n")),
    (3_600, ngettext_lazy("%(n)s hour", "%(n)s hours", "n")),
    (60, ngettext_lazy("%(n)s minute", "%(n)s minutes", "n")),
)


def duration(seconds: float) -> str:
    """Return a time as people say it: seconds, minutes, hours or days, whatever is not too fine."""
    for size, said in _UNITS:
        if seconds >= 2 * size:
            return said % {"n": int(seconds // size)}
    return ngettext("%(n)s second", "%(n)s seconds", int(seconds)) % {"n": int(seconds)}


def _old(seconds: float, most: timedelta) -> bool:
    return seconds > most.total_seconds()


def _said(waiting: Waiting) -> dict[str, object]:
    return {"n": waiting.number, "time": duration(waiting.oldest_seconds)}
