"""What an entity asks of its HR tool: who belongs, what is read, when people are invited."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct, field, structs

from rollcall.engine.limits import Limits
from rollcall.engine.scope import Everybody, Named, Scope


class Ownership(StrEnum):
    """Who decides a field of a managed member."""

    HR = "hr"
    # taken from HR when the member is created, then the members' own
    AT_CREATION = "at_creation"
    NOT_READ = "not_read"


class AtOnce(Struct, frozen=True, tag="at_once"):
    """Future hires are invited as soon as they appear."""


class DaysBefore(Struct, frozen=True, tag="days_before"):
    """Future hires are invited this many days before they start; 0 is the start day itself."""

    # checked when settings are decoded; a year is more than anybody plans ahead
    days: Annotated[int, Meta(ge=0, le=366)]


Invite: TypeAlias = AtOnce | DaysBefore

MOST_DOMAINS: Final = 50

Domain: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s@,;]+\.[^\s@,;.]+$", max_length=253)]
"""What stands behind the @ of an address, such as acme.example."""

MOST_EXCEPTIONS: Final = 500
"""More people than this are a group, and a group is what conditions are for."""


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one entity for one connection; stored as JSON, compared as a value."""

    scope: Scope = field(default_factory=Everybody)
    # people added or kept out by hand, each employee at most once (S35)
    exceptions: Annotated[tuple[Named, ...], Meta(max_length=MOST_EXCEPTIONS)] = ()
    # S36-S38: off until somebody asks for it
    archive_inactive: bool = False
    invite: Invite = field(default_factory=AtOnce)
    # of the company's own addresses, those below them included; nobody else is invited. None named: all are right
    domains: Annotated[tuple[Domain, ...], Meta(max_length=MOST_DOMAINS)] = ()
    # fields that are not from HR; every other field is
    fields: Mapping[str, Ownership] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse two exceptions for one person, which could contradict each other.

        Raises:
            ValueError: names the employee's id.
        """
        seen: set[str] = set()
        for one in self.exceptions:
            if one.employee_id in seen:
                raise ValueError(f"employee {one.employee_id} is named twice")
            seen.add(one.employee_id)


def signed(settings: Settings, before: Settings, *, by: str, at: datetime) -> Settings:
    """Return the settings with each exception signed: as ``before`` has it, or by ``by`` at ``at`` (aware) if new.

    What a form or a program says about who decided is never believed.
    """
    known = {(one.employee_id, one.act, one.reason): one for one in before.exceptions}
    exceptions = tuple(
        known.get((one.employee_id, one.act, one.reason)) or structs.replace(one, by=by, at=at)
        for one in settings.exceptions
    )
    return structs.replace(settings, exceptions=exceptions)


def invited_from(invite: Invite, start: date) -> date:
    """Return the first day on which somebody who starts on ``start`` may be invited."""
    return date.min if isinstance(invite, AtOnce) else start - timedelta(days=invite.days)


def is_foreign(settings: Settings, key: str) -> bool:
    """Tell whether a folded address is at none of the company's domains, where these are named (I11)."""
    own = [f".{domain.casefold()}" for domain in settings.domains]
    return bool(own) and not f".{key.rpartition('@')[2]}".endswith(tuple(own))


def ownership(settings: Settings, name: str) -> Ownership:
    """Return who decides the member's field ``name``."""
    return settings.fields.get(name, Ownership.HR)
