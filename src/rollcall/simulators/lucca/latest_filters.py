"""Filters and orders of the new API's employees.

Facts: Lucca's developer documentation as known on 2026-11-22; the order of refusals is assumed.
"""

import re
from collections.abc import Callable
from datetime import date

from rollcall.simulators.lucca.facts import TEMPLATES, Titles, state, template_id
from rollcall.simulators.people import Person
from rollcall.simulators.wire import Request

_MOST_VALUES = 100  # of one filter
_FILTERS: dict[str, Callable[[Person], object]] = {
    "id": lambda p: p.id,
    "email": lambda p: p.work_email or "null",
    "applicableEmployment.legalEntity.id": lambda p: p.legal_entity_id,
    "applicableEmployment.template.id": template_id,
    "applicableEmployment.template.term": lambda p: {t.id: t.term for t in TEMPLATES}[template_id(p)],
    "applicableEmployment.startsOn": lambda p: p.start_date.isoformat(),
    "applicableEmployment.endsOn": lambda p: p.end_date.isoformat() if p.end_date else "null",
    "applicableJobPosition.businessEstablishment.id": lambda p: p.office_id,
    "applicableJobPosition.department.id": lambda p: p.department_id,
    "applicableJobPosition.manager.id": lambda p: p.manager_id,
}
SORTS: dict[str, Callable[[Person], tuple[str | int, ...]]] = {
    "id": lambda p: (p.id,),
    "familyName": lambda p: (p.last_name, p.first_name, p.id),
    "createdAt": lambda p: (p.created_at, p.id),
}


class Wrong(Exception):
    """A parameter that the API refuses: its name, and what is wrong."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name} {text}")
        self.name, self.text = name, text


def asked(request: Request) -> tuple[tuple[str, str], ...]:
    """The filters of the request that are known; others are ignored (assumed)."""
    known = {*_FILTERS, "status", "search", "applicableJobPosition.jobQualification.id"}
    return tuple((n, t) for n, t in request.query if n.removesuffix(".between") in known)


def test(name: str, text: str, today: date, titles: Titles) -> Callable[[Person], bool]:
    """Whether somebody passes a filter; raises `Wrong` for one that cannot be read."""
    wanted = set(text.split(","))
    if len(wanted) > _MOST_VALUES:
        raise Wrong(name, f"must have at most {_MOST_VALUES} values")
    if name == "status":
        return lambda p: state(p, today) in wanted
    if name == "search":
        return lambda p: text.lower() in f"{p.first_name} {p.last_name} {p.work_email}".lower()
    if name == "applicableJobPosition.jobQualification.id":
        return lambda p: str(titles.number(p.job_title)) in wanted
    if name.endswith(".between"):
        read = _FILTERS.get(name.removesuffix(".between"))
        low, _, high = text.partition(",")
        if read is None or not re.fullmatch(r"\d{4}-\d\d-\d\d,\d{4}-\d\d-\d\d", text):
            raise Wrong(name, "must be two days")
        return lambda p: low <= str(read(p)) <= high
    return lambda p: str(_FILTERS[name](p)) in wanted
