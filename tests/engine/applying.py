"""What the directory does with a plan, as a pure function over values: the yardstick of properties."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import structs

from rollcall.engine.change import ACTING, Change, Kind
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.roster import Bank, Link, Member, Role, State


def living_owners(members: Iterable[Member]) -> int:
    """Return how many owners are not archived."""
    return sum(one.role is Role.OWNER and one.state is not State.ARCHIVED for one in members)


def mark_last_owner(members: Iterable[Member]) -> list[Member]:
    """Return the members with ``last_owner`` set where it is true."""
    found = list(members)
    last = living_owners(found) == 1
    return [
        structs.replace(one, last_owner=last and one.role is Role.OWNER and one.state is not State.ARCHIVED)
        for one in found
    ]


def apply(
    lines: Iterable[Change], members: Iterable[Member], links: Iterable[Link]
) -> tuple[list[Member], list[Link]]:
    """Return members and links after the plan: people first, then their managers."""
    by_id = {one.id: one for one in members}
    link_of = {one.employee_id: one for one in links}
    done = [line for line in lines if line.kind in ACTING]
    for line in done:
        member_id = max(by_id, default=0) + 1 if line.kind is Kind.CREATE else line.member_id
        assert member_id is not None
        present = by_id.get(member_id)
        if line.kind is not Kind.CREATE:
            _check_before(line, present)
        by_id[member_id] = _changed(line, member_id, present)
        link_of.pop(line.params.get("was", ""), None)
        if line.kind in (Kind.CREATE, Kind.LINK, Kind.REACTIVATE):
            link_of[line.employee_id] = Link(member_id=member_id, employee_id=line.employee_id)
        elif line.kind is Kind.RELEASE:
            link_of[line.employee_id] = structs.replace(link_of[line.employee_id], managed=False)
    for line in done:
        if "manager" in line.fields:
            boss = line.fields["manager"].ref
            member_id = link_of[line.employee_id].member_id
            manager_id = link_of[boss].member_id if boss else None
            by_id[member_id] = structs.replace(by_id[member_id], manager_id=manager_id)
    return mark_last_owner(by_id.values()), list(link_of.values())


def _changed(line: Change, member_id: int, present: Member | None) -> Member:
    values: dict[str, Any] = {
        name: one.after or ("" if name.endswith("_name") else None)
        for name, one in line.fields.items()
        if name in PLAIN_FIELDS
    }
    if values.get("start_date"):
        values["start_date"] = date.fromisoformat(values["start_date"])
    if "bank_account" in line.fields:
        account = line.fields["bank_account"]
        values["bank"] = Bank(account.ref, account.after or "") if account.ref else None
    if present is None:
        return Member(id=member_id, state=State.INVITED, role=Role.REQUESTER, **values)
    if line.kind is Kind.ARCHIVE:
        values["state"] = State.ARCHIVED
    elif line.kind is Kind.REACTIVATE:
        assert present.state is State.ARCHIVED
        values["state"] = State.ACTIVE if present.signed_up else State.INVITED
    return structs.replace(present, **values)


def _check_before(line: Change, present: Member | None) -> None:
    """A change may be applied only while its *before* holds."""
    assert present is not None
    for name, one in line.fields.items():
        if name in PLAIN_FIELDS:
            assert str(getattr(present, name) or "") == (one.before or ""), (name, one)
