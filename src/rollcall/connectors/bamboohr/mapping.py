"""One row of BambooHR as an ``Employee``. Pure.

Field names: documented on documentation.bamboohr.com; dataset names seen in public code.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import astuple

from rollcall.connectors import parsing
from rollcall.connectors.bamboohr.payloads import Framed, Headed
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee, Status, Text

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

_heads: Final = msgspec.json.Decoder(Headed)
_decoder: Final = msgspec.json.Decoder(Framed)


class Mapper:
    """Maps the rows of one read: what rows of one frame share is worked out once."""

    def __init__(self) -> None:
        """Know no frame yet."""
        self._head: bytes | None = None
        self._remembered = {
            parse: parsing.Remembered(parse) for parse in (parsing.text, _attribute, *_PARSERS.values())
        }

    def employee(self, record: bytes) -> Employee:
        """Map one framed row. Raises ``UnreadableRecord`` naming BambooHR's field."""
        if self._head is None or not record.startswith(self._head):
            self._head, self._plan = _planned(record)
            self._known = [self._remembered[each.parse] for each in self._plan.columns]
        plan = self._plan
        try:
            row = plan.decode(record).row
        except (msgspec.DecodeError, RecursionError):
            raise UnreadableRecord(_broken(record)) from None
        found = astuple(row if plan.report else row.fields)
        number = parsing.person_id(found[0], IDS[plan.report])
        try:
            return self._mapped(number, found)
        except UnreadableRecord as error:
            raise UnreadableRecord(error.field, employee_id=number) from None

    def _mapped(self, number: str, found: Sequence[Any]) -> Employee:
        plan = self._plan
        picked = plan.pick(found)
        try:
            values = [known[value] for known, value in zip(self._known, picked)]  # noqa: B905 - as many
        except (TypeError, UnreadableRecord):
            # a value that is no text: what it is, or the name of its field
            values = [each.parse(value, each.name) for each, value in zip(plan.columns, picked, strict=True)]
        bank = {
            part: None if (value := found[at]) is None else parsing.account_part(part, value, name)
            for part, name, at in plan.bank
        }
        custom = {shown: value for shown in plan.custom if (value := values.pop()) is not UNSET}
        return Employee(
            id=number,
            bank_account=parsing.bank_account(bank) if bank else UNSET,
            custom=custom,
            **dict(zip(plan.fields, values)),  # noqa: B905 - as many
        )


class _Column(Struct, frozen=True):
    """A member of the row, and what becomes of it."""

    name: str
    parse: Callable[[Any, str], Any]


class _Plan(Struct, frozen=True, kw_only=True):
    """Where a row of one frame has what."""

    report: bool
    decode: Callable[[bytes], Any]
    # of the columns, from all members that were decoded
    pick: Callable[[Sequence[Any]], Sequence[Any]]
    # those of ``fields``, then those of ``custom`` from the last to the first
    columns: Sequence[_Column]
    fields: Sequence[str]
    custom: Sequence[str]
    # field of BankAccount, member, and where that is among those that were decoded
    bank: Sequence[tuple[str, str, int]]


def _planned(record: bytes) -> tuple[bytes, _Plan]:
    """Return how a record of the same frame begins, and where its row has what. Raises ``UnreadableRecord``."""
    try:
        frame = _decoder.decode(record).frame
        head = b'{"as":' + bytes(_heads.decode(record).frame) + b',"row":'
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("record") from None
    keys = {field: frame.fields.get(field, names[frame.report]) for field, names in NAMES.items()}
    keys |= frame.fields
    own = list(frame.custom)
    names = list(dict.fromkeys([IDS[frame.report], *keys.values(), *frame.bank.values(), *own]))
    columns = [_Column(name, _PARSERS.get(field, parsing.text)) for field, name in keys.items()]
    columns += [_Column(name, _attribute) for name in reversed(own)]
    return head, _Plan(
        report=frame.report,
        decode=msgspec.json.Decoder(_shape(names, report=frame.report)).decode,
        pick=itemgetter(*(names.index(each.name) for each in columns)),
        columns=columns,
        fields=tuple(keys),
        custom=[frame.custom[name] for name in own],
        bank=[(part, name, names.index(name)) for part, name in frame.bank.items()],
    )


def _shape(names: Sequence[str], *, report: bool) -> Any:
    """Return the type of a framed row of which only these members are read, each whatever it is."""
    places = {f"at_{place}": name for place, name in enumerate(names)}
    row = msgspec.defstruct("Row", [(place, Any, UNSET) for place in places], rename=places, gc=False)
    within = row if report else msgspec.defstruct("Within", [("fields", row)], gc=False)
    return msgspec.defstruct("Record", [("row", within)], gc=False)


def _broken(record: bytes) -> str:
    """Return what cannot be read in a record that is not of the shape it should have."""
    try:
        _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        return "record"
    return "fields"


def _status(value: Any, name: str) -> Status | msgspec.UnsetType:
    written = parsing.text(value, name)
    if isinstance(written, msgspec.UnsetType):
        return UNSET
    return _status_of(written or "")


@lru_cache(maxsize=1_000)
def _status_of(written: str) -> Status:
    return STATUSES.get(written.strip().lower(), Status.UNKNOWN)


def _attribute(value: Any, name: str) -> Text:
    return parsing.as_text(value)


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
