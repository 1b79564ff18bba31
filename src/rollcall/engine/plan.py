"""``make_plan``: from candidates, settings and the time to the exact list of changes, each with its reason.

Pure: the same input gives the same lines in the same order. It knows one person at a time, so that a plan for
a million people needs the memory of one; only the ids of managers who come or go with this plan are kept.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime

import msgspec
from msgspec import structs

from rollcall.engine import identity
from rollcall.engine.absence import WAIT
from rollcall.engine.change import ACTING, Change, Kind, Why
from rollcall.engine.differences import (
    NEVER_CLEARED,
    OWNED_FIELDS,
    PLAIN_FIELDS,
    Given,
    differences,
    given,
    line,
    shared,
)
from rollcall.engine.masks import is_address
from rollcall.engine.match import Candidate, Decided, email_key
from rollcall.engine.roster import Member, Role, State
from rollcall.engine.scope import Condition, Named, value_of
from rollcall.engine.settings import Settings, invited_from, is_foreign
from rollcall.engine.snapshot import Employee, Status, is_email
from rollcall.engine.status import Standing, last_day, local_day, standing

__all__ = ("NEVER_CLEARED", "OWNED_FIELDS", "PLAIN_FIELDS", "PlanDigest", "decide", "is_email", "make_plan")


def make_plan(
    candidates: Callable[[bool], Iterable[Candidate]],
    settings: Settings,
    *,
    now: datetime,
    zone: str,
    clearable: Collection[str],
    kept: Collection[str] = (),
    adopt: bool = False,
    renumbered: Callable[[], bool] = lambda: False,
) -> Iterator[Change]:
    """Yield the lines of the plan, in the order of the candidates.

    Args:
        candidates: called with ``True`` for people on whose stay others depend, then with ``False`` for all;
            both times in one order.
        settings: of the entity.
        now: aware; every person's day is read from it in their own zone.
        zone: the entity's time zone, for people without one.
        clearable: the member's fields for which the tool delivered a value for somebody in this snapshot.
        kept: the member's fields that the tool seems to have lost for many: present members keep theirs.
        adopt: whether a person approves this plan before it is applied (a preview of settings), so that it
            may archive leavers whose member the connection does not manage yet (S40); never by the clock.
        renumbered: whether HR gave new numbers to many at once (``identity.renumbered``); asked when somebody has one.
    """
    arriving: set[str] = set()
    departing: set[str] = set()
    # Two owners may both be allowed to go, but not both at once: the next plan knows who is left.
    owner_goes = False
    early_on = given(settings, adopt=adopt, renumbered=renumbered)
    for one in candidates(True):
        early = _with_doubt(one, early_on, now, zone)
        kinds = {found.kind for found in early}
        if kinds & _ARRIVALS:
            arriving.add(one.employee.id)
        elif Kind.ARCHIVE in kinds and not (_is_owner(one) and owner_goes):
            departing.add(one.employee.id)
            owner_goes = owner_goes or _is_owner(one)
    # A member whom nobody is linked to is known by e-mail, and two who left may have had the same one.
    archived: set[int | None] = set()
    known = given(
        settings,
        arriving=arriving,
        departing=departing,
        clearable=clearable,
        kept=kept,
        adopt=adopt,
        renumbered=renumbered,
    )
    for one in candidates(False):
        lines = _with_doubt(one, known, now, zone)
        if _is_owner(one) and lines and lines[0].kind is Kind.ARCHIVE and one.employee.id not in departing:
            lines = [line(one, Kind.SKIP, Why.LAST_OWNER, params=lines[0].params)]
        if one.link is None and lines and lines[0].kind is Kind.ARCHIVE:
            if lines[0].member_id in archived:
                continue
            archived.add(lines[0].member_id)
        yield from lines


_ARRIVALS = frozenset({Kind.CREATE, Kind.LINK, Kind.REACTIVATE})


def decide(
    one: Candidate,
    settings: Settings,
    *,
    now: datetime,
    zone: str,
    arriving: Collection[str] = (),
    departing: Collection[str] = (),
    clearable: Collection[str] = (),
    kept: Collection[str] = (),
    adopt: bool = False,
    renumbered: Callable[[], bool] = lambda: False,
) -> list[Change]:
    """Return what should happen to one person: at most one acting line, first, then remarks; or nothing.

    ``arriving`` and ``departing``: employee ids of managers who get a member, or lose theirs, in this plan.
    """
    known = given(
        settings,
        arriving=arriving,
        departing=departing,
        clearable=clearable,
        kept=kept,
        adopt=adopt,
        renumbered=renumbered,
    )
    return _with_doubt(one, known, now, zone)


def _with_doubt(one: Candidate, given: Given, now: datetime, zone: str) -> list[Change]:
    lines = _decide(one, given, now, zone)
    if one.unread and lines and lines[0].kind in ACTING:
        # Decided from a record that is older than the one that can't be read.
        return [line(one, Kind.SKIP, Why.UNREADABLE)]
    return lines


def _decide(one: Candidate, given: Given, now: datetime, zone: str) -> list[Change]:
    settings = given.settings
    today = local_day(now, one.employee, zone)
    where = standing(one.employee, today)
    member = one.member
    outside = None if one.as_manager else one.outside
    managed = (
        one.link is not None and one.link.managed and member is not None and member.state != State.ARCHIVED
    )
    held = identity.held_back(one, given, where, managed=managed)
    if held is not None:
        return held
    if one.vanished:
        return [_missing(one, settings, zone)] if managed else []
    if where is Standing.LEFT:
        return _leaver(one, given, managed=managed)
    if outside is not None:
        return [_release(one, outside)] if managed else []
    if member is None:
        return _newcomer(one, given, where, today, _tied(one, now, zone))
    if member.state == State.ARCHIVED:
        return _return(one, given, where, today, member)
    fields, notes = differences(one, member, given)
    if where is Standing.DOUBTFUL:
        notes.append(_doubt(one, Kind.NOTE))
    if not managed:
        back, said = _because(one, Why.RECONNECTED)
        return [line(one, Kind.LINK, back, fields=fields, params=said), *notes]
    return [line(one, Kind.UPDATE, Why.CHANGED_IN_HR, fields=fields), *notes] if fields else notes


def _missing(one: Candidate, settings: Settings, zone: str) -> Change:
    """Somebody whom the list lacks: archived once that is proven, if leavers are, and never an admin (rule 5)."""
    gone = one.absence
    if gone is None:
        return line(one, Kind.SKIP, Why.VANISHED)
    since = {"since": local_day(gone.since, one.employee, zone).isoformat()}
    if not one.in_scope:
        return line(one, Kind.SKIP, Why.VANISHED_OUTSIDE, params=since)
    if not settings.archive_inactive:
        return line(one, Kind.SKIP, Why.VANISHED, params=since)
    if one.member is not None and one.member.role in (Role.OWNER, Role.ADMIN):
        return line(one, Kind.SKIP, Why.VANISHED_ADMIN, params=since)
    if one.twins > one.apart:
        # The same address works here under another number.
        return shared(one, Kind.SKIP)
    if not gone.runs:
        return line(one, Kind.SKIP, Why.VANISHED_UNPROVEN, params=since)
    if not gone.proven:
        day = local_day(gone.since + WAIT, one.employee, zone).isoformat()
        return line(one, Kind.SKIP, Why.VANISHED_WAITS, params={**since, "day": day})
    return line(one, Kind.ARCHIVE, Why.VANISHED, params={**since, "runs": str(gone.runs)})


def _newcomer(one: Candidate, given: Given, where: Standing, today: date, tied: Standing) -> list[Change]:
    """Return what happens to somebody in scope without a link: by e-mail to a member, or invited."""
    known = identity.known(one)
    if one.erased:
        # Before anything else: also a member of the same address, made by hand since, is not tied to them.
        return [line(one, Kind.SKIP, Why.ERASED)]
    obstacle = _obstacle(one, given, where, tied)
    if obstacle:
        return [obstacle]
    if known is None:
        one = one if one.same_email is None else structs.replace(one, same_email=None)
    elif known.state == State.ARCHIVED:
        return _return(one, given, where, today, known)
    fields, notes = differences(one, known, given)
    if known is not None:
        why = identity.why_linked(one)
        return [line(one, Kind.LINK, why, fields=fields, params=identity.was(one)), *notes]
    early = _too_early(one, given.settings, where, today)
    if early:
        return [early]
    start = one.employee.start_date
    if where is Standing.UPCOMING and isinstance(start, date):
        return [
            line(one, Kind.CREATE, Why.STARTS_ON, fields=fields, params={"day": start.isoformat()}),
            *notes,
        ]
    why, said = _because(one, Why.BROUGHT_IN_AS_MANAGER if one.as_manager else Why.NEW_IN_SCOPE)
    return [line(one, Kind.CREATE, why, fields=fields, params=said), *notes]


def _tied(one: Candidate, now: datetime, zone: str) -> Standing:
    """Return where the employee stands to whom the member with the same address is tied."""
    record = one.tied_record
    return standing(record, local_day(now, record, zone)) if record else Standing.LEFT


def _obstacle(one: Candidate, given: Given, where: Standing, tied: Standing) -> Change | None:
    """Return why this new person cannot be matched or invited, if anything stands in the way."""
    key = email_key(one.employee)
    if key is None:
        return line(one, Kind.SKIP, Why.NO_EMAIL)
    if not is_address(key):
        return line(one, Kind.SKIP, Why.NOT_AN_EMAIL, params={"email": key})
    unsure = identity.obstacle(one, given, tied)
    if unsure:
        return unsure
    if identity.known(one) is None and is_foreign(given.settings, key):
        return line(one, Kind.SKIP, Why.FOREIGN_DOMAIN, params={"email": key})
    return _doubt(one, Kind.SKIP) if where is Standing.DOUBTFUL else None


def _too_early(one: Candidate, settings: Settings, where: Standing, today: date) -> Change | None:
    """Return why somebody who has not started yet gets no access today, if so (V1)."""
    if where is not Standing.UPCOMING:
        return None
    start = one.employee.start_date
    if not isinstance(start, date):
        return line(one, Kind.SKIP, Why.NO_START_DATE)
    from_day = invited_from(settings.invite, start)
    if from_day <= today:
        return None
    return line(
        one, Kind.SKIP, Why.INVITE_LATER, params={"start": start.isoformat(), "day": from_day.isoformat()}
    )


def _leaver(one: Candidate, given: Given, *, managed: bool) -> list[Change]:
    """Somebody whose last day has ended; known by link, or by e-mail when they were never linked."""
    by_email = identity.known(one) if not one.same_email_linked else None
    member = one.member or by_email
    if member is None or member.state == State.ARCHIVED or not (managed or one.in_scope):
        return []
    end = last_day(one.employee)
    day = {"day": end.isoformat()} if end else {}
    if one.twins > one.apart:
        # The same address works here under another number: moved to a new contract, not gone.
        return [shared(one, Kind.SKIP)]
    if not given.settings.archive_inactive:
        return [line(one, Kind.SKIP, Why.ARCHIVING_IS_OFF, params=day)]
    if member.last_owner:
        return [line(one, Kind.SKIP, Why.LAST_OWNER, params=day)]
    if not managed and not given.adopt:
        # Made by hand, or kept from before a disconnect: out of reach until a person says yes (rule 4).
        return [line(one, Kind.SKIP, Why.LEFT_BUT_NOT_MANAGED, params=day)]
    return [line(one, Kind.ARCHIVE, Why.LEFT_ON if end else Why.LEFT, params=day)]


def _return(one: Candidate, given: Given, where: Standing, today: date, member: Member) -> list[Change]:
    """Somebody archived who works here (again): the same member, unless something speaks against it."""
    if member.archived_by_hand:
        return [line(one, Kind.NOTE, Why.ARCHIVED_BY_HAND)]
    if where is Standing.DOUBTFUL:
        return [_doubt(one, Kind.SKIP)]
    if one.twins and one.decided is not Decided.SAME:
        return [shared(one, Kind.SKIP)]
    if one.email_taken:
        return [
            line(one, Kind.SKIP, Why.EMAIL_TAKEN, params={"email": email_key(one.employee) or member.email})
        ]
    key = email_key(one.employee)
    if key and is_foreign(given.settings, key):
        return [line(one, Kind.SKIP, Why.FOREIGN_DOMAIN, params={"email": key})]
    early = _too_early(one, given.settings, where, today)
    if early:
        return [early]
    fields, notes = differences(one, member, given)
    return [line(one, Kind.REACTIVATE, Why.REHIRED, fields=fields, params=identity.was(one)), *notes]


def _release(one: Candidate, rule: Condition | Named) -> Change:
    if isinstance(rule, Named):
        return line(one, Kind.RELEASE, Why.KEPT_OUT, params=_decision(rule))
    return line(one, Kind.RELEASE, Why.OUT_OF_SCOPE, params=_outside(one.employee, rule))


def _because(one: Candidate, otherwise: Why) -> tuple[Why, dict[str, str]]:
    """Return the reason why somebody comes in: a person's decision where there is one, with its parameters."""
    return (Why.ADDED_BY_HAND, _decision(one.added)) if one.added else (otherwise, {})


def _decision(exception: Named) -> dict[str, str]:
    return {"reason": exception.reason, "by": exception.by}


def _outside(employee: Employee, rule: Condition) -> dict[str, str]:
    return {
        "attribute": rule.attribute,
        "test": rule.test,
        "values": ", ".join(value or "-" for value in rule.values),
        "value": value_of(employee, rule.attribute) or "-",
    }


def _doubt(one: Candidate, kind: Kind) -> Change:
    if one.employee.status is Status.UNKNOWN:
        return line(one, kind, Why.STATUS_UNKNOWN)
    end = last_day(one.employee)
    params = {"status": str(one.employee.status), "day": end.isoformat() if end else ""}
    return line(one, kind, Why.STATUS_CONTRADICTS, params=params)


def _is_owner(one: Candidate) -> bool:
    member = one.member or one.same_email
    return member is not None and member.role is Role.OWNER


class PlanDigest:
    """The digest that names a plan: SHA-256 over its lines in order, so that approval is of one plan."""

    def __init__(self, settings: Settings) -> None:
        """Start with the settings the plan was made for."""
        self._hash = hashlib.sha256(_canonical.encode(settings))

    def add(self, change: Change) -> None:
        """Take in the next line."""
        self._hash.update(_canonical.encode(change))

    def hex(self) -> str:
        """Return the digest of the lines so far, 64 hexadecimal digits."""
        return self._hash.hexdigest()


_canonical = msgspec.json.Encoder(order="deterministic")
