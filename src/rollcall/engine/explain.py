"""Why somebody is, or is not, a member: findings, and what would have to change (product decision 16).

Nothing is decided here. What happens to a person comes from ``plan``; what would happen if something were different
is asked of ``plan.decide`` with that difference put in. So an explanation cannot contradict a plan.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from rollcall.engine.absence import Absence
from rollcall.engine.change import Change
from rollcall.engine.levers import Way, World, ways
from rollcall.engine.masks import is_address
from rollcall.engine.match import Candidate, email_key
from rollcall.engine.outcome import Verdict, verdict
from rollcall.engine.scope import Condition, Everybody, Filter, Named, judge, value_of
from rollcall.engine.settings import Settings
from rollcall.engine.status import Standing, local_day, standing


class Rule(StrEnum):
    """What decided whether the person belongs to the entity."""

    EVERYBODY = "everybody"
    MEETS_ALL = "meets_all"
    OUTSIDE = "outside"
    AS_MANAGER = "as_manager"
    # named by a person, against or beside the filter (S35)
    ADDED = "added"
    KEPT_OUT = "kept_out"


class Tie(StrEnum):
    """Which member the person is, and how that is known."""

    MANAGED = "managed"
    # the link is remembered, but the HR tool decides nothing about the member
    REMEMBERED = "remembered"
    SAME_EMAIL = "same_email"
    SHARED_EMAIL = "shared_email"
    TIED_TO_ANOTHER = "tied_to_another"
    NO_EMAIL = "no_email"
    NOBODY = "nobody"


class Judged(Struct, frozen=True, kw_only=True):
    """One condition of the filter, the person's value, and whether it holds."""

    condition: Condition
    value: str | None
    holds: bool


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything there is to say about one person in one entity, in the order in which it decides."""

    standing: Standing
    # the day it is where the person works
    today: date
    vanished: bool
    absence: Absence | None
    rule: Rule
    judged: tuple[Judged, ...]
    # who named the person, when and why, where that decided
    named: Named | None
    tie: Tie
    verdict: Verdict
    # the plan's own lines about the person: at most one that acts, then remarks
    lines: tuple[Change, ...]
    ways: tuple[Way, ...]


def explain(
    one: Candidate, settings: Settings, lines: Sequence[Change], *, now: datetime, zone: str
) -> Explanation:
    """Return the findings about one person.

    ``lines``: what ``make_plan`` (or ``decide``) says about exactly this candidate under these settings at ``now``
    (aware); ``zone``: the entity's time zone.
    """
    today = local_day(now, one.employee, zone)
    found = verdict(one, lines, today)
    return Explanation(
        standing=standing(one.employee, today),
        today=today,
        vanished=one.vanished,
        absence=one.absence,
        rule=_rule(one, settings),
        judged=_judged(one, settings),
        named=one.outside if isinstance(one.outside, Named) else one.added,
        tie=_tie(one),
        verdict=found,
        lines=tuple(lines),
        ways=ways(World(one=one, settings=settings, now=now, zone=zone), found),
    )


def _rule(one: Candidate, settings: Settings) -> Rule:
    if one.as_manager:
        return Rule.AS_MANAGER
    if one.outside is not None:
        return Rule.KEPT_OUT if isinstance(one.outside, Named) else Rule.OUTSIDE
    if one.added is not None:
        return Rule.ADDED
    return Rule.EVERYBODY if isinstance(settings.scope, Everybody) else Rule.MEETS_ALL


def _judged(one: Candidate, settings: Settings) -> tuple[Judged, ...]:
    if not isinstance(settings.scope, Filter):
        return ()
    return tuple(
        Judged(
            condition=condition,
            value=value_of(one.employee, condition.attribute),
            holds=judge(Filter(conditions=(condition,)), one.employee) is None,
        )
        for condition in settings.scope.conditions
    )


def _tie(one: Candidate) -> Tie:
    if one.link is not None:
        return Tie.MANAGED if one.link.managed else Tie.REMEMBERED
    key = email_key(one.employee)
    if key is None or not is_address(key):
        return Tie.NO_EMAIL
    if one.twins:
        return Tie.SHARED_EMAIL
    if one.same_email is None:
        return Tie.NOBODY
    return Tie.TIED_TO_ANOTHER if one.same_email_linked else Tie.SAME_EMAIL
