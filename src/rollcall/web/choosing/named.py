"""People named by hand (S35), as the page shows them: those named so far, and those whom a search finds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, pgettext
from msgspec import Struct

from rollcall.connections.models import Employee as Mirrored
from rollcall.connections.queries import MOST_FOUND, employees_found, employees_named
from rollcall.connections.rows import VALUE_COLUMNS, employee_of
from rollcall.engine.scope import Everybody, Named, Scope, judge, value_of
from rollcall.web.choosing.choices import Choice, Wrong, scope_of
from rollcall.web.words import attribute_label, value_label


class ShownName(Struct, frozen=True, kw_only=True):
    """One person named by hand."""

    number: int
    id: str
    act: str
    reason: str
    name: str
    about: str
    # why this exception changes nothing at the moment, empty when it does
    idle: str
    # the exception as it was saved, with who and when
    saved: Named | None
    wrong: str


class Hit(Struct, frozen=True, kw_only=True):
    """One person found. ``acts``: what can be done about them."""

    id: str
    name: str
    about: str
    standing: str
    acts: Sequence[str]


class Found(Struct, frozen=True, kw_only=True):
    """What a search for people finds."""

    search: str
    hits: Sequence[Hit]
    # there are more than are shown
    more: bool


def shown(
    connection_id: int, choice: Choice, saved: Sequence[Named], wrong: Sequence[Wrong]
) -> list[ShownName]:
    """Return the people named so far, in their order; one statement when there are any."""
    if not choice.names:
        return []
    rows = employees_named(connection_id, [one.employee_id for one in choice.names])
    complaints = {one.place: one.sentence for one in wrong}
    before = {(one.employee_id, one.act, one.reason): one for one in saved}
    scope = scope_of(choice)
    return [
        ShownName(
            number=number,
            id=one.employee_id,
            act=one.act,
            reason=one.reason,
            name=_name(rows.get(one.employee_id), one.employee_id),
            about=_about(rows.get(one.employee_id)),
            idle=_idle(rows.get(one.employee_id), one.act, scope),
            saved=before.get((one.employee_id, one.act, one.reason)),
            wrong=complaints.get(f"x{number}", ""),
        )
        for number, one in enumerate(choice.names)
    ]


def find(connection_id: int, choice: Choice) -> Found | None:
    """Return whom the form's search finds, ``None`` when nothing is searched for."""
    if not choice.who:
        return None
    rows = employees_found(connection_id, choice.who)
    scope, named = scope_of(choice), {one.employee_id: one.act for one in choice.names}
    hits = [_hit(row, scope, named, managers=choice.include_managers) for row in rows[:MOST_FOUND]]
    return Found(search=choice.who, hits=hits, more=len(rows) > MOST_FOUND)


def _hit(row: Mirrored, scope: Scope | None, named: Mapping[str, str], *, managers: bool) -> Hit:
    standing, acts = _standing(row, scope, managers=managers)
    if row.external_id in named:
        standing, acts = gettext("Named already"), ()
    return Hit(
        id=row.external_id,
        name=_name(row, row.external_id),
        about=_about(row),
        standing=standing,
        acts=acts,
    )


def _standing(row: Mirrored, scope: Scope | None, *, managers: bool) -> tuple[str, Sequence[str]]:
    """Return where the conditions put the person, and what naming them could change."""
    if scope is None:
        return "", ("add", "keep_out")
    employee = employee_of(_columns(row))
    outside = judge(scope, employee)
    if outside is None:
        everybody = isinstance(scope, Everybody)
        return (pgettext("employee", "Chosen") if everybody else gettext("Chosen by the filter")), (
            "keep_out",
        )
    said = gettext("Outside the filter: %(attribute)s is %(value)s") % {
        "attribute": attribute_label(outside.attribute),
        "value": value_label(outside.attribute, value_of(employee, outside.attribute)),
    }
    # Somebody may be brought in as a line manager, so that keeping them out means something too.
    return said, ("add", "keep_out") if managers else ("add",)


def _idle(row: Mirrored | None, act: str, scope: Scope | None) -> str:
    if row is None or row.absent_since is not None:
        return gettext("The HR tool does not list this person at the moment.")
    if scope is None:
        return ""
    chosen = judge(scope, employee_of(_columns(row))) is None
    if act == "add" and chosen:
        return gettext("Is chosen anyway, so this changes nothing today.")
    without = isinstance(scope, Everybody) or not scope.include_managers
    if act == "keep_out" and not chosen and without:
        return gettext("Is outside the filter anyway, so this changes nothing today.")
    return ""


def names_of(connection_id: int, exceptions: Iterable[Named]) -> Mapping[str, str]:
    """Return employee id to name of everybody who is named by hand."""
    ids = {one.employee_id for one in exceptions}
    rows = employees_named(connection_id, ids) if ids else {}
    return {one: _name(rows.get(one), one) for one in ids}


def _name(row: Mirrored | None, employee_id: str) -> str:
    if row is None:
        return gettext("Number %(id)s in the HR tool") % {"id": employee_id}
    return f"{row.first_name or ''} {row.last_name or ''}".strip() or row.work_email or employee_id


def _about(row: Mirrored | None) -> str:
    parts = (row.work_email, row.job_title, row.work_location) if row is not None else ()
    return " · ".join(part for part in parts if part)


def _columns(row: Mirrored) -> Mapping[str, Any]:
    names = ("external_id", *(name for name in VALUE_COLUMNS if name != "bank_sealed"))
    return {name: getattr(row, name) for name in names}
