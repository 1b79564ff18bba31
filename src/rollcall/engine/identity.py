"""Records that may be about somebody else than they seem: nothing happens to them until a person has said who it is.

Doubt stops the removal first (rule 10), and nobody guesses a match (product decision 1).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.differences import Given, line, shared
from rollcall.engine.match import Candidate, Decided, email_key
from rollcall.engine.reuse import is_somebody_else
from rollcall.engine.roster import Link, Member, State
from rollcall.engine.snapshot import Status
from rollcall.engine.status import Standing

MANY: Final = 3
"""So many new numbers at once, and half of the managed members, are a migration in HR: one question for all."""


def held_back(one: Candidate, given: Given, where: Standing, *, managed: bool) -> list[Change] | None:
    """Return what is said of a linked person who may be somebody else by now; ``None`` when nothing is in doubt."""
    member = one.member
    if one.link is None or member is None:
        return None
    sure = one.vanished or one.decided is Decided.SAME
    if not sure and is_somebody_else(one.employee, member, given.settings):
        idle = where is Standing.LEFT and member.state == State.ARCHIVED
        return [_reused(one, member)] if (managed or one.in_scope) and not idle else []
    if managed and one.successor and (one.replaced or one.vanished or where is Standing.LEFT):
        params = {"email": member.email, "number": one.successor}
        return [line(one, Kind.SKIP, Why.HAS_NEW_NUMBER, params=params)]
    return None


def _reused(one: Candidate, member: Member) -> Change:
    now = " ".join(part for part in (one.employee.first_name, one.employee.last_name) if part)
    params = {"before": f"{member.first_name} {member.last_name}", "now": now}
    return line(one, Kind.SKIP, Why.REUSED_ID, params=params)


def obstacle(one: Candidate, given: Given, tied: Standing) -> Change | None:
    """Return why it is not sure who a new record is about, if so; its address is one that can be used.

    ``tied``: where the employee stands, to whom the member with this address is tied.
    """
    key = email_key(one.employee) or ""
    settled = one.decided in (Decided.SAME, Decided.OTHER)
    if one.twins and one.decided is not Decided.SAME:
        return shared(one, Kind.SKIP)
    if _is_other(one) and one.same_email is not None and one.same_email.state != State.ARCHIVED:
        return line(one, Kind.SKIP, Why.EMAIL_TAKEN, params={"email": key})
    if one.same_email_linked and not settled:
        return _tied(one, given, tied, key)
    if one.looks_like and not settled:
        return line(one, Kind.SKIP, Why.LOOKS_LIKE, params={"email": key, "other": one.looks_like})
    return None


def _tied(one: Candidate, given: Given, tied: Standing, key: str) -> Change | None:
    if not one.tied_gone and tied is not Standing.LEFT:
        return line(one, Kind.SKIP, Why.MEMBER_LINKED_ELSEWHERE, params={"email": key})
    if is_pair(one) and given.renumbered():
        return None
    return line(one, Kind.SKIP, Why.NEW_NUMBER, params={"email": key, "number": one.tied_to})


def _is_other(one: Candidate) -> bool:
    return one.link is None and one.decided is Decided.OTHER


def known(one: Candidate) -> Member | None:
    """Return the member that a record without a link is about, by address; nobody when a person said so."""
    return None if _is_other(one) else one.same_email


def was(one: Candidate) -> Mapping[str, str]:
    """Return the parameters of a line that ties the member to this record instead of another."""
    return {"was": one.tied_to} if one.link is None and one.tied_to else {}


def why_linked(one: Candidate) -> Why:
    """Return why a member known by address is linked."""
    if one.decided is Decided.SAME:
        return Why.SAME_PERSON
    return Why.RENUMBERED if one.same_email_linked else Why.SAME_EMAIL


def is_pair(one: Candidate) -> bool:
    """Tell whether a member whose number is gone from the list works on under this new one, as the address says."""
    member = one.same_email
    return (
        one.link is None
        and one.tied_gone
        and member is not None
        and member.state != State.ARCHIVED
        and one.decided is None
        and not one.twins
        and not one.vanished
        and one.employee.status is not Status.INACTIVE
    )


def renumbered(candidates: Iterable[Candidate], members: Iterable[Member], links: Collection[Link]) -> bool:
    """Tell whether HR gave new numbers to many at once: at least ``MANY``, and half of the managed members."""
    living = {one.id for one in members if one.state != State.ARCHIVED}
    managed = sum(one.managed and one.member_id in living for one in links)
    return many(sum(map(is_pair, candidates)), managed)


def many(pairs: int, managed: int) -> bool:
    """Tell whether so many new numbers are a migration in HR rather than single people."""
    return pairs >= MANY and pairs * 2 >= managed
