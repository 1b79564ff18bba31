"""A stored plan as people read it: groups with counts, and pages of lines."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from rollcall.engine.change import Kind
from rollcall.sync.models import WAITING, Line, Plan, Run

PAGE: Final = 50


def plan_of(entity_id: int, plan_id: int) -> Plan | None:
    """Return a plan of the entity with its subscription and connection, or ``None``."""
    found = Plan.objects.select_related("subscription__connection", "entity", "run")
    return found.filter(entity_id=entity_id, pk=plan_id).first()


def waiting_plan(entity_id: int) -> Plan | None:
    """Return the newest plan of the entity that waits for a person (preview or held), or ``None``."""
    return Plan.objects.filter(entity_id=entity_id, state__in=WAITING).order_by("-pk").first()


def latest_plan(entity_id: int) -> Plan | None:
    """Return the newest plan of the entity in any state: its skips and notes are the present ones."""
    return Plan.objects.filter(entity_id=entity_id).order_by("-pk").first()


def lines(
    plan: Plan, kinds: Sequence[Kind], *, search: str = "", after: int = 0, size: int = PAGE
) -> list[Line]:
    """Return up to ``size`` + 1 lines of these kinds in order, those behind line number ``after``."""
    found = Line.objects.filter(plan=plan, kind__in=list(kinds), number__gt=after)
    for word in search.split()[:5]:
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return list(found.order_by("number")[: size + 1])


def runs(connection_id: int, *, before: int | None = None, size: int = PAGE) -> list[Run]:
    """Return up to ``size`` + 1 runs of a connection, newest first, those before run ``before``."""
    found = Run.objects.filter(connection_id=connection_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: size + 1])
