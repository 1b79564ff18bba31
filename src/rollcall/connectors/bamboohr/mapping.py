"""One row of BambooHR as an ``Employee``. Pure.

Field names: documented on documentation.bamboohr.com; dataset names seen in public code.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET

from rollcall.connectors import parsing
from rollcall.connectors.bamboohr.payloads import Frame, Framed
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee, Status

# field of Employee -> name in the dataset, name in the report
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "employee_number": ("employeeNumber", "employeeNumber"),
    "work_email": ("email", "workEmail"),
    "personal_email": ("homeEmail", "homeEmail"),
    "first_name": ("firstName", "firstName"),
    "last_name": ("lastName", "lastName"),
    "preferred_name": ("preferredName", "preferredName"),
    "status": ("status", "status"),
    "start_date": ("hireDate", "hireDate"),
    "end_date": ("terminationDate", "terminationDate"),
    # documented: the day of termination is the last working day
    "last_working_day": ("terminationDate", "terminationDate"),
    # not supervisorId: that is the manager's employee number (documented)
    "manager_id": ("supervisorEid", "supervisorEId"),
    "manager_email": ("supervisorEmail", "supervisorEmail"),
    "job_title": ("jobInformationJobTitle", "jobTitle"),
    "department": ("jobInformationDepartment", "department"),
    "team": ("teams", "teams"),
    "work_location": ("jobInformationLocation", "location"),
    "country": ("country", "country"),
    "employment_type": ("employmentStatus", "employmentHistoryStatus"),
}

IDS: Final = ("eeid", "id")

# Often stands for the legal entity, but "EMEA" does too (documented): the admin says so, until then it can be
# filtered by as an attribute.
DIVISION: Final = ("jobInformationDivision", "division")

# A future hire is Inactive as well (documented): the engine tells them by the start date, we read no clock.
STATUSES: Final = {"active": Status.ACTIVE, "inactive": Status.INACTIVE}

_decoder: Final = msgspec.json.Decoder(Framed)


def employee(record: bytes) -> Employee:
    """Map one framed row. Raises ``UnreadableRecord`` naming BambooHR's field."""
    try:
        framed = _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("record") from None
    row = framed.row if framed.frame.report else framed.row.get("fields")
    if not isinstance(row, dict):
        raise UnreadableRecord("fields")
    name = IDS[framed.frame.report]
    number = parsing.person_id(row.get(name, UNSET), name)
    try:
        return _mapped(number, row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None


def _mapped(number: str, row: Mapping[str, Any], frame: Frame) -> Employee:
    fields: dict[str, Any] = {}
    for field, names in NAMES.items():
        name = frame.fields.get(field, names[frame.report])
        fields[field] = _PARSERS.get(field, parsing.text)(row.get(name, UNSET), name)
    for field, name in frame.fields.items():
        if field not in NAMES:
            fields[field] = _PARSERS.get(field, parsing.text)(row.get(name, UNSET), name)
    bank = {part: parsing.account_part(part, row.get(name, UNSET), name) for part, name in frame.bank.items()}
    return Employee(
        id=number,
        bank_account=parsing.bank_account(bank),
        custom=_custom(row, frame.custom),
        **fields,
    )


def _custom(row: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str | None]:
    found = {shown: parsing.as_text(row.get(name, UNSET)) for name, shown in wanted.items()}
    return {shown: value for shown, value in found.items() if not isinstance(value, msgspec.UnsetType)}


def _status(value: Any, name: str) -> Status | msgspec.UnsetType:
    written = parsing.text(value, name)
    if isinstance(written, msgspec.UnsetType):
        return UNSET
    return STATUSES.get((written or "").strip().lower(), Status.UNKNOWN)


def _team(value: Any, name: str) -> Any:
    # one name or, where a person may be in several teams, a list of names (assumed)
    return parsing.as_text(value) if isinstance(value, list) else parsing.text(value, name)


_PARSERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "status": _status,
    "start_date": parsing.day,
    "end_date": parsing.day,
    "last_working_day": parsing.day,
    "manager_id": parsing.optional_id,
    "country": parsing.country,
    "team": _team,
}
