"""What the next run does with one person, in one word: also where a plan has no line for them."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from msgspec import Struct

from rollcall.engine.change import ACTING, Change, Kind, Why
from rollcall.engine.match import Candidate
from rollcall.engine.scope import Named
from rollcall.engine.status import Standing, standing


class Outcome(StrEnum):
    """What the next run does with the person; the first six are the acting kinds of a plan."""

    LINK = "link"
    CREATE = "create"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RELEASE = "release"
    # something stands in the way; the reason says what
    LEFT_ALONE = "left_alone"
    # managed, and the same in both places
    IN_STEP = "in_step"
    ARCHIVED_BY_HAND = "archived_by_hand"
    VANISHED = "vanished"
    GONE = "gone"
    OUTSIDE = "outside"
    KEPT_OUT = "kept_out"


class Verdict(Struct, frozen=True, kw_only=True):
    """What the next run does, with the reason a plan gives for it."""

    outcome: Outcome
    why: Why | None = None
    params: Mapping[str, str] = {}


def verdict(one: Candidate, lines: Sequence[Change], today: date) -> Verdict:
    """Return what these lines of a plan mean for the person; no lines have a reason too."""
    for found in lines:
        if found.kind in ACTING:
            return Verdict(outcome=Outcome(found.kind.value), why=found.why, params=found.params)
        if found.kind is Kind.SKIP:
            return Verdict(outcome=Outcome.LEFT_ALONE, why=found.why, params=found.params)
        if found.why is Why.ARCHIVED_BY_HAND:
            return Verdict(outcome=Outcome.ARCHIVED_BY_HAND, why=found.why)
    if one.vanished:
        return Verdict(outcome=Outcome.VANISHED)
    if standing(one.employee, today) is Standing.LEFT:
        return Verdict(outcome=Outcome.GONE)
    if one.in_scope:
        return Verdict(outcome=Outcome.IN_STEP)
    return Verdict(outcome=Outcome.KEPT_OUT if isinstance(one.outside, Named) else Outcome.OUTSIDE)
