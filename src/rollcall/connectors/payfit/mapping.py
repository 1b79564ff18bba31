"""One collaborator of PayFit as an ``Employee``. Pure.

Field names documented on developers.payfit.io as of 2026-11-22.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.payfit.contracts import STATUSES, work
from rollcall.connectors.payfit.payloads import NATURE, Frame, Framed, Row
from rollcall.engine.snapshot import Employee, Text

__all__ = ["NATURES", "STATUSES", "employee"]

NATURES: Final = {"01": "Permanent", "02": "Fixed-term", "29": "Internship"}
"""Code of the French social declaration -> kind of contract. Others are delivered as their code."""

BANK: Final = ("iban", "bic")

FRANCE: Final = "FR"
SPAIN: Final = "ES"
WITHOUT_BANK: Final = frozenset({"GB"})
"""Countries whose account numbers PayFit does not show (assumed): no IBAN is no sign of no account there."""

_decoder: Final = msgspec.json.Decoder(Framed)


def employee(record: bytes) -> Employee:
    """Map one framed row. Raises ``UnreadableRecord`` naming PayFit's field."""
    try:
        framed = _decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRecord("record") from None
    number = parsing.person_id(framed.row.person.get("id", UNSET), "id")
    try:
        fields = _fields(framed.row, framed.frame)
    except UnreadableRecord as error:
        raise UnreadableRecord(error.field, employee_id=number) from None
    for name in framed.frame.withheld:
        fields.pop(name, None)
    return Employee(id=number, **fields)


def _fields(row: Row, frame: Frame) -> dict[str, Any]:
    person = row.person
    working = work(person, row.contracts)
    return {
        "employee_number": parsing.optional_id(person.get("matricule", UNSET), "matricule"),
        "first_name": parsing.text(person.get("firstName", UNSET), "firstName"),
        "last_name": _last_name(person, frame),
        "work_email": _email(person, "professional"),
        "personal_email": _email(person, "personal"),
        "status": working.status,
        "start_date": working.start,
        "end_date": working.end,
        "manager_id": parsing.optional_id(person.get("managerId", UNSET), "managerId"),
        "team": _team(person),
        "job_title": parsing.text(working.row.get("jobName", UNSET), "jobName"),
        "employment_type": _kind(working.row, frame),
        "legal_entity": parsing.text(frame.name, "name"),
        "country": parsing.country(frame.country, "country"),
        "bank_account": parsing.bank_account(
            {part: parsing.account_part(part, person.get(part, UNSET), part) for part in BANK}
        ),
    }


def _last_name(person: Mapping[str, Any], frame: Frame) -> Text:
    """Return the family name: both of them where people have two (documented for Spain)."""
    first = parsing.text(person.get("lastName", UNSET), "lastName")
    second = parsing.text(person.get("secondLastName", UNSET), "secondLastName")
    if frame.country == SPAIN and isinstance(first, str) and isinstance(second, str):
        return f"{first} {second}"
    return first


def _email(person: Mapping[str, Any], kind: str) -> Text:
    """Return the first address of a kind; none among those delivered is none."""
    emails = person.get("emails", UNSET)
    if emails is UNSET or emails is None:
        return UNSET if emails is UNSET else None
    if not isinstance(emails, list) or not all(isinstance(each, dict) for each in emails):
        raise UnreadableRecord("emails")
    found = [each.get("email") for each in emails if str(each.get("type")).strip().lower() == kind]
    return parsing.text(found[0], "emails.email") if found else None


def _team(person: Mapping[str, Any]) -> Text:
    # free text without an id: blanks around it would make another team of it
    written = parsing.text(person.get("teamName", UNSET), "teamName")
    return written.strip() if isinstance(written, str) else written


def _kind(contract: Mapping[str, Any], frame: Frame) -> Text:
    """Return the kind of contract in France, elsewhere whether it is full-time."""
    if frame.country == FRANCE:
        code = parsing.text(contract.get(NATURE, UNSET), NATURE)
        return NATURES.get(code, code) if isinstance(code, str) else code
    full = contract.get("isFullTime", UNSET)
    if isinstance(full, bool):
        return "Full-time" if full else "Part-time"
    if isinstance(full, UnsetType) or full is None:
        return full
    raise UnreadableRecord("isFullTime")
