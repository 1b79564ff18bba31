"""Humaans' JSON, as far as we read it. Documented on docs.humaans.io/api as of 2026-11-22; assumed where marked."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a person; ours, and part of every record."""

    # the token surely has private:read: only then does an empty private field say something
    private: bool = False
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class Composed(Struct, frozen=True, kw_only=True):
    """A person and what other lists say; composed by us. A key that is missing did not come."""

    person: dict[str, Any]
    role: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    # None for no account; UNSET if nobody can tell
    account: dict[str, Any] | UnsetType | None = UNSET


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: Composed


class Head(Struct, frozen=True, rename="camel"):
    """What a person is joined by."""

    id: str | int | None = None
    location_id: str | None = None
    company_id: str | None = None


class Listed(Struct, frozen=True):
    """A page of any list; ``limit`` and ``skip`` beside it repeat the question."""

    total: int
    data: Raw


class TokenInfo(Struct, frozen=True):
    """``GET /token-info``: the names of its members are assumed."""

    scopes: list[str] | None = None
    scope: str | None = None


listed: Final = msgspec.json.Decoder(Listed)
token_info: Final = msgspec.json.Decoder(TokenInfo)
heads: Final = msgspec.json.Decoder(list[Head])
head: Final = msgspec.json.Decoder(Head)
raws: Final = msgspec.json.Decoder(list[Raw])
framed: Final = msgspec.json.Decoder(Framed)
