"""Checks that only read: they can be tried on the tool itself as well as on its stand-in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import UNSET

from rollcall.connectors.base import Connector, DataField, Wanted
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee, Status
from rollcall.engine.status import Standing, standing
from rollcall.project.conformance.check import Check, Failed, NotApplicable, all_there, by_name
from rollcall.project.conformance.subject import Read, Subject, key


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
    all_there(found, subject.truth())
    return _counts(found)


def _counts(found: Read) -> str:
    today = datetime.now(UTC).date()
    working = (Standing.ACTIVE, Standing.ON_LEAVE, Standing.LEAVING)
    active = sum(standing(one, today) in working for one in found.employees.values())
    countries = {one.country for one in found.employees.values() if isinstance(one.country, str)}
    return f"{len(found.employees)} people: {active} at work, {len(countries)} countries"


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
    truth = by_name(subject.truth())
    wrong = []
    for one in found.employees.values():
        known = truth.get(key(one.first_name, one.last_name))
        if known is not None and standing(one, today) not in _STANDINGS[known["status"]]:
            wrong.append(f"{known['status']} read as {standing(one, today)}")
    if wrong:
        raise Failed(f"{len(wrong)} people stand elsewhere than they should, such as {wrong[0]}")


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


def _left_out(subject: Subject) -> str:
    names = sorted({name for one in subject.tool.data if one.optional for name in one.fields})
    found = subject.read(Wanted(leave_out=frozenset(names)))
    came = [name for name in names if name != "custom" and _somebody_has(found, name)]
    if came:
        raise Failed(f"left out and delivered all the same: {', '.join(came)}")
    told = sorted(found.unreadable & set(names))
    if told:
        raise Failed(f"left out, and yet told as not readable: {', '.join(told)}")
    return f"{len(names)} fields stay away"


READING: Final = (
    Check(title="The credentials are accepted, and the company is told", run=_test, stand_in=False),
    Check(title="Everybody is read", run=_complete, stand_in=False),
    Check(title="The data that is declared comes", run=_present, stand_in=False),
    Check(title="What the admin leaves out is not delivered (S12)", run=_left_out, stand_in=False),
    Check(
        title="Reading twice gives the same, page by page",
        run=_same_twice,
        stand_in=False,
        several_pages=True,
    ),
    Check(title="Every status is in the table", run=_statuses, stand_in=False),
    Check(title="What changed, taken over, equals a full read", run=_delta, stand_in=False, alters=True),
)
