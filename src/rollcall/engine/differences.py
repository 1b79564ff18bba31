"""In which fields a member differs from what the HR tool says, and what is worth a remark."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET, Struct

from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.masks import BLANK, SUSPECT, is_address, is_mask
from rollcall.engine.match import Candidate, Decided, ManagerState, email_key, full_name
from rollcall.engine.roster import Member
from rollcall.engine.scope import sends_managers
from rollcall.engine.settings import Ownership, Settings, is_foreign, ownership
from rollcall.engine.snapshot import fold_email

PLAIN_FIELDS: Final[Mapping[str, str]] = {
    "email": "work_email",
    "first_name": "first_name",
    "last_name": "last_name",
    "employee_number": "employee_number",
    "job_title": "job_title",
    "department": "department",
    "team": "team",
    "work_location": "work_location",
    "country": "country",
    "legal_entity": "legal_entity",
    "cost_center": "cost_center",
    "employment_type": "employment_type",
    "language": "language",
    "start_date": "start_date",
}
"""Member's field -> employee's field. ``manager`` and ``bank_account`` have rules of their own below."""

OWNED_FIELDS: Final = (*PLAIN_FIELDS, "manager", "bank_account")
"""Every member's field that an HR tool may own, in the order in which pages show them."""

NEVER_CLEARED: Final = frozenset({"email", "first_name", "last_name"})


_told: Final = attrgetter(*PLAIN_FIELDS.values())
_known: Final = attrgetter(*PLAIN_FIELDS)


class Given(Struct, frozen=True, kw_only=True):
    """What a decision needs beside the person; ``decide`` in ``plan.py`` says what the fields are.

    Made once for a plan: everything that is the same for everybody is found out here.
    """

    settings: Settings
    arriving: Collection[str] = ()
    departing: Collection[str] = ()
    clearable: Collection[str] = ()
    kept: Collection[str] = ()
    adopt: bool = False
    renumbered: Callable[[], bool] = lambda: False
    # fields that HR decides: of a member who is there, and of one who is about to be created
    present: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


def given(settings: Settings, **more: Any) -> Given:
    """Return ``Given`` for these settings; ``more`` are its other fields."""
    kept = more.get("kept", ())
    owners = {name: ownership(settings, name) for name in OWNED_FIELDS}
    # Nobody can be created without the address they were matched by.
    new = {name for name, owner in owners.items() if owner is not Ownership.NOT_READ} | {"email"}
    present = {name for name, owner in owners.items() if owner is Ownership.HR and name not in kept}
    if not sends_managers(settings.scope):
        new, present = new - {"manager"}, present - {"manager"}
    return Given(settings=settings, present=frozenset(present), new=frozenset(new), **more)


def line(
    one: Candidate,
    kind: Kind,
    why: Why,
    *,
    fields: Mapping[str, FieldChange] | None = None,
    params: Mapping[str, str] | None = None,
) -> Change:
    """Return a line of the plan about this person."""
    member = one.member or one.same_email
    return Change(
        kind=kind,
        employee_id=one.employee.id,
        why=why,
        name=full_name(one.employee),
        email=(one.employee.work_email or "").strip(),
        member_id=member.id if member else None,
        fields=fields or {},
        params=params or {},
    )


def shared(one: Candidate, kind: Kind) -> Change:
    """Return a line that says with how many others the person shares their address (I2)."""
    params = {"email": email_key(one.employee) or "", "others": str(one.twins)}
    return line(one, kind, Why.SHARED_EMAIL, params=params)


def differences(
    one: Candidate, member: Member | None, given: Given
) -> tuple[dict[str, FieldChange], list[Change]]:
    """Return the fields in which the member (``None``: about to be created) differs from HR, and remarks."""
    fields: dict[str, FieldChange] = {}
    notes: list[Change] = []
    masked: list[str] = []
    told = _told(one.employee)
    known = _known(member) if member else _NOTHING
    read = given.present if member else given.new
    # Nearly everybody is the same in both places, and tuples are compared at once.
    differing = () if told == known and told[0].strip() else zip(PLAIN_FIELDS, told, known, strict=True)
    for name, value, own in differing:
        if value is UNSET or name not in read or (value == own and name != "email"):
            continue
        if own is None and type(value) is str and value[:1] not in SUSPECT and name != "email":
            # for nearly every field of somebody new: a plain text
            fields[name] = FieldChange(after=value)
            continue
        after = _text(value.strip() if name == "email" and value else value)
        before = _text(own)
        if name == "email":
            remark, kept = _email(one, after, member, given.settings)
            notes.extend(remark)
            if kept:
                continue
        elif after is not None and is_mask(after, name):
            masked.extend([name] if before not in (None, after) else [])
            continue
        if after == before or (after is None and (name in NEVER_CLEARED or name not in given.clearable)):
            continue
        fields[name] = FieldChange(before=before, after=after)
    notes.extend(_bank(one, member, given, fields))
    if isinstance(one.employee.manager_id, str) and is_mask(one.employee.manager_id):
        masked.extend(["manager"] if member and member.manager_id and _follows(given, member) else [])
    else:
        notes.extend(_manager(one, member, given, fields))
    if masked:
        notes.append(line(one, Kind.NOTE, Why.MASKED, params={"fields": ",".join(masked)}))
    return fields, notes


def _text(value: str | date | None) -> str | None:
    """Return the value as plans write it; blank is ``None``."""
    if isinstance(value, date):
        return value.isoformat()
    return value if value and value.strip(BLANK) else None


_NOTHING: Final = (None,) * len(PLAIN_FIELDS)


def _is_read(given: Given, name: str, *, creating: bool) -> bool:
    """Tell whether HR decides the field."""
    return name in (given.new if creating else given.present)


def _email(
    one: Candidate, after: str | None, member: Member | None, settings: Settings
) -> tuple[list[Change], bool]:
    """Return remarks on the address HR gives, and whether the member keeps the present one."""
    if after is None:
        return [line(one, Kind.NOTE, Why.NO_EMAIL)], True
    params = {"email": after}
    unusual = [] if after.isascii() else [line(one, Kind.NOTE, Why.UNUSUAL_LETTERS, params=params)]
    if member is None:
        return unusual, False
    if fold_email(after) == fold_email(member.email):
        return [], True
    if not is_address(after):
        return [line(one, Kind.NOTE, Why.NOT_AN_EMAIL, params=params)], True
    if is_foreign(settings, fold_email(after)):
        return [line(one, Kind.NOTE, Why.FOREIGN_DOMAIN, params=params)], True
    if one.twins:
        return [shared(one, Kind.NOTE)], True
    if one.email_taken:
        return [line(one, Kind.NOTE, Why.EMAIL_TAKEN, params=params)], True
    if one.looks_like and one.decided is not Decided.SAME:
        return [line(one, Kind.NOTE, Why.LOOKS_LIKE, params={**params, "other": one.looks_like})], True
    return unusual, False


def _bank(
    one: Candidate, member: Member | None, given: Given, fields: dict[str, FieldChange]
) -> list[Change]:
    """Add the bank account to ``fields`` if it differs; return a remark when HR gives no real one (V7)."""
    account = one.employee.bank_account
    if account is UNSET or not _is_read(given, "bank_account", creating=member is None):
        return []
    before = member.bank if member else None
    after = one.bank
    if after is None and account is not None and (account.iban or account.account_number):
        return [line(one, Kind.NOTE, Why.BANK_NOT_VALID)]
    if (after.digest if after else None) == (before.digest if before else None):
        return []
    if after is not None or "bank_account" in given.clearable:
        fields["bank_account"] = FieldChange(
            before=before.mask if before else None,
            after=after.mask if after else None,
            ref=after.digest if after else None,
        )
    return []


_UNRESOLVED = {
    ManagerState.SELF: Why.MANAGER_SELF,
    ManagerState.LOOP: Why.MANAGER_LOOP,
    ManagerState.UNKNOWN: Why.MANAGER_UNKNOWN,
    ManagerState.NO_MEMBER: Why.MANAGER_NO_MEMBER,
    # with a member who leaves in this plan, or expected and not coming
    ManagerState.MEMBER: Why.MANAGER_NO_MEMBER,
    ManagerState.EXPECTED: Why.MANAGER_NO_MEMBER,
}


def _follows(given: Given, member: Member | None) -> bool:
    """Tell whether HR decides about the line manager of this member (``None``: about to be created)."""
    return _is_read(given, "manager", creating=member is None)


def _manager(
    one: Candidate, member: Member | None, given: Given, fields: dict[str, FieldChange]
) -> list[Change]:
    """Add the line manager to ``fields`` if it differs; return a remark when it has to stay empty (M1-M3)."""
    if one.employee.manager_id is UNSET or not _follows(given, member):
        return []
    boss = one.manager
    now = member.manager_id if member else None
    before = (one.manager_before or str(now)) if now is not None else None
    comes = boss.state is ManagerState.EXPECTED and boss.employee_id in given.arriving
    stays = boss.state is ManagerState.MEMBER and boss.employee_id not in given.departing
    if comes or stays:
        if comes or boss.member_id != now:
            fields["manager"] = FieldChange(before=before, after=boss.name, ref=boss.employee_id)
        return []
    if now is not None and (boss.state is not ManagerState.NONE or "manager" in given.clearable):
        fields["manager"] = FieldChange(before=before)
    if boss.state is ManagerState.NONE:
        return []
    who = {"manager": boss.name or str(boss.employee_id)}
    return [line(one, Kind.NOTE, _UNRESOLVED[boss.state], params=who)]
