"""HiBob's fields: ids, categories, where they stand in an answer, and how a person's values look.

Ids and shapes documented or seen; which custom columns a tenant has is its own affair.
"""

import zlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

import msgspec

from rollcall.simulators.people import COUNTRY_NAMES, Person, as_time, status
from rollcall.simulators.world import World

Value: TypeAlias = Callable[[World, Person], object]
_FIRST_ID = 2_478_831_935_400_000_000
_EMPLOYMENT = {"contractor": "contractor", "intern": "internship"}


def person_id(number: int) -> str:
    """An employee's id: a text of 19 digits that no float can hold."""
    return str(_FIRST_ID + number * 1_003)


def number_of(text: str) -> int | None:
    """The person behind an id, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > 30:
        return None
    number, rest = divmod(int(text) - _FIRST_ID, 1_003)
    return number if number > 0 and rest == 0 else None


def company_id(world: World) -> int:
    """The number of the company in every record."""
    return 630_000 + int(world.company.number)


class Field(msgspec.Struct, kw_only=True):
    """One field: `path` is where it stands in a record (dots part the levels), `items` the list its values are from."""

    id: str
    name: str
    type: str
    value: Value
    path: str = ""
    items: str | None = None
    label: Value | None = None  # what humanReadable says, if not worked out from value and type

    @property
    def category(self) -> str:
        """The part of the id that permissions are granted by."""
        return self.id.split(".")[0]

    @property
    def place(self) -> list[str]:
        """The levels of the path."""
        return (self.path or self.id.removeprefix("root.")).split(".")


def item_id(kind: str, unit_id: int) -> str:
    """The id of an item in a list, as text."""
    return {"department": "2097770", "team": "2097", "1690123": "1690", "1691123": "1691"}[
        kind
    ] + f"{unit_id:02d}"


def title_id(title: str) -> str:
    """The id of a job title in its list."""
    return f"18{zlib.crc32(title.encode()) % 10_000_000:07d}"


def site_id(office_id: int) -> int:
    """The number of a site."""
    return 2_710_500 + office_id


def life_cycle(world: World, person: Person) -> str:
    """Where somebody is in their employment; `garden leave` after the last day of work."""
    today = world.today()
    now = status(person, today)
    if now == "active" and person.last_working_day and person.last_working_day < today and person.end_date:
        return "garden leave"
    return {"upcoming": "hired", "on_leave": "parental leave", "inactive": "terminated"}.get(now, "employed")


def _listed(world: World, name: str, item: str | None, label: str | None) -> str | None:
    """An item's id; old accounts answer the label itself (option `labels_for`: names of lists)."""
    old = world.options.get("labels_for")
    return label if isinstance(old, list) and name in old else item


def last_day_before(day: date) -> str:
    """The day before, in ISO form."""
    return (day - timedelta(days=1)).isoformat()


def _department(world: World, person: Person) -> object:
    unit = world.company.departments[person.department_id]
    return _listed(world, "department", item_id("department", unit.id), unit.name)


def _title(world: World, person: Person) -> object:
    return _listed(world, "title", title_id(person.job_title), person.job_title)


def _manager(world: World, person: Person) -> Person | None:
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    return world.view(manager) if manager else None


def _reports_to(world: World, person: Person) -> object:
    manager = _manager(world, person)
    if manager is None:
        return None
    return {
        "id": person_id(manager.id),
        "firstName": manager.first_name,
        "surname": manager.last_name,
        "email": manager.work_email,
        "displayName": display_name(manager),
    }


def display_name(person: Person) -> str:
    """The name people call somebody by."""
    return f"{person.preferred_name or person.first_name} {person.last_name}".strip()


def _second_manager(world: World, person: Person) -> object:
    manager = _manager(world, person)
    return person_id(manager.manager_id) if manager and manager.manager_id is not None else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _country(world: World, person: Person) -> str:
    return COUNTRY_NAMES[world.company.offices[person.office_id].country]


def _team(world: World, person: Person) -> object:
    return item_id("team", person.team_id) if person.team_id is not None else None


def _created(world: World, person: Person) -> str:
    """The zone is not told; UTC is assumed."""
    return as_time(person.created_at).strftime("%Y-%m-%dT%H:%M:%S.123")


def _unit(table: str, attribute: str) -> Value:
    def name(world: World, person: Person) -> object:
        number = getattr(person, attribute)
        return getattr(world.company, table)[number].name if number is not None else None

    return name


def _name(world: World, person: Person) -> str:
    return display_name(person)


def _bank(world: World, person: Person) -> str | None:
    return "Example Bank" if person.iban or person.account_number else None


def _manager_id(world: World, person: Person) -> str | None:
    manager = _manager(world, person)
    return person_id(manager.id) if manager else None


FIELDS = [
    Field(id="root.id", name="Id", type="text", value=lambda w, p: person_id(p.id)),
    Field(id="root.email", name="Email", type="text", value=lambda w, p: p.work_email),
    Field(id="root.firstName", name="First name", type="text", value=lambda w, p: p.first_name),
    Field(id="root.surname", name="Last name", type="text", value=lambda w, p: p.last_name),
    Field(id="root.secondName", name="Middle name", type="text", value=lambda w, p: None),
    Field(id="root.displayName", name="Display name", type="text", value=_name),
    Field(id="root.fullName", name="Full name", type="text", value=_name),
    Field(id="root.creationDateTime", name="Creation date", type="text", value=_created),
    Field(id="about.custom.field_2051", name="Language", type="text", value=lambda w, p: p.language),
    Field(id="home.privateEmail", name="Personal email", type="text", value=lambda w, p: p.personal_email),
    Field(
        id="work.title",
        name="Job title",
        type="list",
        items="title",
        value=_title,
        label=lambda w, p: p.job_title,
    ),
    Field(
        id="work.department",
        name="Department",
        type="hierarchy-list",
        items="department",
        value=_department,
        label=_unit("departments", "department_id"),
    ),
    Field(id="work.site", name="Site", type="list", items="site", value=_unit("offices", "office_id")),
    Field(id="work.siteId", name="Site id", type="number", value=lambda w, p: site_id(p.office_id)),
    Field(id="work.startDate", name="Start date", type="date", value=lambda w, p: _day(p.start_date)),
    Field(
        id="work.activeEffectiveDate",
        name="Effective date",
        type="date",
        value=lambda w, p: _day(p.start_date),
    ),
    Field(id="work.manager", name="Manager", type="text", value=_manager_id),
    Field(id="work.reportsTo", name="Reports to", type="employee-reference", value=_reports_to),
    Field(id="work.secondLevelManager", name="2nd level manager", type="text", value=_second_manager),
    Field(id="work.isManager", name="Is manager", type="boolean", value=lambda w, p: p.id in w.managers()),
    Field(
        id="work.employeeIdInCompany", name="Employee number", type="number", value=lambda w, p: p.id - 1_000
    ),
    Field(
        id="work.reportsToIdInCompany",
        name="Manager number",
        type="number",
        value=lambda w, p: p.manager_id - 1_000 if p.manager_id is not None else None,
    ),
    Field(
        id="work.customColumns.column_1690",
        name="Legal entity",
        type="list",
        items="1690123",
        value=lambda w, p: item_id("1690123", p.legal_entity_id),
        label=_unit("legal_entities", "legal_entity_id"),
    ),
    Field(
        id="work.customColumns.column_1691",
        name="Cost centre",
        type="list",
        items="1691123",
        value=lambda w, p: item_id("1691123", p.cost_center_id),
        label=_unit("cost_centers", "cost_center_id"),
    ),
    Field(
        id="work.customColumns.column_1692",
        name="Team",
        type="list",
        items="team",
        value=_team,
        label=_unit("teams", "team_id"),
    ),
    Field(
        id="payroll.employment.type",
        name="Employment type",
        type="text",
        value=lambda w, p: _EMPLOYMENT.get(p.employment_type, "permanent"),
    ),
    Field(
        id="payroll.employment.contract",
        name="Employment contract",
        type="text",
        value=lambda w, p: "Part time" if p.employment_type == "part_time" else "Full time",
    ),
    Field(
        id="payroll.employment.weeklyHours",
        name="Weekly hours",
        type="number",
        value=lambda w, p: p.weekly_hours,
    ),
    Field(id="address.country", name="Country", type="text", value=_country),
    Field(id="address.siteCountry", name="Site country", type="text", value=_country),
    Field(
        id="internal.status",
        name="Status",
        type="text",
        value=lambda w, p: "Inactive" if status(p, w.today()) == "inactive" else "Active",
    ),
    Field(id="internal.lifecycleStatus", name="Lifecycle status", type="text", value=life_cycle),
    Field(
        id="internal.terminationDate",
        name="Termination date",
        type="date",
        value=lambda w, p: _day(p.end_date),
    ),
    Field(
        id="internal.terminationReason",
        name="Termination reason",
        type="text",
        value=lambda w, p: "Resignation" if p.end_date else None,
    ),
    Field(
        id="internal.terminationType",
        name="Termination type",
        type="text",
        value=lambda w, p: "Voluntary" if p.end_date else None,
    ),
    Field(
        id="financial.accountName",
        name="Account name",
        type="text",
        value=lambda w, p: display_name(p) if _bank(w, p) else None,
    ),
    Field(
        id="financial.accountNumber", name="Account number", type="text", value=lambda w, p: p.account_number
    ),
    Field(id="financial.bankName", name="Bank name", type="text", value=_bank),
    Field(id="financial.bankAddress", name="Bank address", type="text", value=lambda w, p: None),
    Field(id="financial.bankAccountType", name="Account type", type="text", value=lambda w, p: None),
    Field(id="financial.iban", name="IBAN", type="text", value=lambda w, p: p.iban),
    Field(id="financial.swift", name="SWIFT", type="text", value=lambda w, p: p.bic),
    Field(id="financial.sortCode", name="Sort code", type="text", value=lambda w, p: p.sort_code),
    Field(id="financial.routingNumber", name="Routing number", type="text", value=lambda w, p: None),
]
BY_ID = {field.id: field for field in FIELDS}
# The request id of an employment field also works without its first part (assumed).
BY_ID |= {field.id.removeprefix("payroll."): field for field in FIELDS if field.category == "payroll"}
DEFAULT = [
    f for f in FIELDS if f.category in ("root", "about", "work") or f.id.startswith("payroll.employment")
]
# What a person's field is called by permissions, faults and raw values.
NAMES = {
    "id": "root.id",
    "first_name": "root.firstName",
    "last_name": "root.surname",
    "preferred_name": "root.displayName",
    "work_email": "root.email",
    "personal_email": "home.privateEmail",
    "job_title": "work.title",
    "start_date": "work.startDate",
    "end_date": "internal.terminationDate",
    "last_working_day": "internal.terminationDate",
    "leave_from": "internal.lifecycleStatus",
    "leave_until": "internal.lifecycleStatus",
    "status": "internal.lifecycleStatus",
    "manager_id": "work.reportsTo",
    "office_id": "work.site",
    "office": "work.site",
    "work_location": "work.site",
    "department": "work.department",
    "department_id": "work.department",
    "team": "work.customColumns.column_1692",
    "legal_entity": "work.customColumns.column_1690",
    "cost_center": "work.customColumns.column_1691",
    "employment_type": "payroll.employment.type",
    "weekly_hours": "payroll.employment.weeklyHours",
    "language": "about.custom.field_2051",
    "iban": "financial.iban",
    "bic": "financial.swift",
    "account_number": "financial.accountNumber",
    "sort_code": "financial.sortCode",
}
