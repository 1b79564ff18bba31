"""The weekly summary of an entity: Monday morning where the entity is, once a week at most, and only if it says
something.

Each entity has a row that says when its summary is due next. Whoever comes late tells the last whole week and no
older one. What it says becomes an event, and the event becomes the mails, as for any other mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Count

from rollcall.accounts.access import acting_for, on_duty
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.apart import one_by_one
from rollcall.accounts.models import Entity
from rollcall.connections.forecast import coming
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import Subscription
from rollcall.connections.queries import subscription_of
from rollcall.directory.names import names_of
from rollcall.directory.numbers import counts
from rollcall.engine.roster import State
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event
from rollcall.events.outbox import Json, NewEvent, append
from rollcall.notify.models import Week

log = structlog.get_logger(__name__)

DUTY: Final = "weekly"
HOUR: Final = time(7)  # where the entity is
NAMED: Final = 10
AHEAD: Final = timedelta(days=13)  # today and the next thirteen days
_WEEK: Final = timedelta(days=7)
_AT_ONCE: Final = 500
_LOOKED_AT: Final = 100  # events, for ten names
_HAPPENED: Final[Mapping[str, tuple[Kind, ...]]] = {
    "invited": (Kind.MEMBER_INVITED,),
    "joined": (Kind.MEMBER_SIGNED_UP, Kind.MEMBER_CREATED),
    "back": (Kind.MEMBER_REACTIVATED,),
    "updated": (Kind.MEMBER_UPDATED,),
    "left": (Kind.MEMBER_ARCHIVED,),
}

Waiting = Callable[[int], Mapping[str, Any]]
"""Tells of an entity: `held` and `conflicts` (numbers), and `trouble` of its connection in every language."""


def await_first(events: Sequence[Event], now: datetime) -> None:
    """Give each entity of these events of one company its row; one statement when they all have theirs."""
    entities = {event.entity_id for event in events if event.entity_id}
    missing = entities - set(Week.objects.filter(entity_id__in=entities).values_list("entity_id", flat=True))
    if missing:
        found = Entity.objects.filter(pk__in=missing)
        Week.objects.bulk_create(
            [Week(company_id=one.company_id, entity=one, due_at=_next(one, now)) for one in found],
            ignore_conflicts=True,
        )


def tell_due(now: datetime, waiting: Waiting) -> int:
    """Make the summaries that are due at ``now`` (aware); return how many said something.

    Each entity in a transaction of its own, together with its next date: safe to repeat and to run twice at once.
    """
    with on_duty(DUTY):
        due = list(
            Week.objects.filter(due_at__lte=now).order_by("due_at").values_list("company_id", "pk")[:_AT_ONCE]
        )
    told: list[bool] = []
    one_by_one("weekly.not_told", due, lambda one: told.append(_tell_one(*one, now, waiting)))
    return sum(told)


def _tell_one(company_id: int, week_id: int, now: datetime, waiting: Waiting) -> bool:
    with transaction.atomic(), acting_for(company_id):
        row = (
            Week.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("entity")
            .filter(pk=week_id, due_at__lte=now)
            .first()
        )
        if row is None:  # somebody else has just done it
            return False
        row.due_at = _next(row.entity, now)
        row.save(update_fields=["due_at"])
        said = facts(row.entity, now, waiting(row.entity_id))
        if not worth_a_mail(said):
            return False
        append(
            [
                NewEvent(
                    company_id=company_id,
                    kind=Kind.SUMMARY_WEEKLY,
                    actor=SYSTEM,
                    entity_id=row.entity_id,
                    data=said,
                )
            ]
        )
    log.info("weekly.told", entity=row.entity_id)
    return True


def worth_a_mail(said: Mapping[str, Any]) -> bool:
    """Tell whether something happened or waits: a list of open invitations alone is no news."""
    return bool(
        said["happened"] or any(said["waiting"].values()) or (said["connection"] or {}).get("trouble")
    )


def facts(entity: Entity, now: datetime, waits: Mapping[str, Any]) -> dict[str, Json]:
    """Return what the summary of the last whole week says; inside ``acting_for``. A dozen statements."""
    today = now.astimezone(ZoneInfo(entity.time_zone)).date()
    monday = today - timedelta(days=today.weekday())
    numbers, subscription = counts(entity.pk), subscription_of(entity.pk)
    return {
        "entity": entity.name,
        "from": (monday - _WEEK).isoformat(),
        "until": (monday - timedelta(days=1)).isoformat(),
        "happened": _happened(entity, _midnight(entity, monday - _WEEK), _midnight(entity, monday)),
        "waiting": {"held": waits["held"], "conflicts": waits["conflicts"], "banks": numbers.bank_open},
        "invitations": numbers.by_state[State.INVITED],
        "coming": _coming(subscription, today),
        "connection": _connection(entity, subscription, waits["trouble"]),
    }


def _happened(entity: Entity, since: datetime, until: datetime) -> dict[str, Json]:
    week = Event.objects.filter(
        company_id=entity.company_id,
        entity_id=entity.pk,
        at__gte=since,
        at__lt=until,
        member_id__isnull=False,
    )
    told: dict[str, Json] = {}
    for name, kinds in _HAPPENED.items():
        found = week.filter(kind__in=kinds)
        number = found.aggregate(n=Count("member_id", distinct=True))["n"]
        if number:
            ids = found.order_by("-pk").values_list("member_id", flat=True)[:_LOOKED_AT]
            first = list(dict.fromkeys(one for one in ids if one))[:NAMED]
            named = names_of(first)
            told[name] = {"n": number, "names": [named[one].name for one in first if one in named]}
    return told


def _coming(subscription: Subscription | None, today: date) -> dict[str, Json]:
    if subscription is None:
        return {}
    people, number = coming(subscription, today, today + AHEAD, size=NAMED)
    return {
        "people": [{"name": one.name, "what": one.what, "day": one.day.isoformat()} for one in people],
        "more": number - len(people),
    }


def _connection(
    entity: Entity, subscription: Subscription | None, trouble: Mapping[str, Any]
) -> dict[str, Json]:
    if subscription is None:
        return {}
    connection = subscription.connection
    read = connection.last_good_at
    zone = ZoneInfo(entity.time_zone)
    return {
        "tool": tool_name(connection.tool),
        "state": str(connection.state),
        "read": read.astimezone(zone).date().isoformat() if read else "",
        "trouble": {language: list(said) for language, said in trouble.items() if said},
    }


def _next(entity: Entity, now: datetime) -> datetime:
    """The next Monday morning where the entity is, after ``now``."""
    zone = ZoneInfo(entity.time_zone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    first = datetime.combine(monday, HOUR, zone)
    return first if first > now else datetime.combine(monday + _WEEK, HOUR, zone)


def _midnight(entity: Entity, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(entity.time_zone))
