"""What would have to change for another result: each answer is the planner's own, with that one thing different."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct, structs

from rollcall.engine.absence import WAIT, Absence
from rollcall.engine.change import Why
from rollcall.engine.match import Candidate, Decided
from rollcall.engine.outcome import Outcome, Verdict, verdict
from rollcall.engine.plan import decide
from rollcall.engine.roster import Member, State
from rollcall.engine.scope import Condition, judge
from rollcall.engine.settings import AtOnce, Settings
from rollcall.engine.snapshot import Status
from rollcall.engine.status import local_day


class Lever(StrEnum):
    """Something that could be different; who can change it stands beside its sentence."""

    LISTED_AGAIN = "listed_again"
    READABLE = "readable"
    STAYS_MISSING = "stays_missing"
    WORKS_HERE = "works_here"
    LEAVES = "leaves"
    IN_SCOPE = "in_scope"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_KEPT_OUT = "not_kept_out"
    EMAIL = "email"
    OWN_EMAIL = "own_email"
    FREE_EMAIL = "free_email"
    RIGHT_EMAIL = "right_email"
    STATUS = "status"
    START_DATE = "start_date"
    WAIT = "wait"  # day
    INVITE_AT_ONCE = "invite_at_once"
    ARCHIVING_ON = "archiving_on"
    PREVIEW = "preview"
    OTHER_OWNER = "other_owner"
    BRING_BACK = "bring_back"
    DECIDE = "decide"
    TWO_PEOPLE = "two_people"
    ALLOW_AGAIN = "allow_again"
    ALLOW_DOMAIN = "allow_domain"


class Step(Struct, frozen=True, kw_only=True):
    """One thing to change on the way to another result."""

    lever: Lever
    params: Mapping[str, str] = {}


class Way(Struct, frozen=True, kw_only=True):
    """Changes, all of them needed, and what the next run does then."""

    steps: tuple[Step, ...]
    leads_to: Outcome
    why: Why | None = None
    params: Mapping[str, str] = {}


class World(Struct, frozen=True, kw_only=True):
    """What a decision is made from, so that one thing of it can be different."""

    one: Candidate
    settings: Settings
    now: datetime
    zone: str
    adopt: bool = False


_BELONGS: Final = frozenset(
    {Outcome.CREATE, Outcome.LINK, Outcome.REACTIVATE, Outcome.UPDATE, Outcome.IN_STEP}
)
"""The HR tool manages the person, or will after the next run."""

MOST_STEPS: Final = 8


def ways(world: World, found: Verdict) -> tuple[Way, ...]:
    """Return the ways to the results that the present one is not."""
    if found.outcome in _BELONGS:
        return tuple(
            Way(steps=(Step(lever=lever),), leads_to=then.outcome, why=then.why, params=then.params)
            for lever in (Lever.LEAVES, Lever.OUT_OF_SCOPE)
            for then in (_decided(_CHANGES[lever](world)),)
        )
    first = _walk(world, found, _INTO, _BELONGS)
    into = [first, *_quicker(world, first)] if first else []
    if found.outcome is Outcome.LEFT_ALONE and found.why in _OUT_OF:
        out = _walk(world, found, _OUT_OF, frozenset({Outcome.ARCHIVE}))
        into = [*([out] if out else []), *into]
    return tuple(into)


def _walk(
    world: World,
    found: Verdict,
    levers: Mapping[Outcome | Why, Lever],
    wanted: frozenset[Outcome],
) -> Way | None:
    """Take away one obstacle after the other until the wanted result is there."""
    steps: list[Step] = []
    while found.outcome not in wanted:
        left_alone = found.outcome is Outcome.LEFT_ALONE
        by_reason = found.why if found.why and (left_alone or found.why in _TELLING) else None
        lever = levers.get(by_reason or found.outcome)
        if lever is None or len(steps) == MOST_STEPS:
            return None
        steps.append(Step(lever=lever, params=found.params if lever is Lever.WAIT else {}))
        world = _CHANGES[lever](world)
        found = _decided(world)
    return Way(steps=tuple(steps), leads_to=found.outcome, why=found.why, params=found.params)


def _quicker(world: World, way: Way) -> list[Way]:
    """Return the way by another invitation setting, where somebody would have to wait."""
    kept = [one for one in way.steps if one.lever not in (Lever.WAIT, Lever.START_DATE)]
    if len(kept) == len(way.steps):
        return []
    for one in kept:
        world = _CHANGES[one.lever](world)
    then = _decided(_CHANGES[Lever.INVITE_AT_ONCE](world))
    return [
        Way(
            steps=(*kept, Step(lever=Lever.INVITE_AT_ONCE)),
            leads_to=then.outcome,
            why=then.why,
            params=then.params,
        )
    ]


def _decided(world: World) -> Verdict:
    lines = decide(world.one, world.settings, now=world.now, zone=world.zone, adopt=world.adopt)
    return verdict(world.one, lines, local_day(world.now, world.one.employee, world.zone))


_TELLING: Final = frozenset({Why.KEPT_OUT, Why.VANISHED})
"""Reasons that say more than the result does about what stands in the way."""

_INTO: Final[Mapping[Outcome | Why, Lever]] = {
    Outcome.VANISHED: Lever.LISTED_AGAIN,
    Outcome.GONE: Lever.WORKS_HERE,
    Outcome.ARCHIVE: Lever.WORKS_HERE,
    Outcome.OUTSIDE: Lever.IN_SCOPE,
    Outcome.RELEASE: Lever.IN_SCOPE,
    Outcome.KEPT_OUT: Lever.NOT_KEPT_OUT,
    Why.KEPT_OUT: Lever.NOT_KEPT_OUT,
    Outcome.ARCHIVED_BY_HAND: Lever.BRING_BACK,
    Why.VANISHED: Lever.LISTED_AGAIN,
    Why.VANISHED_WAITS: Lever.LISTED_AGAIN,
    Why.VANISHED_UNPROVEN: Lever.LISTED_AGAIN,
    Why.VANISHED_OUTSIDE: Lever.LISTED_AGAIN,
    Why.VANISHED_ADMIN: Lever.LISTED_AGAIN,
    Why.UNREADABLE: Lever.READABLE,
    Why.ERASED: Lever.ALLOW_AGAIN,
    Why.NO_EMAIL: Lever.EMAIL,
    Why.NOT_AN_EMAIL: Lever.EMAIL,
    Why.SHARED_EMAIL: Lever.OWN_EMAIL,
    Why.EMAIL_TAKEN: Lever.FREE_EMAIL,
    Why.MEMBER_LINKED_ELSEWHERE: Lever.RIGHT_EMAIL,
    Why.NEW_NUMBER: Lever.DECIDE,
    Why.REUSED_ID: Lever.DECIDE,
    Why.LOOKS_LIKE: Lever.DECIDE,
    Why.HAS_NEW_NUMBER: Lever.TWO_PEOPLE,
    Why.FOREIGN_DOMAIN: Lever.ALLOW_DOMAIN,
    Why.INVITE_LATER: Lever.WAIT,
    Why.NO_START_DATE: Lever.START_DATE,
    Why.STATUS_UNKNOWN: Lever.STATUS,
    Why.STATUS_CONTRADICTS: Lever.STATUS,
    Why.ARCHIVING_IS_OFF: Lever.WORKS_HERE,
    Why.LEFT_BUT_NOT_MANAGED: Lever.WORKS_HERE,
    Why.LAST_OWNER: Lever.WORKS_HERE,
}
"""What takes away each obstacle on the way to being managed."""

_OUT_OF: Final[Mapping[Outcome | Why, Lever]] = {
    Why.VANISHED: Lever.LEAVES,
    Why.VANISHED_WAITS: Lever.STAYS_MISSING,
    Why.VANISHED_UNPROVEN: Lever.STAYS_MISSING,
    Why.VANISHED_OUTSIDE: Lever.LEAVES,
    Why.VANISHED_ADMIN: Lever.LEAVES,
    Why.UNREADABLE: Lever.READABLE,
    Why.HAS_NEW_NUMBER: Lever.TWO_PEOPLE,
    Why.ARCHIVING_IS_OFF: Lever.ARCHIVING_ON,
    Why.LEFT_BUT_NOT_MANAGED: Lever.PREVIEW,
    Why.LAST_OWNER: Lever.OTHER_OWNER,
}
"""What takes away each obstacle on the way to being archived."""


def _person(world: World, **changes: object) -> World:
    return structs.replace(world, one=structs.replace(world.one, **changes))


def _record(world: World, **changes: object) -> World:
    return _person(world, employee=structs.replace(world.one.employee, **changes))


def _member(world: World, **changes: object) -> World:
    def other(member: Member | None) -> Member | None:
        return structs.replace(member, **changes) if member else None

    return _person(world, member=other(world.one.member), same_email=other(world.one.same_email))


def _options(world: World, **changes: object) -> World:
    return structs.replace(world, settings=structs.replace(world.settings, **changes))


def _today(world: World) -> date:
    return local_day(world.now, world.one.employee, world.zone)


def _with_email(world: World) -> World:
    own = _record(world, work_email="somebody@example.com")
    free = _person(own, twins=0, same_email=None, same_email_linked=False, email_taken=False)
    return _person(free, tied_to="", tied_record=None, tied_gone=False, looks_like="")


def _left(world: World) -> World:
    day = _today(world) - timedelta(days=1)
    left = _record(world, status=Status.INACTIVE, last_working_day=day, end_date=day)
    return _person(left, vanished=False, absence=None)


def _missing_on(world: World) -> World:
    return _person(world, absence=Absence(since=world.now - WAIT, runs=2, proven=True))


def _at_work(world: World) -> World:
    return _record(world, status=Status.ACTIVE, last_working_day=None, end_date=None)


_ANY: Final = Condition(attribute="work_location", test="one_of", values=("",))

_CHANGES: Final[Mapping[Lever, Callable[[World], World]]] = {
    Lever.LISTED_AGAIN: lambda world: _person(world, vanished=False, absence=None),
    Lever.READABLE: lambda world: _person(world, unread=False),
    Lever.STAYS_MISSING: _missing_on,
    Lever.WORKS_HERE: _at_work,
    Lever.LEAVES: _left,
    Lever.IN_SCOPE: lambda world: _person(world, outside=None, as_manager=False),
    Lever.OUT_OF_SCOPE: lambda world: _person(world, outside=_ANY, added=None, as_manager=False),
    Lever.NOT_KEPT_OUT: lambda world: _person(
        world, outside=judge(world.settings.scope, world.one.employee), as_manager=False
    ),
    Lever.EMAIL: _with_email,
    Lever.OWN_EMAIL: lambda world: _person(world, twins=0),
    Lever.FREE_EMAIL: lambda world: _person(world, email_taken=False, same_email=None),
    Lever.RIGHT_EMAIL: _with_email,
    Lever.STATUS: _at_work,
    Lever.START_DATE: lambda world: _record(world, start_date=_today(world)),
    # On that day the decision is the one that "at once" gives today.
    Lever.WAIT: lambda world: _options(world, invite=AtOnce()),
    Lever.INVITE_AT_ONCE: lambda world: _options(world, invite=AtOnce()),
    Lever.ARCHIVING_ON: lambda world: _options(world, archive_inactive=True),
    Lever.PREVIEW: lambda world: structs.replace(world, adopt=True),
    Lever.ALLOW_DOMAIN: lambda world: _options(world, domains=()),
    Lever.ALLOW_AGAIN: lambda world: _person(world, erased=False),
    Lever.OTHER_OWNER: lambda world: _member(world, last_owner=False),
    # A person brings them back, so that they are active whatever HR says.
    Lever.BRING_BACK: lambda world: _member(world, state=State.ACTIVE, archived_by_hand=False),
    Lever.DECIDE: lambda world: _person(world, decided=Decided.SAME),
    Lever.TWO_PEOPLE: lambda world: _person(world, successor="", replaced=False),
}
"""Each lever as a change of what a decision is made from."""
