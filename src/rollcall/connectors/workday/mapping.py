"""One worker of Workday as an ``Employee``. Pure.

Paths documented in the WSDL of Human_Resources v44.0; marked where assumed.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element

import msgspec
from msgspec import UNSET

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.workday.cutting import Refused, parsed
from rollcall.connectors.workday.payloads import Frame, Record, When
from rollcall.connectors.workday.tree import DESCRIPTOR, PRIMARY, PRIMARY_JOB, every, first, reference
from rollcall.engine.snapshot import Day, Employee, Status, Text

# Workday has no status: the first row counts whose facts all hold (fields documented, order assumed). The last two
# facts are the connector's: what dates say on the day of the read. Anything else is UNKNOWN.
STATUSES: Final[tuple[tuple[Mapping[str, bool], Status], ...]] = (
    ({"Hire_Rescinded": True}, Status.INACTIVE),
    ({"Terminated": True, "Active": False}, Status.INACTIVE),
    ({"Terminated": True}, Status.UNKNOWN),
    ({"On_Leave": True}, Status.ON_LEAVE),
    ({"upcoming": True}, Status.UPCOMING),
    ({"ended": True}, Status.INACTIVE),
    ({"Active": True}, Status.ACTIVE),
)

NUMBERS: Final = ("Employee_ID", "Contingent_Worker_ID")
TYPES: Final = ("Employee_Type_ID", "Contingent_Worker_Type_ID")
TIME_TYPE: Final = "Position_Time_Type_ID"
HIERARCHY: Final = "_HIERARCHY"

# field of Employee -> type of organisation, unless the admin says otherwise
# (the type of teams is assumed)
ORGANISATIONS: Final = {
    "department": "SUPERVISORY",
    "team": "TEAM",
    "legal_entity": "COMPANY",
    "cost_center": "COST_CENTER",
}

# Where somebody's field says whether everybody's is delivered: one that many do not have shows by another of the
# same permission. A field without a row shows by itself.
SHOWN_BY: Final = {
    "first_name": "last_name",
    "preferred_name": "last_name",
    "start_date": "status",
    "end_date": "status",
    "last_working_day": "status",
}

_TRUE: Final = frozenset({"1", "true"})
_STATUS_DATA: Final = "Worker_Data/Employment_Data/Worker_Status_Data"
_CONTRACT: Final = "Worker_Data/Employment_Data/Worker_Contract_Data"
_CHAIN: Final = "/".join(
    (
        "Worker_Data/Management_Chain_Data/Worker_Supervisory_Management_Chain_Data",
        "Management_Chain_Data/Manager_Reference",
    )
)
_DETECTED: Final = "Manager_as_of_last_detected_manager_change_Reference"
_LANGUAGES: Final = (
    ("Worker_Data/User_Account_Data/User_Language__Reference", "User_Language_ID"),
    ("Worker_Data/User_Account_Data/Locale__Reference", "Locale_ID"),
    ("Worker_Data/User_Account_Data/Preferred_Communication_Language_Reference", "User_Language_ID"),
    ("Business_Site_Summary_Data/Display_Language_Reference", "User_Language_ID"),
)

_records: Final = msgspec.json.Decoder(Record)


def employee(record: bytes) -> Employee:
    """Map one record. Raises ``UnreadableRecord`` naming Workday's element."""
    try:
        known = _records.decode(record)
        worker = parsed(known.worker)
    except (msgspec.DecodeError, Refused, RecursionError):
        raise UnreadableRecord("Worker") from None
    return mapped(worker, known)


def mapped(worker: Element, known: Record) -> Employee:
    """Map a worker already parsed. Raises ``UnreadableRecord`` for one without a WID."""
    ids = own_ids(worker)
    number = parsing.person_id(ids.get("WID", UNSET), "Worker_Reference")
    position = _position(worker)
    fields: dict[str, Any] = {
        "employee_number": _number(worker, ids),
        "work_email": _email(worker, "WORK"),
        "personal_email": _email(worker, "HOME"),
        **_names(worker),
        **_standing(worker, known.when),
        "manager_id": _manager_id(worker, known),
        **_job(position),
        **_organisations(worker, position, known.frame),
        "language": _language(worker, position),
        "bank_account": known.account,
    }
    for name in (*known.frame.hidden, *known.frame.leave_out):
        fields.pop(name, None)
    return Employee(id=number, **fields)


def seen(employee: Employee) -> frozenset[str]:
    """Return the fields that this person shows to be delivered; see ``SHOWN_BY``."""
    return frozenset(
        name
        for name in Employee.__struct_fields__
        if getattr(employee, SHOWN_BY.get(name, name)) not in (None, UNSET)
    )


def own_ids(worker: Element) -> dict[str, str]:
    """Return the worker's own ids by type."""
    return reference(first(worker, "Worker_Reference"))


def keys(ids: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names by which answers join: references elsewhere have a number, a WID, or both."""
    return tuple(f"{kind} {ids[kind]}" for kind in (*NUMBERS, "WID") if ids.get(kind))


def manager(worker: Element) -> dict[str, str]:
    """Return the reference of the manager: the lowest of the chain who is not the worker, by the chain rule.

    Who leads an organisation stands at its end as well (assumed). Without a chain, the one that a background job
    of Workday found, which can lag.
    """
    own = own_ids(worker).items()
    chain = [reference(each) for each in every(worker, _CHAIN)]
    position = _position(worker)
    detected = [] if position is None else [reference(each) for each in every(position, _DETECTED)]
    found = [each for each in (*reversed(chain), *detected) if each and not own & each.items()]
    if not found:
        return {}
    # the two name the same person in different ids at times
    same = (each for each in (*detected, *chain) if each.items() & found[0].items())
    return {kind: text for each in (*same, found[0]) for kind, text in each.items()}


def when(worker: Element, today: str) -> When:
    """Return what the dates say on ``today`` (ISO), where no flag does: hired for later, or a contract that ended."""
    status = first(worker, _STATUS_DATA)
    hired = _text(status, "Hire_Date")
    starts = isinstance(hired, str) and hired[:10] > today
    if starts and not _flag(status, "Active") and not _flag(status, "Terminated"):
        return "upcoming"
    end = _text(first(worker, _CONTRACT), "Contract_End_Date")
    return "ended" if isinstance(end, str) and end[:10] < today else ""


def hire_day(worker: Element) -> str:
    """Return the day of hire in ISO 8601, for workers of whom ``when`` says that they are upcoming."""
    return str(_text(first(worker, _STATUS_DATA), "Hire_Date"))[:10]


def _text(element: Element | None, path: str) -> Text:
    """Return a text; ``None`` where it is absent, which is how Workday says empty (seen)."""
    found = first(element, path)
    return None if found is None else parsing.text(found.text, path)


def _day(element: Element | None, path: str) -> Day:
    """Return a day as written: some have an offset behind them, which shifts nothing (seen)."""
    written = _text(element, path)
    return parsing.day(written.strip()[:10], path) if isinstance(written, str) else written


def _flag(element: Element | None, path: str) -> bool:
    written = _text(element, path)
    return isinstance(written, str) and written.strip().lower() in _TRUE


def _first(values: Iterator[Text]) -> Text:
    return next((each for each in values if isinstance(each, str)), None)


def _position(worker: Element) -> Element | None:
    """Return the primary position; only that one is asked for."""
    jobs = every(worker, "Worker_Data/Employment_Data/Worker_Job_Data")
    primary = [each for each in jobs if each.get(PRIMARY_JOB) in _TRUE] or jobs
    return first(primary[0], "Position_Data") if primary else None


def _number(worker: Element, ids: Mapping[str, str]) -> Text:
    shown = _text(worker, "Worker_Data/Worker_ID")
    return _first(iter((shown, *(ids.get(kind) for kind in NUMBERS))))


def _names(worker: Element) -> dict[str, Text]:
    names = first(worker, "Worker_Data/Personal_Data/Name_Data")
    legal = first(names, "Legal_Name_Data/Name_Detail_Data")
    return {
        "first_name": _text(legal, "First_Name"),
        "last_name": _text(legal, "Last_Name"),
        "preferred_name": _text(names, "Preferred_Name_Data/Name_Detail_Data/First_Name"),
    }


def _email(worker: Element, usage: str) -> Text:
    """Return the primary address of a usage, else any; of several always the same one: their order varies (seen)."""
    found: list[tuple[bool, str]] = []
    for each in every(worker, "Worker_Data/Personal_Data/Contact_Data/Email_Address_Data"):
        address = _text(each, "Email_Address")
        for kind in every(each, "Usage_Data/Type_Data"):
            ids = reference(first(kind, "Type_Reference"))
            if isinstance(address, str) and ids.get("Communication_Usage_Type_ID") == usage:
                found.append((kind.get(PRIMARY) not in _TRUE, address))
    return min(found)[1] if found else None


def _standing(worker: Element, when: When) -> dict[str, Any]:
    status = first(worker, _STATUS_DATA)
    if status is None:
        return {}
    flags = {name: _flag(status, name) for name in ("Hire_Rescinded", "Terminated", "Active")}
    leaves = every(status, "Leave_Status_Data")
    flags["On_Leave"] = any(_flag(each, "On_Leave") for each in leaves)
    flags["upcoming"], flags["ended"] = when == "upcoming", when == "ended"
    found = next((each for facts, each in STATUSES if facts.items() <= flags.items()), Status.UNKNOWN)
    if flags["Hire_Rescinded"]:
        # they never start, so there is no day on which they would
        return {"status": found, "start_date": None, "end_date": None, "last_working_day": None}
    start = _day(status, "Hire_Date")
    end, last = _day(status, "Termination_Date"), _day(status, "Termination_Last_Day_of_Work")
    if not flags["Terminated"]:
        # after a rehire the days of the earlier leaving may still be there (assumed)
        end, last = _after(start, end), _after(start, last)
    if end is None:
        end = _day(first(worker, _CONTRACT), "Contract_End_Date")
    return {
        "status": found,
        "start_date": start,
        "end_date": end,
        "last_working_day": end if last is None else last,
    }


def _after(start: Day, day: Day) -> Day:
    return None if isinstance(start, date) and isinstance(day, date) and day < start else day


def _manager_id(worker: Element, known: Record) -> Text:
    ids = manager(worker)
    return _first(iter((ids.get("WID"), known.manager, *(ids.get(kind) for kind in NUMBERS))))


def _job(position: Element | None) -> dict[str, Text]:
    site = first(position, "Business_Site_Summary_Data")
    kind = first(position, "Worker_Type_Reference")
    country = reference(first(site, "Address_Data/Country_Reference"))
    codes = (country.get(f"ISO_3166-1_Alpha-{length}_Code") for length in (2, 3))
    titles = ("Business_Title", "Position_Title", "Job_Profile_Summary_Data/Job_Profile_Name")
    return {
        "job_title": _first(_text(position, each) for each in titles),
        "employment_type": _called(kind, TYPES),
        "work_location": _first(
            iter((_text(site, "Name"), _called(first(site, "Location_Reference"), ("Location_ID",))))
        ),
        "country": parsing.country(_first(iter(codes)), "Country_Reference"),
    }


def _called(element: Element | None, kinds: tuple[str, ...]) -> Text:
    """Return how a reference is shown to people, else its id of one of ``kinds``."""
    if element is None:
        return None
    ids = reference(element)
    return _first(iter((parsing.clean(element.get(DESCRIPTOR, "")), *(ids.get(kind) for kind in kinds))))


def _organisations(worker: Element, position: Element | None, frame: Frame) -> dict[str, Any]:
    """Return what the worker belongs to, by type of organisation; of several of one type, the first by name."""
    found: dict[str, str] = {}
    for each in every(worker, "Worker_Data/Organization_Data/Worker_Organization_Data"):
        data = first(each, "Organization_Data")
        kind = reference(first(data, "Organization_Type_Reference")).get("Organization_Type_ID", "")
        names = (
            _text(data, part)
            for part in ("Organization_Name", "Organization_Code", "Organization_Reference_ID")
        )
        name = _first(names)
        if kind and isinstance(name, str):
            found[kind] = min(found.get(kind, name), name)
    time_type = reference(first(position, "Position_Time_Type_Reference")).get(TIME_TYPE)
    if time_type:
        found[TIME_TYPE] = time_type
    kinds = {**ORGANISATIONS, **frame.mapped}
    shown = frame.custom or {
        kind: kind for kind in sorted(found) if kind not in kinds.values() and not kind.endswith(HIERARCHY)
    }
    fields: dict[str, Any] = {name: found.get(kind) for name, kind in kinds.items()}
    return fields | {"custom": {title: found.get(kind) for kind, title in shown.items()}}


def _language(worker: Element, position: Element | None) -> Text:
    at = (first(position if path.startswith("Business") else worker, path) for path, _ in _LANGUAGES)
    written = _first(reference(each).get(kind) for each, (_, kind) in zip(at, _LANGUAGES, strict=True))
    return written.replace("_", "-") if isinstance(written, str) else None
