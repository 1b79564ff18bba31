"""Which fields an HR tool seems to have lost for many people at once: kept until it delivers them again (rule 3)."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from rollcall.engine.limits import Limits, most_banks


class Lost(StrEnum):
    """In which way a field came without its values."""

    EMPTY = "empty"
    MASKED = "masked"
    # one and the same value for nearly everybody, where there were several
    SAME = "same"


class Measured(Struct, frozen=True, kw_only=True):
    """One field of the members that a connection manages, beside what the tool says about them now."""

    field: str
    # members who have a value
    had: int
    # of these, for how many the tool now says nothing, a mask, or one and the same other value
    empty: int = 0
    masked: int = 0
    same: int = 0


class Loss(Struct, frozen=True, kw_only=True):
    """A field that is doubted: for how many of how many people, and why."""

    field: str
    kind: Lost
    count: int
    of: int


def losses(measured: Iterable[Measured], managed: int, limits: Limits) -> Iterator[Loss]:
    """Yield the fields that are doubted; ``managed``: members that the connection manages."""
    for one in measured:
        gone = one.empty + one.masked
        kind = Lost.EMPTY if one.empty >= one.masked else Lost.MASKED
        if is_many(one.field, gone, one.had, managed, limits):
            yield Loss(field=one.field, kind=kind, count=gone, of=one.had)
        elif is_many(one.field, one.same, one.had, managed, limits):
            yield Loss(field=one.field, kind=Lost.SAME, count=one.same, of=one.had)


def is_many(field: str, count: int, had: int, managed: int, limits: Limits) -> bool:
    """Tell whether so many people cannot have lost a field one by one: the limits of a plan, field by field."""
    if field == "bank_account":
        return count > round(most_banks(limits, managed), 6)
    share = min(round(limits.cleared_share * had, 6), round(limits.cleared_share * managed, 6))
    return count > limits.cleared_floor and count > share
