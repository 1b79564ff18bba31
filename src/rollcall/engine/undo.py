"""Taking a done change back, for one member, from plain values (product decision 15).

Only what is still as the change left it goes back; what somebody changed since is left and said. Pure.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, structs

from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.differences import PLAIN_FIELDS
from rollcall.engine.roster import Role, State


class Present(Struct, frozen=True, kw_only=True):
    """A member as they are now, as far as taking something back depends on it."""

    state: State
    role: Role
    archived_by_hand: bool
    has_account: bool
    # member's field -> value as plans write it
    values: Mapping[str, str | None]
    manager_id: int | None
    # the line manager's employee id, if they are tied to one
    manager_employee: str | None
    manager_name: str
    # the link to the employee that the change was about
    managed: bool


class Done(Struct, frozen=True, kw_only=True):
    """A change that was made. ``manager_before``: member id of the line manager it replaced."""

    change: Change
    manager_before: int | None = None
    # changes of line managers made before Rollcall kept who was replaced stay
    manager_known: bool = False


_BACK: Final[Mapping[Kind, Kind]] = {
    Kind.CREATE: Kind.ARCHIVE,
    Kind.LINK: Kind.RELEASE,
    Kind.UPDATE: Kind.UPDATE,
    Kind.REACTIVATE: Kind.ARCHIVE,
    Kind.ARCHIVE: Kind.REACTIVATE,
    Kind.RELEASE: Kind.LINK,
}


def take_back(done: Done, now: Present | None) -> list[Change]:
    """Return what takes the change back: at most one acting line, first, then remarks; never nothing.

    ``now`` is the member as they are, ``None`` when there is none any more.
    """
    change = done.change
    if now is None or not _still(change.kind, now):
        return [_line(change, Kind.SKIP, Why.CHANGED_SINCE)]
    fields, kept = _fields(done, now) if change.kind is not Kind.CREATE else ({}, [])
    remarks = _remarks(change, now, kept)
    if change.kind is Kind.UPDATE and not fields:
        return remarks if "bank_account" in change.fields and not kept else _only_skip(change, kept, remarks)
    params = {"kind": str(change.kind)}
    if was := change.params.get("was"):
        # The member was tied to another record before: that tie comes back, and this one goes.
        params = {
            "kind": "relinked" if change.kind is Kind.LINK else str(change.kind),
            "was": change.employee_id,
        }
        kind = Kind.LINK if change.kind is Kind.LINK else _BACK[change.kind]
        before = structs.replace(change, employee_id=was)
        return [_line(before, kind, Why.UNDONE, fields=fields, params=params), *remarks]
    if change.kind is Kind.ARCHIVE:
        # A rehire begins with the least (I8); somebody archived by mistake gets back what they had.
        params["role"] = str(now.role)
    return [_line(change, _BACK[change.kind], Why.UNDONE, fields=fields, params=params), *remarks]


def _still(kind: Kind, now: Present) -> bool:
    """Tell whether the member is still in the state in which the change left them."""
    match kind:
        case Kind.CREATE | Kind.REACTIVATE:
            # Whoever was given more rights since is somebody a person has decided about.
            return now.state is not State.ARCHIVED and now.role is Role.REQUESTER
        case Kind.LINK | Kind.UPDATE:
            return now.state is not State.ARCHIVED and now.managed
        case Kind.ARCHIVE:
            return now.state is State.ARCHIVED and not now.archived_by_hand
        case Kind.RELEASE:
            return now.state is not State.ARCHIVED and not now.managed
        case _:
            return False


def _fields(done: Done, now: Present) -> tuple[dict[str, FieldChange], list[str]]:
    """Return the fields that go back, and the names of those that were changed since."""
    back: dict[str, FieldChange] = {}
    kept: list[str] = []
    for name, one in done.change.fields.items():
        if name in PLAIN_FIELDS:
            if now.values.get(name) == one.after:
                back[name] = FieldChange(before=one.after, after=one.before)
            elif now.values.get(name) != one.before:
                kept.append(name)
        elif name == "manager" and now.manager_id != done.manager_before:
            if done.manager_known and now.manager_employee == one.ref:
                was = done.manager_before
                back[name] = FieldChange(
                    before=now.manager_name or None, after=one.before, ref=None if was is None else str(was)
                )
            else:
                kept.append(name)
    return back, kept


def _remarks(change: Change, now: Present, kept: list[str]) -> list[Change]:
    found: list[Change] = []
    if kept:
        found.append(_line(change, Kind.NOTE, Why.CHANGED_SINCE, params={"fields": ",".join(kept)}))
    if "bank_account" in change.fields and change.kind is not Kind.CREATE:
        found.append(_line(change, Kind.NOTE, Why.BANK_STAYS))
    if change.kind is Kind.CREATE and now.state is State.ACTIVE:
        found.append(_line(change, Kind.NOTE, Why.SIGNED_UP_SINCE))
    if change.kind is Kind.ARCHIVE and not now.has_account:
        found.append(_line(change, Kind.NOTE, Why.INVITED_AGAIN))
    return found


def _only_skip(change: Change, kept: list[str], remarks: list[Change]) -> list[Change]:
    left = _line(change, Kind.SKIP, Why.CHANGED_SINCE, params={"fields": ",".join(kept)} if kept else None)
    return [left, *(one for one in remarks if one.why is not Why.CHANGED_SINCE)]


def _line(
    change: Change,
    kind: Kind,
    why: Why,
    *,
    fields: Mapping[str, FieldChange] | None = None,
    params: Mapping[str, str] | None = None,
) -> Change:
    return Change(
        kind=kind,
        employee_id=change.employee_id,
        why=why,
        name=change.name,
        email=change.email,
        member_id=change.member_id,
        fields=fields or {},
        params=params or {},
    )
