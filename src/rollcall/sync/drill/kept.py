"""The last fire drill of each entity: started from its page, played by a worker, kept as numbers until the next."""

from datetime import timedelta
from typing import Final

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections.disasters import DISASTERS
from rollcall.sync.drill.playing import Busy, Cannot, Outcome, drillable, play
from rollcall.sync.models import Drill

log = structlog.get_logger(__name__)

LOST_AFTER: Final = timedelta(minutes=15)
"""A drill that has not moved for so long has lost its worker; one step takes seconds, minutes with 100,000 people."""


def start(entity: Entity, *, actor: Actor) -> None:
    """Have a worker play every disaster, unless one is at it. Raises ``Cannot``."""
    drillable(entity.pk)
    known = last(entity.pk)
    if known is not None and at_work(known):
        return
    now = timezone.now()
    Drill.objects.update_or_create(
        entity=entity,
        defaults={
            "company_id": entity.company_id,
            "started_at": now,
            "started_by": actor.label,
            "moved_at": now,
            "finished_at": None,
            "error": "",
            "outcomes": [],
        },
    )
    job = app.configure_task("rollcall.sync.tasks.fire_drill")
    transaction.on_commit(lambda: job.defer(company_id=entity.company_id, entity_id=entity.pk))


def last(entity_id: int) -> Drill | None:
    """Return the entity's last drill, or ``None``."""
    return Drill.objects.filter(entity_id=entity_id).first()


def at_work(found: Drill) -> bool:
    """Tell whether a worker is at this drill, or will be."""
    return found.finished_at is None and timezone.now() - found.moved_at < LOST_AFTER


def outcomes(found: Drill) -> list[Outcome]:
    """Return what the drill has found so far. One of another version of Rollcall has nothing to say any more."""
    try:
        return msgspec.convert(found.outcomes, list[Outcome])
    except msgspec.ValidationError:
        return []


def carry_out(company_id: int, entity_id: int) -> None:
    """Play every disaster, each in a transaction that is taken back; between two the numbers are kept.

    Repeating it after a lost worker begins anew. Whatever else is raised is raised after it was noted.
    """
    played: list[Outcome] = []
    try:
        with access.acting_for(company_id):
            subscription = drillable(entity_id)
        for one in DISASTERS:
            played.append(play(subscription, one))
            _keep(company_id, entity_id, played)
    except (Busy, Cannot) as stopped:
        _keep(company_id, entity_id, played, error=getattr(stopped, "code", "busy"))
    except Exception:
        _keep(company_id, entity_id, played, error="internal")
        raise
    log.info("drill_done", company_id=company_id, entity_id=entity_id, played=len(played))


def _keep(company_id: int, entity_id: int, played: list[Outcome], *, error: str = "") -> None:
    now = timezone.now()
    over = bool(error) or len(played) == len(DISASTERS)
    with access.acting_for(company_id):
        Drill.objects.filter(entity_id=entity_id).update(
            outcomes=msgspec.to_builtins(played), moved_at=now, error=error, finished_at=now if over else None
        )
