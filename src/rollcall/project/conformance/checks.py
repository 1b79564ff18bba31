"""The checks, one function each. A check returns a remark for the report, or raises ``Failed``."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec import UNSET, Struct

from rollcall.connectors.base import Connector, DataField
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.errors import SourceError, UnreadableRecord
from rollcall.connectors.pacing import InProcess, pace
from rollcall.engine.snapshot import BankAccount, Employee, Status
from rollcall.engine.status import Standing, standing
from rollcall.project.conformance.faults import TRIALS, Trial
from rollcall.project.conformance.subject import Read, Subject, came, key, must_come


class Failed(Exception):
    """The connector does not do what it must; the text says what was seen."""


class NotApplicable(Exception):
    """The tool has nothing that this check is about; the text says why."""


class Check(Struct, frozen=True, kw_only=True):
    """A check by the sentence that holds when it passes."""

    title: str
    run: Callable[[Subject], str]
    # needs a stand-in that can be told to misbehave
    stand_in: bool = True
    # the stand-in has more people than fit on two pages
    several_pages: bool = False
    # what it does to the stand-in is not undone by switching faults off
    alters: bool = False


def _test(subject: Subject) -> str:
    with subject.opened() as connector:
        access = connector.test()
    told = [f"company {access.company!r}" if access.company else "the company's name is not told"]
    told.append("its identity is known" if access.identity else "the tool tells no identity")
    told += [f"cannot read {name} (needs “{needs}”)" for name, needs in sorted(access.unreadable.items())]
    return "; ".join(told)


def _complete(subject: Subject) -> str:
    found = subject.read()
    if subject.running is None:
        if not found.employees:
            raise Failed("nobody at all")
        return _counts(found)
    _all_there(found, subject.truth())
    return _counts(found)


def _counts(found: Read) -> str:
    today = datetime.now(UTC).date()
    working = (Standing.ACTIVE, Standing.ON_LEAVE, Standing.LEAVING)
    active = sum(standing(one, today) in working for one in found.employees.values())
    countries = {one.country for one in found.employees.values() if isinstance(one.country, str)}
    return f"{len(found.employees)} people: {active} at work, {len(countries)} countries"


def _all_there(found: Read, truth: list[dict[str, Any]]) -> None:
    missing = must_come(truth) - came(found)
    if missing:
        raise Failed(f"{missing.total()} people of {len(truth)} are missing")
    strangers = len(found.employees) - len(truth)
    if strangers > 0:
        raise Failed(f"{strangers} people too many")


def _present(subject: Subject) -> str:
    found = subject.read()
    needed = [one for one in subject.tool.data if not one.optional]
    missing = [
        name
        for one in needed
        for name in one.fields
        if name not in found.unreadable and not _somebody_has(found, name)
    ]
    lost = [name for name in missing if not _excused(subject.tool.data, name, found)]
    if lost:
        raise Failed(f"nobody has {', '.join(lost)}, and unreadable() does not say so")
    delivered = sorted(
        {name for one in subject.tool.data for name in one.fields if _somebody_has(found, name)}
    )
    return f"delivered: {', '.join(delivered)}"


def _somebody_has(found: Read, name: str) -> bool:
    return any(getattr(one, name, UNSET) is not UNSET for one in found.employees.values())


def _excused(data: Sequence[DataField], name: str, found: Read) -> bool:
    """A kind of data counts as there when one of its fields comes: not every tool has all of them."""
    kind = next(one for one in data if name in one.fields)
    return any(_somebody_has(found, other) for other in kind.fields)


def _same_twice(subject: Subject) -> str:
    first, second = subject.read(), subject.read()
    if first.employees != second.employees:
        raise Failed("two reads of the same people differ")
    same = len(set(first.bodies) & set(second.bodies))
    if subject.running is not None and same < len(set(first.bodies)):
        raise Failed(
            f"only {same} of {len(first.bodies)} pages came with the same bytes: quiet hours are not quiet"
        )
    return f"{same} of {len(first.bodies)} pages byte for byte"


_STANDINGS: Final = {
    "active": {Standing.ACTIVE, Standing.LEAVING},
    "on_leave": {Standing.ON_LEAVE, Standing.ACTIVE, Standing.LEAVING},
    "upcoming": {Standing.UPCOMING, Standing.ACTIVE},
    "inactive": {Standing.LEFT},
}


def _statuses(subject: Subject) -> str:
    found = subject.read()
    unknown = [one.id for one in found.employees.values() if one.status == Status.UNKNOWN]
    if unknown:
        raise Failed(f"{len(unknown)} people have a status that is not in the table")
    seen = {str(one.status) for one in found.employees.values() if one.status is not UNSET}
    if subject.running is not None:
        _standings(found, subject)
    return f"seen: {', '.join(sorted(seen))}"


def _standings(found: Read, subject: Subject) -> None:
    today = date.fromisoformat(str(subject.control("clock")["now"])[:10])
    truth = _by_name(subject.truth())
    wrong = []
    for one in found.employees.values():
        known = truth.get(key(one.first_name, one.last_name))
        if known is not None and standing(one, today) not in _STANDINGS[known["status"]]:
            wrong.append(f"{known['status']} read as {standing(one, today)}")
    if wrong:
        raise Failed(f"{len(wrong)} people stand elsewhere than they should, such as {wrong[0]}")


def _unknown_status(subject: Subject) -> str:
    subject.control("faults", on={"id": "E7", "mode": "status"})
    found = subject.read()
    removed = [
        one.id for one in found.employees.values() if one.status == Status.INACTIVE and not _has_end(one)
    ]
    if removed:
        raise Failed(f"a status nobody knows made {len(removed)} leavers without an end date")
    _all_there(found, subject.truth())
    return f"{sum(one.status == Status.UNKNOWN for one in found.employees.values())} shown as unknown"


def _has_end(one: Employee) -> bool:
    return isinstance(one.end_date, date) or isinstance(one.last_working_day, date)


def _by_name(truth: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return people by what they are recognised by, without those who share it."""
    names = Counter(key(one["first_name"], one["last_name"]) for one in truth)
    found = {key(one["first_name"], one["last_name"]): one for one in truth}
    return {name: one for name, one in found.items() if names[name] == 1}


_COMPARED: Final = ("first_name", "last_name", "start_date", "end_date", "personal_email")


def _values(subject: Subject) -> str:
    found = subject.read()
    truth = _by_name(subject.truth())
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


def _delta(subject: Subject) -> str:
    if not subject.tool.delta:
        raise NotApplicable("the tool cannot tell what changed; everybody is read each time")
    since = datetime.now(UTC) - timedelta(minutes=5)
    before = subject.read().employees
    if subject.running is not None:
        _move(subject)
    with subject.opened() as connector:
        delta = connector.changes(since)
        if delta is None:
            raise NotApplicable(
                "with these credentials it cannot tell what changed; everybody is read each time"
            )
        told = dict(_told(connector, delta.records))
    after = subject.read().employees
    merged = {**before, **told}
    differing = [number for number, one in after.items() if merged.get(number) != one]
    if differing:
        raise Failed(f"{len(differing)} people differ from a full read after the changes were taken over")
    return f"{len(told)} people told of, the same as a full read"


def _told(connector: Connector, records: Sequence[bytes]) -> Iterator[tuple[str, Employee]]:
    for record in records:
        try:
            one = connector.employee(record)
        except UnreadableRecord:
            continue
        yield one.id, one


def _move(subject: Subject) -> None:
    active = [one["id"] for one in subject.truth() if one["status"] == "active"]
    subject.control("hire", n=2)
    subject.control("rename", id=active[0], first_name="Other", last_name="Name")
    subject.control("terminate", id=active[1])
    subject.control("change", id=active[2], fields={"work_email": "other.address@acme.example"})


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
    _all_there(found, subject.truth())
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


def _no_secret(subject: Subject) -> str:
    secrets = [
        value
        for one in subject.tool.credentials
        if one.kind == "secret" and (value := subject.credentials.get(one.name, ""))
    ]
    with _logged() as lines:
        for trial in TRIALS[::4]:
            subject.control("faults", on=trial.fault)
            try:
                subject.read()
            except SourceError as error:
                lines += [
                    str(error),
                    repr(error),
                    error.sentence(),
                    repr(error.__cause__),
                    repr(error.__context__),
                ]
            subject.control("faults", clear=True)
    for line in lines:
        if any(secret in line for secret in secrets):
            raise Failed("a credential stands in a log line or an error")
    return f"{len(lines)} lines looked at"


@contextmanager
def _logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, keeping = logging.getLogger(), Keeping()
    level = root.level
    root.addHandler(keeping)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(keeping)


def _of(trial: Trial) -> Check:
    def run(subject: Subject) -> str:
        before = subject.truth()
        subject.control("faults", on=trial.fault)
        try:
            found = subject.read()
        except trial.errors as error:
            return f"{type(error).__name__}: {error.code}"
        except SourceError as error:
            wanted = " or ".join(kind.__name__ for kind in trial.errors) or "the whole list"
            raise Failed(f"{type(error).__name__} ({error.detail}) instead of {wanted}") from None
        if not subject.struck():
            raise NotApplicable("no answer of this tool can show it")
        missing = must_come(before) - came(found)
        if missing and trial.may_hide:
            raise NotApplicable("the tool tells a shorter list as the whole one: only limits can hold it")
        if missing:
            raise Failed(f"{missing.total()} people of {len(before)} are missing")
        return "the whole list"

    several = trial.row.startswith("P") or trial.fault.get("page") == 2
    return Check(title=f"{trial.row}: {trial.says}", run=run, several_pages=several, alters=trial.row == "P3")


CHECKS: Final = (
    Check(title="The credentials are accepted, and the company is told", run=_test, stand_in=False),
    Check(title="Everybody is read", run=_complete, stand_in=False),
    Check(title="The data that is declared comes", run=_present, stand_in=False),
    Check(
        title="Reading twice gives the same, page by page",
        run=_same_twice,
        stand_in=False,
        several_pages=True,
    ),
    Check(title="Every status is in the table", run=_statuses, stand_in=False),
    Check(title="What changed, taken over, equals a full read", run=_delta, stand_in=False, alters=True),
    Check(title="Requests stay within the tool's limits", run=_limits),
    Check(title="Values are those of the tool", run=_values),
    Check(title="A status nobody knows removes nobody (E7)", run=_unknown_status),
    Check(title="Fields that are hidden are kept, not emptied (A5)", run=_hidden),
    Check(title="Another company is recognised (A6)", run=_other_company),
    Check(title="Odd records hurt nobody else (E2-E6, I1)", run=_records),
    *(_of(trial) for trial in TRIALS),
    Check(title="No credential stands in a log line or an error (Z5)", run=_no_secret),
)
"""Every check, in the order of the report."""
