"""Rows of the candidates' statement as the engine's values."""

from collections.abc import Mapping
from typing import Any, Final

from rollcall.engine.match import Manager, ManagerState
from rollcall.engine.plan import PLAIN_FIELDS
from rollcall.engine.reuse import is_somebody_else
from rollcall.engine.roster import Bank, Member, Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee

MEMBER: Final = (
    "id",
    "state",
    "role",
    *PLAIN_FIELDS,
    "manager_id",
    "bank_digest",
    "bank_mask",
    "signed_up_at",
    "archived_by_hand",
)


# asked of each row, and calling an enumeration takes ten times as long
_STATES: Final = {one.value: one for one in State}
_ROLES: Final = {one.value: one for one in Role}


def seems_other(row: tuple[Any, ...], key: str, settings: Settings) -> bool:
    """Tell whether HR surely tells of somebody else than the member with the address ``key`` (I7)."""
    wish, first, last, start, *known = row
    told = Employee(id="", work_email=wish, first_name=first, last_name=last, start_date=start)
    plain = dict(zip(("first_name", "last_name", "start_date"), known, strict=True))
    return is_somebody_else(
        told, Member(id=0, state=State.ACTIVE, role=Role.REQUESTER, email=key, **plain), settings
    )


def member_of(row: tuple[Any, ...], owners: int) -> Member | None:
    """Return the member of these ``MEMBER`` columns; ``owners``: how many the entity has."""
    if row[0] is None:
        return None
    values: Mapping[str, Any] = dict(zip(MEMBER, row, strict=True))
    plain = {name: values[name] for name in PLAIN_FIELDS}
    return Member(
        id=values["id"],
        state=_STATES[values["state"]],
        role=_ROLES[values["role"]],
        manager_id=values["manager_id"],
        bank=Bank(values["bank_digest"], values["bank_mask"]) if values["bank_digest"] else None,
        signed_up=values["signed_up_at"] is not None,
        archived_by_hand=values["archived_by_hand"],
        last_owner=values["role"] == Role.OWNER and values["state"] == State.ACTIVE and owners <= 1,
        **plain,
    )


def manager_of(employee: Mapping[str, Any], boss: list[Any], *, loop: bool) -> Manager:
    """Return the line manager whom the tool names, as far as the entity knows them."""
    named: str | None = employee["manager_id"]
    if not named:
        return Manager()
    known, first, last, member_id, expected = boss
    name = " ".join(part for part in (first, last) if part)
    if named == employee["external_id"]:
        state = ManagerState.SELF
    elif known is None:
        state = ManagerState.UNKNOWN
    elif loop:
        state = ManagerState.LOOP
    elif member_id is not None:
        state = ManagerState.MEMBER
    else:
        state = ManagerState.EXPECTED if expected else ManagerState.NO_MEMBER
    resolved = member_id if state is ManagerState.MEMBER else None
    return Manager(state=state, employee_id=named, member_id=resolved, name=name)
