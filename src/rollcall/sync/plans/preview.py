"""A stored plan as people read it: groups with counts, and pages of lines."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from django.db.models import F, Func, Q, QuerySet, TextField

from rollcall.accounts.rows import fetch_columns
from rollcall.connections.models import Employee
from rollcall.engine.change import Kind
from rollcall.sync.models import WAITING, Line, Plan, PlanState, Run, RunState
from rollcall.sync.plans.remarks import CONFLICTS, conflicts
from rollcall.sync.plans.workplaces import workplaces

PAGE: Final = 50

# A word has no blank, so it is in both together where it is in one of them: half the work of asking each.
_TOLD: Final = Func(F("name"), F("email"), function="", arg_joiner=" || ' ' || ", output_field=TextField())


class Group(StrEnum):
    """The tabs of a preview, in order: what acts, then who needs a person."""

    LINK = "link"
    CREATE = "create"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RELEASE = "release"
    CONFLICT = "conflict"
    SKIP = "skip"
    NOTE = "note"


def group_counts(counts: Mapping[str, int]) -> dict[Group, int]:
    """Return how many lines each group has, from the counts stored with the plan."""
    found = {one: counts.get(one, 0) for one in Group}
    found[Group.CONFLICT] = conflicts(counts)
    for kind in (Kind.SKIP, Kind.NOTE):
        found[Group(kind)] = counts.get(kind, 0) - conflicts(counts, kind)
    return found


def plan_of(entity_id: int, plan_id: int) -> Plan | None:
    """Return a plan of the entity with its subscription and connection, or ``None``."""
    found = Plan.objects.select_related("subscription__connection", "entity", "run", "undoes")
    return found.filter(entity_id=entity_id, pk=plan_id).first()


def waiting_plan(entity_id: int) -> Plan | None:
    """Return the newest plan of the entity that waits for a person (preview or held), or ``None``."""
    return Plan.objects.filter(entity_id=entity_id, state__in=WAITING).order_by("-pk").first()


def waiting_plans(entity_id: int) -> list[Plan]:
    """Return the plans of the entity that wait for a person, held ones first, with their connections."""
    found = Plan.objects.filter(entity_id=entity_id, state__in=WAITING).select_related(
        "subscription__connection"
    )
    return sorted(found.order_by("-pk")[:10], key=lambda one: one.state != PlanState.HELD)


def latest_plan(entity_id: int) -> Plan | None:
    """Return the newest plan of the entity in any state: its skips and notes are the present ones."""
    return Plan.objects.filter(entity_id=entity_id).order_by("-pk").first()


def lines(
    plan: Plan, kinds: Sequence[Kind], *, search: str = "", after: int = 0, size: int = PAGE
) -> list[Line]:
    """Return up to ``size`` + 1 lines of these kinds in order, those behind line number ``after``."""
    found = Line.objects.filter(plan=plan, kind__in=list(kinds), number__gt=after).alias(told=_TOLD)
    for word in search.split()[:5]:
        found = found.filter(told__icontains=word)
    return list(found.order_by("number")[: size + 1])


def lines_of_group(
    plan: Plan,
    group: Group,
    *,
    search: str = "",
    field: str = "",
    why: str = "",
    after: int = 0,
    size: int = PAGE,
) -> list[Line]:
    """Return up to ``size`` + 1 lines of a group in order, those behind line number ``after``.

    Args:
        plan: with its subscription.
        group: one of the tabs.
        search: words that all have to be in name, address, work location or department.
        field: only changes of this field.
        why: only lines with this reason.
        after: number of the last line seen.
        size: of the page.
    """
    both = Q(kind__in=(Kind.SKIP, Kind.NOTE), why__in=CONFLICTS)
    if group is Group.CONFLICT:
        found = Line.objects.filter(both, plan=plan)
    else:
        found = Line.objects.filter(plan=plan, kind=group.value)
        if group in (Group.SKIP, Group.NOTE):
            found = found.exclude(why__in=CONFLICTS)
    if field:
        found = found.filter(fields__has_key=field)
    if why:
        found = found.filter(why=why)
    words = search.split()[:5]
    staff = Employee.objects.filter(connection_id=plan.subscription.connection_id)
    # What people are looked for by is mostly a name: their places are few, and compared here.
    all_locations, all_departments = workplaces(plan.subscription.connection_id) if words else ([], [])
    found = found.alias(told=_TOLD) if words else found
    for word in words:
        named = Q(told__icontains=word)
        locations = [one for one in all_locations if _has(one, word)]
        departments = [one for one in all_departments if _has(one, word)]
        if locations or departments:
            there = staff.filter(Q(work_location__in=locations) | Q(department__in=departments))
            named |= Q(employee_id__in=there.values("external_id"))
        found = found.filter(named)
    return list(found.filter(number__gt=after).order_by("number")[: size + 1])


def _has(text: str, word: str) -> bool:
    return word.casefold() in text.casefold()


class Show(StrEnum):
    """Which runs the history shows."""

    ALL = "all"
    CHANGES = "changes"
    HELD = "held"
    FAILED = "failed"


def runs(
    connection_id: int,
    *,
    before: int | None = None,
    size: int = PAGE,
    show: Show = Show.ALL,
    entity_id: int = 0,
) -> list[Run]:
    """Return up to ``size`` + 1 runs of a connection, newest first, those before run ``before``.

    With ``entity_id``, ``show`` can ask for runs that changed, or wanted to change, somebody of that entity.
    """
    return list(_runs(connection_id, before, size, show, entity_id))


def run_rows(
    connection_id: int, columns: Sequence[str], *, before: int | None = None, size: int = PAGE
) -> list[tuple[Any, ...]]:
    """Return these columns of what ``runs`` returns; JSON as text."""
    return fetch_columns(_runs(connection_id, before, size, Show.ALL, 0), columns)


def _runs(connection_id: int, before: int | None, size: int, show: Show, entity_id: int) -> "QuerySet[Run]":
    found = Run.objects.filter(connection_id=connection_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    plans = Plan.objects.filter(entity_id=entity_id, run__isnull=False)
    if show is Show.FAILED:
        found = found.filter(state=RunState.FAILED)
    elif show is Show.CHANGES:
        found = found.filter(pk__in=plans.filter(counts__acting__gt=0).values("run_id"))
    elif show is Show.HELD:
        found = found.filter(pk__in=plans.exclude(breaches=[]).values("run_id"))
    return found.order_by("-pk")[: size + 1]
