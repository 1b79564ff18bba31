"""Why a plan has grown so large, as far as its own lines tell: a guess for the person who decides, never a decision."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.limits import Breach, Breached, Headcount
from rollcall.engine.tally import Tally

FEWEST: Final = 3
"""Fewer people than this having something in common is chance."""
MOST: Final = 0.8
"""So large a part of them is all but everybody."""


class Cause(StrEnum):
    """What the changes of a held plan have in common."""

    PLACE_MISSING = "place_missing"  # attribute, value
    LIST_SHORTER = "list_shorter"
    SAME_DAY = "same_day"  # day
    VALUE_RENAMED = "value_renamed"  # attribute, value
    OTHER_DOMAIN = "other_domain"  # domain
    NO_ACCOUNT = "no_account"
    ONE_ACCOUNT = "one_account"


class Likely(Struct, frozen=True, kw_only=True):
    """A likely cause: how many people it is about, of how many, and what they share."""

    cause: Cause
    count: int
    of: int
    params: Mapping[str, str] = field(default_factory=dict)


class Clues:
    """What the lines of a plan share, counted line by line. Accounts are told apart by their keyed digests."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.days: Counter[str] = Counter()
        # value of the filter's attribute that people have who leave the filter
        self.values: Counter[tuple[str, str]] = Counter()
        # domains of new addresses that are not the domain of the old one
        self.domains: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.accounts_gone = 0

    def add(self, change: Change) -> None:
        """Take in one line."""
        if change.kind is Kind.ARCHIVE and change.why is Why.LEFT_ON:
            self.days[change.params.get("day", "")] += 1
        elif change.kind is Kind.RELEASE and change.why is Why.OUT_OF_SCOPE:
            self.values[change.params.get("attribute", ""), change.params.get("value", "")] += 1
        if change.kind in (Kind.CREATE, Kind.ARCHIVE):
            return
        email, bank = change.fields.get("email"), change.fields.get("bank_account")
        if email and email.before and email.after and _domain(email.before) != _domain(email.after):
            self.domains[_domain(email.after)] += 1
        if bank and bank.before and bank.after:
            self.accounts[bank.ref or bank.after] += 1
        elif bank and bank.before:
            self.accounts_gone += 1


def likely(
    one: Breached, clues: Clues, tally: Tally, before: Headcount, *, missing: int = 0
) -> Likely | None:
    """Return the most likely cause of a breach, or ``None`` if its lines have nothing telling in common.

    ``before`` are the entity's people with the sizes of their groups; ``missing`` is how many managed members the
    last list of the HR tool did not have.
    """
    if one.breach in (Breach.VANISHED, Breach.ARCHIVED, Breach.NOBODY_LEFT, Breach.GROUP_GONE):
        return _gone(one, clues, tally, before, missing)
    if one.breach is Breach.RELEASED:
        return _renamed(clues, one.count)
    if one.breach is Breach.EMAILS:
        domain, count = _top(clues.domains)
        common = _is_most(count, one.count)
        return (
            Likely(cause=Cause.OTHER_DOMAIN, count=count, of=one.count, params={"domain": domain})
            if common
            else None
        )
    return _accounts(clues, one.count) if one.breach is Breach.BANKS else None


def _gone(one: Breached, clues: Clues, tally: Tally, before: Headcount, missing: int) -> Likely | None:
    if 2 * tally.vanished >= tally.removed:
        return _missing(one, tally, before, missing)
    day, count = _top(clues.days)
    archived = tally.kinds[Kind.ARCHIVE]
    if _is_most(count, archived):
        return Likely(cause=Cause.SAME_DAY, count=count, of=archived, params={"day": day})
    return _renamed(clues, tally.kinds[Kind.RELEASE])


def _missing(one: Breached, tally: Tally, before: Headcount, missing: int) -> Likely | None:
    """Return the place where nearly everybody is missing, and where most of those who are missing worked."""
    best: Likely | None = None
    for (attribute, value), gone in sorted(tally.groups.items()):
        size = before.groups.get(attribute, {}).get(value, 0)
        named = one.breach is not Breach.GROUP_GONE or one.what == f"{attribute}={value}"
        telling = size < before.managed and _is_most(gone, size) and 2 * gone >= tally.removed
        if named and telling and (best is None or gone > best.count):
            params = {"attribute": attribute, "value": value}
            best = Likely(cause=Cause.PLACE_MISSING, count=gone, of=size, params=params)
    if best is None and missing >= FEWEST:
        return Likely(cause=Cause.LIST_SHORTER, count=missing, of=before.managed)
    return best


def _renamed(clues: Clues, released: int) -> Likely | None:
    (attribute, value), count = clues.values.most_common(1)[0] if clues.values else (("", ""), 0)
    # An empty field was not renamed.
    if value in ("", "-") or not _is_most(count, released):
        return None
    params = {"attribute": attribute, "value": value}
    return Likely(cause=Cause.VALUE_RENAMED, count=count, of=released, params=params)


def _accounts(clues: Clues, changed: int) -> Likely | None:
    if _is_most(clues.accounts_gone, changed):
        return Likely(cause=Cause.NO_ACCOUNT, count=clues.accounts_gone, of=changed)
    _account, count = _top(clues.accounts)
    # Two people with one account may be a couple; that is worth saying all the same.
    return Likely(cause=Cause.ONE_ACCOUNT, count=count, of=changed) if count > 1 else None


def _top(counted: Counter[str]) -> tuple[str, int]:
    """Return what is counted most; among equals the first by name, so that the answer does not depend on order."""
    return min(counted.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))


def _is_most(count: int, of: int) -> bool:
    return count >= FEWEST and count >= MOST * of


def _domain(email: str) -> str:
    return email.rpartition("@")[2].strip().lower()
