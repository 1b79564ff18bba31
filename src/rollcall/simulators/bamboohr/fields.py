"""BambooHR's fields of an employee: their three names, and how each value looks.

Names and quirks from the vendor's list of field names and recorded traffic; the custom bank fields are ours.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec

from rollcall.simulators.people import COUNTRY_NAMES, Person, status
from rollcall.simulators.world import World

NO_DATE = "0000-00-00"  # seen: how a missing date looks
_EMPLOYMENT = {
    "full_time": "Full-Time",
    "part_time": "Part-Time",
    "contractor": "Contractor",
    "intern": "Intern",
}

Value = Callable[[World, Person], object]


class Field(msgspec.Struct, frozen=True):
    """A field: `alias` in reports and employees, `dataset` name, id in the field list, label, type, how to
    read it.
    """

    alias: str
    dataset: str
    id: int | str
    label: str
    type: str
    value: Value
    job: bool = (
        False  # a date-effective value: null before the first day when only current values are asked for
    )


def state(world: World, person: Person) -> str:
    """`Active` or `Inactive`; future hires are Inactive (documented), people on leave Active (assumed)."""
    return "Active" if status(person, world.today()) in ("active", "on_leave") else "Inactive"


def _employment(world: World, person: Person) -> str:
    now = status(person, world.today())
    if now == "inactive":
        return "Terminated"
    # Assumed: a tool without a status for leave shows it in the customer's own list of employment statuses.
    return "Furloughed" if now == "on_leave" else _EMPLOYMENT[person.employment_type]


def _day(value: date | None) -> str:
    return value.isoformat() if value else NO_DATE


def _manager(world: World, person: Person) -> Person | None:
    manager = world.people.get(person.manager_id) if person.manager_id is not None else None
    return world.view(manager) if manager else None


def _manager_name(world: World, person: Person) -> str | None:
    manager = _manager(world, person)
    return f"{manager.last_name}, {manager.first_name}" if manager else ("" if person.id % 2 else None)


def _unit(name: str) -> Value:
    def value(world: World, person: Person) -> str | None:
        unit_id = getattr(person, f"{name}_id")
        return getattr(world.company, table)[unit_id].name if unit_id else None

    table = {"legal_entity": "legal_entities"}.get(name, f"{name}s")
    return value


def stamp(seconds: int) -> str:
    """A change stamp as lists show it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _country(world: World, person: Person) -> str:
    return COUNTRY_NAMES[world.company.offices[person.office_id].country]


FIELDS: list[Field] = [
    Field("id", "eeid", "id", "EEID", "int", lambda w, p: str(p.id)),
    Field(
        "employeeNumber",
        "employeeNumber",
        636,
        "Employee #",
        "employee_number",
        lambda w, p: p.employee_number,
    ),
    Field("firstName", "firstName", 1, "First Name", "text", lambda w, p: p.first_name),
    Field("lastName", "lastName", 2, "Last Name", "text", lambda w, p: p.last_name),
    Field("middleName", "middleName", 5, "Middle Name", "text", lambda w, p: None),
    Field("preferredName", "preferredName", 1358, "Preferred Name", "text", lambda w, p: p.preferred_name),
    Field(
        "displayName",
        "name",
        "displayName",
        "Name",
        "text",
        lambda w, p: f"{p.preferred_name or p.first_name} {p.last_name}",
    ),
    Field("workEmail", "email", 15, "Work Email", "email", lambda w, p: p.work_email),
    Field("homeEmail", "homeEmail", 1357, "Home Email", "email", lambda w, p: p.personal_email),
    Field(
        "bestEmail",
        "bestEmail",
        "bestEmail",
        "Best Email",
        "email",
        lambda w, p: p.work_email or p.personal_email,
    ),
    Field("status", "status", 387, "Status", "status", state),
    Field("employmentHistoryStatus", "employmentStatus", 16, "Employment Status", "list", _employment, True),
    Field("hireDate", "hireDate", 3, "Hire Date", "date", lambda w, p: _day(p.start_date)),
    Field("originalHireDate", "originalHireDate", 4351, "Original Hire Date", "date", lambda w, p: NO_DATE),
    Field(
        "terminationDate", "terminationDate", -38, "Termination Date", "date", lambda w, p: _day(p.end_date)
    ),
    Field("contractEndDate", "contractEndDate", 4352, "Contract End Date", "date", lambda w, p: NO_DATE),
    Field("jobTitle", "jobInformationJobTitle", 17, "Job Title", "list", lambda w, p: p.job_title, True),
    Field("department", "jobInformationDepartment", 4, "Department", "list", _unit("department"), True),
    Field("division", "jobInformationDivision", 1355, "Division", "list", _unit("legal_entity"), True),
    Field("location", "jobInformationLocation", 18, "Location", "list", _unit("office"), True),
    Field("teams", "teams", 4549, "Teams", "multilist", _unit("team")),
    Field(
        "supervisorEId",
        "supervisorEid",
        -20,
        "Supervisor EID",
        "employee",
        lambda w, p: str(p.manager_id) if p.manager_id is not None else None,
        True,
    ),
    # Seen: "supervisorId" is the manager's employee NUMBER, a trap for readers.
    Field(
        "supervisorId",
        "supervisorId",
        -21,
        "Supervisor ID",
        "employee",
        lambda w, p: m.employee_number if (m := _manager(w, p)) else None,
        True,
    ),
    Field(
        "supervisorEmail",
        "supervisorEmail",
        -22,
        "Supervisor Email",
        "email",
        lambda w, p: m.work_email if (m := _manager(w, p)) else None,
        True,
    ),
    Field("supervisor", "supervisorName", -23, "Supervisor", "employee", _manager_name, True),
    Field("reportsTo", "jobInformationReportsTo", 91, "Reports To", "employee", _manager_name, True),
    Field("isSupervisor", "isSupervisor", -24, "Is Supervisor", "bool", lambda w, p: p.id in w.managers()),
    Field("country", "country", 3991, "Country", "country", _country),
    Field("state", "state", 3992, "State", "state", lambda w, p: ""),
    Field("city", "city", 3993, "City", "text", lambda w, p: w.company.offices[p.office_id].name),
    Field("departmentNumber", "departmentNumber", 3994, "Cost Center", "text", _unit("cost_center")),
    Field("workPhone", "workPhone", 3995, "Work Phone", "phone", lambda w, p: None),
    Field(
        "timezone",
        "timezone",
        3996,
        "Time Zone",
        "text",
        lambda w, p: w.company.offices[p.office_id].time_zone,
    ),
    Field(
        "lastChanged",
        "lastChanged",
        "lastChanged",
        "Last changed",
        "timestamp",
        lambda w, p: stamp(p.updated_at),
    ),
    Field(
        "lastChangedIso",
        "lastChangedIso",
        "lastChangedIso",
        "Last changed (ISO)",
        "timestamp",
        lambda w, p: stamp(p.updated_at).replace("+00:00", "Z"),
    ),
    Field("customIBAN", "customField4340", "4340.4", "IBAN", "text", lambda w, p: p.iban),
    Field("customBIC", "customField4341", "4341.4", "BIC", "text", lambda w, p: p.bic),
    Field(
        "customAccountNumber",
        "customField4342",
        "4342.4",
        "Account number",
        "text",
        lambda w, p: p.account_number,
    ),
    Field("customSortCode", "customField4343", "4343.4", "Sort code", "text", lambda w, p: p.sort_code),
    Field("customLanguage", "customField4344", "4344.4", "Language", "text", lambda w, p: p.language),
]
BY_DATASET = {field.dataset: field for field in FIELDS}
# Documented: in reports a plain employmentStatus is a deprecated alias of status; custom fields answer to
# their number.
BY_ALIAS = (
    {field.dataset: field for field in FIELDS if field.dataset.startswith("customField")}
    | {field.alias: field for field in FIELDS}
    | {"employmentStatus": next(field for field in FIELDS if field.alias == "status")}
    | {"nickname": next(field for field in FIELDS if field.alias == "preferredName")}
)
# What a person's field is called here, for raw values and faults that name fields as `Person` does.
NAMES = {
    "id": "id",
    "first_name": "firstName",
    "last_name": "lastName",
    "work_email": "workEmail",
    "status": "status",
    "job_title": "jobTitle",
    "start_date": "hireDate",
    "end_date": "terminationDate",
    "manager_id": "supervisorEId",
    "iban": "customIBAN",
}
LISTS = {
    4: "department",
    18: "location",
    1355: "division",
    17: "jobTitle",
    16: "employmentHistoryStatus",
    4549: "teams",
}
