"""Who is who: an employee, the member tied to them, and what stands in the way.

The database joins a ``Candidate`` with set-based SQL (``sync/plans/candidates.py``); ``join`` does the same over
values, for tests and for anybody who wants to read the rule. A property test holds the two together.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

from msgspec import UNSET, Struct

from rollcall.engine.absence import Absence
from rollcall.engine.lookalike import skeleton
from rollcall.engine.masks import is_address
from rollcall.engine.reuse import is_somebody_else
from rollcall.engine.roster import Bank, Link, Member, Role, State
from rollcall.engine.scope import Condition, Everybody, Named, Scope, added_by, by_employee, outside
from rollcall.engine.settings import Settings, is_foreign
from rollcall.engine.snapshot import Employee, Status, fold_email
from rollcall.engine.status import comes_or_works, last_day


class ManagerState(StrEnum):
    """What is known about the manager the HR tool names."""

    NONE = "none"
    # has a member in this entity now
    MEMBER = "member"
    # has none yet, but is in scope and may get one in this very plan
    EXPECTED = "expected"
    UNKNOWN = "unknown"
    NO_MEMBER = "no_member"
    SELF = "self"
    LOOP = "loop"


class Decided(StrEnum):
    """What a person said about a record and the member it may be about; it holds until one of them changes."""

    # one person: the record is about this member, or is the one of several that counts
    SAME = "same"
    # two people, whatever they share
    OTHER = "other"
    # nothing is to happen, and nobody wants to be asked again
    LEAVE = "leave"


class Manager(Struct, frozen=True, kw_only=True, gc=False):
    """The line manager as far as it can be resolved."""

    state: ManagerState = ManagerState.NONE
    employee_id: str | None = None
    member_id: int | None = None
    name: str = ""


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
    """Everything that the decision about one person needs."""

    employee: Employee
    bank: Bank | None = None
    # the condition, or the person's being kept out by hand, that keeps them out of scope
    outside: Condition | Named | None = None
    # the exception without which the conditions would leave them out
    added: Named | None = None
    # out by the conditions, in because somebody in scope reports to them; never somebody kept out by hand
    as_manager: bool = False
    link: Link | None = None
    member: Member | None = None
    # without a link: the member of this entity with exactly this work e-mail
    same_email: Member | None = None
    # same_email is tied to another employee already
    same_email_linked: bool = False
    # that employee: the tool's id, when and where they work as far as the tool still knows, and whether it lists them
    tied_to: str = ""
    tied_record: Employee | None = None
    tied_gone: bool = False
    # other employees of this connection with the same work e-mail who work here or are about to
    twins: int = 0
    # with a link: another living member of the entity has the address that HR now gives (the member's own
    # when HR gives none that can be used), and keeps it
    email_taken: bool = False
    manager: Manager = Manager()
    # with a link: somebody without a member who works here under this id with the member's own address
    successor: str = ""
    # a person said that such a record is this member's from now on
    replaced: bool = False
    # how many of the twins a person said are somebody else than this member
    apart: int = 0
    # the address of a living member that HR's new address for this person is easily mistaken for
    looks_like: str = ""
    # what a person said about this record and the member it is, or may be, about
    decided: Decided | None = None
    # name of the manager the member has now
    manager_before: str = ""
    # others depend on whether this person stays: somebody reports to them, or they are one of the owners
    leads: bool = False
    # not seen by the last complete read
    vanished: bool = False
    absence: Absence | None = None
    # the last read could not use their record: what is known of them is older
    unread: bool = False
    # the person with this employee id, or this address, was erased from the entity
    erased: bool = False

    @property
    def in_scope(self) -> bool:
        """Tell whether the person belongs to the entity."""
        return self.outside is None or self.as_manager


def full_name(employee: Employee) -> str:
    """Return first and last name as delivered, joined by a space."""
    first, last = employee.first_name, employee.last_name
    if first and last:
        return f"{first} {last}"
    return str(first or last or "")


def email_key(employee: Employee) -> str | None:
    """Return the folded work e-mail, ``None`` when there is none."""
    return (fold_email(employee.work_email) or None) if isinstance(employee.work_email, str) else None


def chain(
    employee: Employee, by_id: Mapping[str, Employee], *, below: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the ids of the managers above the employee, nearest first, each once, known people only.

    ``below``: ids at which the way up ends, they themselves not included.
    """
    seen: list[str] = []
    above = employee.manager_id
    while isinstance(above, str) and above in by_id and above not in seen and above not in below:
        seen.append(above)
        above = by_id[above].manager_id
    return tuple(seen)


def managers_of(
    scope: Scope, by_id: Mapping[str, Employee], named: Mapping[str, Named] | None = None
) -> frozenset[str]:
    """Return the ids of all managers above anybody in scope (S45), empty unless the filter asks for it.

    Who is inactive brings nobody in: else the managers of everybody who ever left would be invited. A manager who
    is kept out by hand (``named``) is not brought in, and brings in nobody above.
    """
    if isinstance(scope, Everybody) or not scope.include_managers:
        return frozenset()
    exceptions = named or {}
    kept_out = {one.employee_id for one in exceptions.values() if one.act == "keep_out"}
    return frozenset(
        above
        for one in by_id.values()
        if one.status != Status.INACTIVE and outside(scope, exceptions, one) is None
        for above in chain(one, by_id, below=kept_out)
    )


def join(
    employees: Sequence[Employee],
    members: Iterable[Member],
    links: Iterable[Link],
    scope: Scope,
    *,
    exceptions: Iterable[Named] = (),
    banks: Mapping[str, Bank] | None = None,
    vanished: Collection[str] = (),
    unread: Collection[str] = (),
    decisions: Mapping[str, Decided] | None = None,
    settings: Settings | None = None,
    day: date = date.max,
) -> list[Candidate]:
    """Return one candidate for each employee, ordered by employee id.

    ``vanished``: ids that the last complete read did not see; ``unread``: whose record it could
    not use; ``decisions``: what a person said, by employee id;
    ``settings``: of the entity, for whom the HR tool's ids may stand;
    ``day``: the earliest on earth, before which nobody's future begins.
    """
    by_id = {one.id: one for one in employees}
    named = by_employee(exceptions)
    by_member = {one.id: one for one in members}
    link_of = {one.employee_id: one for one in links}
    decided = decisions or {}
    # A link that a disconnect left behind, to an id that the tool does not know any more, stands in nobody's way.
    tie_of = {one.member_id: one for one in link_of.values() if one.managed or one.employee_id in by_id}
    by_email = _by_email(by_member.values())
    working = [one for one in employees if comes_or_works(one, day) and one.id not in vanished]
    at_work = {one.id for one in working}
    shared = Counter(email_key(one) for one in working)
    seeming = _seeming(by_member.values())
    coming: dict[str | None, list[str]] = {}
    for one in sorted(working, key=lambda e: e.id):
        if one.id not in link_of:
            coming.setdefault(email_key(one), []).append(one.id)
    leaders = {one.manager_id for one in employees}
    brought = managers_of(scope, by_id, named)
    inside = brought | {one.id for one in employees if outside(scope, named, one) is None}
    wishes = {
        link.member_id: key
        for link in link_of.values()
        if (employee := by_id.get(link.employee_id)) is not None
        and employee.id in inside
        and employee.id not in vanished
        and employee.id not in unread
        # whoever keeps their address gives none free
        and email_key(employee) != fold_email(by_member[link.member_id].email)
        and (key := _wish(employee, shared)) is not None
        and not is_foreign(settings or Settings(), key)
        and (
            decided.get(employee.id) is Decided.SAME
            or not _is_held(employee, by_member[link.member_id], key, seeming, settings or Settings())
        )
    }
    found: list[Candidate] = []
    for employee in sorted(employees, key=lambda one: one.id):
        key = email_key(employee)
        link = link_of.get(employee.id)
        holder = by_email.get(key) if key else None
        member = by_member[link.member_id] if link else None
        kept_out_by = outside(scope, named, employee)
        tie = tie_of.get(holder.id) if holder is not None and not link else None
        if (
            tie is not None
            and holder is not None
            and holder.state != State.ARCHIVED
            and may_take_over(decided.get(employee.id))
            and not _stays(fold_email(holder.email), None, by_email, wishes)
        ):
            # Whoever has the address is given another one by the same plan: the record is about nobody yet.
            holder = tie = None
        following = coming.get(fold_email(member.email), ()) if member else ()
        said = [decided.get(one) for one in following]
        found.append(
            Candidate(
                employee=employee,
                bank=(banks or {}).get(employee.id),
                outside=kept_out_by,
                added=added_by(scope, named, employee),
                as_manager=kept_out_by is not None and employee.id in brought,
                link=link,
                member=member,
                same_email=None if link else holder,
                same_email_linked=tie is not None,
                tied_to=tie.employee_id if tie else "",
                tied_record=by_id.get(tie.employee_id) if tie else None,
                tied_gone=tie is not None and (tie.employee_id not in by_id or tie.employee_id in vanished),
                twins=shared[key] - (employee.id in at_work) if key else 0,
                email_taken=member is not None and _is_taken(member, key, by_email, wishes),
                successor=next((one for one in following if decided.get(one) is not Decided.OTHER), ""),
                replaced=Decided.SAME in said,
                apart=said.count(Decided.OTHER) if member and key == fold_email(member.email) else 0,
                looks_like=_looks_like(key, member or holder, seeming),
                decided=decided.get(employee.id),
                vanished=employee.id in vanished,
                unread=employee.id in unread,
                manager=_manager(employee, by_id, link_of, by_member, inside),
                leads=employee.id in leaders or _owns(member if link else holder),
                manager_before=_name(by_member.get(member.manager_id))
                if member and member.manager_id
                else "",
            )
        )
    return found


def _by_email(members: Iterable[Member]) -> dict[str, Member]:
    """Members by folded e-mail; a living one hides an archived one, the newest archived hides older ones."""
    found: dict[str, Member] = {}
    for one in sorted(members, key=lambda m: (m.state != State.ARCHIVED, m.id)):
        found[fold_email(one.email)] = one
    return found


def _seeming(members: Iterable[Member]) -> dict[str, list[str]]:
    """The folded addresses of living members by what they look like."""
    found: dict[str, list[str]] = {}
    for one in members:
        if one.state != State.ARCHIVED:
            key = fold_email(one.email)
            found.setdefault(skeleton(key), []).append(key)
    return found


def _looks_like(key: str | None, own: Member | None, seeming: Mapping[str, Sequence[str]]) -> str:
    if key is None or not is_new_address(key, own):
        return ""
    alike = seeming.get(skeleton(key), ())
    return "" if key in alike else min(alike, default="")


def _is_held(
    employee: Employee, member: Member, key: str, seeming: Mapping[str, Sequence[str]], settings: Settings
) -> bool:
    """Tell whether the member keeps the present address because it is in doubt who the new one belongs to."""
    return bool(_looks_like(key, member, seeming)) or is_somebody_else(employee, member, settings)


def is_new_address(key: str, own: Member | None) -> bool:
    """Tell whether the folded address is another than that of ``own``, the member by link or by e-mail."""
    return (own is None or own.state == State.ARCHIVED or fold_email(own.email) != key) and is_address(key)


def _wish(employee: Employee, shared: Mapping[str | None, int]) -> str | None:
    """Return the address that HR wants the person to have, ``None`` unless it is sure that they may."""
    key = email_key(employee)
    # Without a status, an end date alone makes a leaver, and leavers are not updated.
    may_leave = employee.status == Status.INACTIVE or (
        employee.status is UNSET and last_day(employee) is not None
    )
    return key if key and is_address(key) and not may_leave and shared[key] == 1 else None


def _is_taken(
    member: Member, key: str | None, by_email: Mapping[str, Member], wishes: Mapping[int, str]
) -> bool:
    """Tell whether somebody else has the address and keeps it.

    Who is given another address gives way, if that one is free or becomes free in turn, as in a swap (I6).
    """
    own = fold_email(member.email)
    return _stays(key if key and key != own and is_address(key) else own, member, by_email, wishes)


def may_take_over(said: Decided | None) -> bool:
    """Tell whether a new record may be given the address that a member gives up: not if a person said who it is."""
    return said in (None, Decided.OTHER)


def _stays(
    wanted: str, member: Member | None, by_email: Mapping[str, Member], wishes: Mapping[int, str]
) -> bool:
    """Tell whether an address is somebody's else than ``member``'s after the plan as well."""
    passed: set[int] = set()
    while (holder := by_email.get(wanted)) is not None and holder.state != State.ARCHIVED:
        wish = wishes.get(holder.id)
        if member is not None and holder.id == member.id:
            # In a circle all move or nobody does, this member too.
            return bool(passed) and wish is None
        if wish is None or wish == wanted or holder.id in passed:
            return True
        passed.add(holder.id)
        wanted = wish
    return False


def _owns(member: Member | None) -> bool:
    return member is not None and member.role is Role.OWNER


def _name(member: Member | None) -> str:
    return f"{member.first_name} {member.last_name}".strip() if member else ""


def _manager(
    employee: Employee,
    by_id: Mapping[str, Employee],
    link_of: Mapping[str, Link],
    by_member: Mapping[int, Member],
    inside: frozenset[str],
) -> Manager:
    above = employee.manager_id
    if not isinstance(above, str) or not above:
        return Manager()
    if above == employee.id:
        return Manager(state=ManagerState.SELF, employee_id=above, name=full_name(employee))
    if above not in by_id:
        return Manager(state=ManagerState.UNKNOWN, employee_id=above)
    boss = by_id[above]
    name = full_name(boss)
    if employee.id in chain(employee, by_id):
        return Manager(state=ManagerState.LOOP, employee_id=above, name=name)
    link = link_of.get(above)
    if link and by_member[link.member_id].state != State.ARCHIVED:
        return Manager(state=ManagerState.MEMBER, employee_id=above, member_id=link.member_id, name=name)
    expected = above in inside
    return Manager(
        state=ManagerState.EXPECTED if expected else ManagerState.NO_MEMBER, employee_id=above, name=name
    )
