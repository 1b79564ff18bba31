"""Checks with odd people, hidden fields and other companies: nobody is hurt by what one record or one right lacks."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from msgspec import UNSET

from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.pacing import InProcess, pace
from rollcall.engine.snapshot import BankAccount, Employee, Status
from rollcall.project.conformance.check import Check, Failed, NotApplicable, all_there, by_name
from rollcall.project.conformance.subject import Read, Subject, key, must_come


def _limits(subject: Subject) -> str:
    tool = subject.tool
    if not tool.limits:
        raise NotApplicable("the tool publishes no limits; it is asked one question after the other")
    clock = _Clock()
    sent: list[tuple[float, str]] = []
    keep = pace(TOOLS[subject.key], subject.credentials, InProcess(clock.now), clock.sleep)

    def before(path: str) -> None:
        keep(path)
        sent.append((clock.now(), path))

    for _ in range(3):
        subject.read(before=before)
    for limit in tool.limits:
        times = [at for at, path in sent if re.match(limit.paths, path)]
        for first, last in zip(times, times[limit.requests :], strict=False):
            if last - first < limit.seconds:
                raise Failed(f"more than {limit.requests} requests in {limit.seconds:g} s")
    shown = "; ".join(f"{one.requests} in {one.seconds:g} s" for one in tool.limits)
    return f"{len(sent)} requests stayed within {shown}"


class _Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        self.at += 0.001
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


_COMPARED: Final = ("first_name", "last_name", "start_date", "end_date", "personal_email")


def _values(subject: Subject) -> str:
    found = subject.read()
    truth = by_name(subject.truth())
    compared = 0
    for one in found.employees.values():
        known = truth.get(key(one.first_name, one.last_name))
        if known is None:
            continue
        for name in _COMPARED:
            value = getattr(one, name)
            if value is UNSET or value is None:
                continue
            compared += 1
            # a tool may know the last day of work only
            held = {_plain(known[name])} | (
                {_plain(known["last_working_day"])} if name == "end_date" else set()
            )
            if _plain(value) not in held:
                raise Failed(f"{name} of an employee is not what the tool holds")
        compared += _same_account(one, known)
    return f"{compared} values are the tool's own"


def _plain(value: object) -> str | None:
    return None if value is None else str(value).casefold()


def _same_account(one: Employee, known: Mapping[str, Any]) -> int:
    account = one.bank_account
    if not isinstance(account, BankAccount) or not isinstance(account.iban, str) or not known["iban"]:
        return 0
    if account.iban != known["iban"]:
        raise Failed("an IBAN is not what the tool holds")
    return 1


def _unknown_status(subject: Subject) -> str:
    subject.control("faults", on={"id": "E7", "mode": "status"})
    found = subject.read()
    removed = [
        one.id for one in found.employees.values() if one.status == Status.INACTIVE and not _has_end(one)
    ]
    if removed:
        raise Failed(f"a status nobody knows made {len(removed)} leavers without an end date")
    all_there(found, subject.truth())
    return f"{sum(one.status == Status.UNKNOWN for one in found.employees.values())} shown as unknown"


def _has_end(one: Employee) -> bool:
    return isinstance(one.end_date, date) or isinstance(one.last_working_day, date)


def _hidden(subject: Subject) -> str:
    asked = subject.read()
    if not any(isinstance(one.bank_account, BankAccount) for one in asked.employees.values()):
        raise NotApplicable("no bank details come from this tool")
    subject.control("faults", on={"id": "A5", "mode": "hidden"})
    found = subject.read()
    cleared = [one for one in found.employees.values() if one.bank_account is None]
    had = {number for number, one in asked.employees.items() if isinstance(one.bank_account, BankAccount)}
    if any(one.id in had for one in cleared):
        raise Failed("bank details that may not be seen any more were read as empty")
    if "bank_account" not in found.unreadable:
        raise Failed("unreadable() does not name the bank details that may not be seen any more")
    all_there(found, subject.truth())
    return "kept, and named as not readable"


def _other_company(subject: Subject) -> str:
    with subject.opened() as connector:
        mine = connector.test().identity
        address = _address(subject)
    if mine is None:
        raise NotApplicable("the tool does not tell companies apart; limits must hold the strangers")
    if mine in address:
        raise NotApplicable("the address itself names the company: a key of another one does not fit it")
    subject.control("faults", on={"id": "A6"})
    with subject.opened() as connector:
        theirs = connector.test().identity
    if theirs == mine:
        raise Failed("another company has the same identity")
    return "its identity differs"


def _address(subject: Subject) -> str:
    """Return where the company is found at the tool, empty where all companies share an address."""
    kinds = ("subdomain", "address")
    named = [subject.credentials.get(one.name, "") for one in subject.tool.credentials if one.kind in kinds]
    return " ".join(named)


def _records(subject: Subject) -> str:
    """Odd records hurt nobody else (E2-E6, I1, P8)."""
    remarks = []
    for row, mode in (("E2", "nul"), ("E3", "rtl"), ("E3", "none"), ("E4", "long"), ("E5", "markup")):
        subject.control("faults", on={"id": row, "mode": mode})
        if row == "E2" and subject.key in _XML:
            continue
        found = subject.read()
        for one in found.employees.values():
            if isinstance(one.first_name, str) and ("\x00" in one.first_name or len(one.first_name) > 500):
                raise Failed(f"{row}: a name that the database refuses")
        _not_fewer(found, subject, row)
        subject.control("faults", clear=True)
    for row in ("E6", "I1"):
        subject.control("faults", on={"id": row})
        found = subject.read()
        _not_fewer(found, subject, row)
        remarks.append(f"{row}: {found.set_aside} set aside")
        subject.control("faults", clear=True)
    return "; ".join(remarks)


_XML: Final = frozenset({"workday"})
"""Tools whose answers are XML, which cannot carry NUL at all: the whole answer is refused, and E1 shows that."""


def _not_fewer(found: Read, subject: Subject, row: str) -> None:
    working = sum(must_come(subject.truth()).values())
    if len(found.employees) + found.set_aside < working:
        raise Failed(f"{row}: {working - len(found.employees) - found.set_aside} people are missing")


HARM: Final = (
    Check(title="Requests stay within the tool's limits", run=_limits),
    Check(title="Values are those of the tool", run=_values),
    Check(title="A status nobody knows removes nobody (E7)", run=_unknown_status),
    Check(title="Fields that are hidden are kept, not emptied (A5)", run=_hidden),
    Check(title="Another company is recognised (A6)", run=_other_company),
    Check(title="Odd records hurt nobody else (E2-E6, I1)", run=_records),
)
