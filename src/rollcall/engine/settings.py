"""What an entity asks of its HR tool: who belongs, what is read, when people are invited."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field

from rollcall.engine.limits import Limits
from rollcall.engine.scope import Everybody, Scope


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


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one entity for one connection; stored as JSON, compared as a value."""

    scope: Scope = field(default_factory=Everybody)
    # S36-S38: off until somebody asks for it
    archive_inactive: bool = False
    invite: Invite = field(default_factory=AtOnce)
    # fields that are not from HR; every other field is
    fields: Mapping[str, Ownership] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


def invited_from(invite: Invite, start: date) -> date:
    """Return the first day on which somebody who starts on ``start`` may be invited."""
    return date.min if isinstance(invite, AtOnce) else start - timedelta(days=invite.days)


def ownership(settings: Settings, name: str) -> Ownership:
    """Return who decides the member's field ``name``."""
    return settings.fields.get(name, Ownership.HR)
