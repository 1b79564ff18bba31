"""Factorial's JSON, as far as we read it. Documented on apidoc.factorialhr.com, 2026-11-22; assumed where marked."""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides an employee; ours, and part of every record."""

    # bank numbers came for somebody of this page or an earlier one: only then is an empty one *none*
    bank: bool = False
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class Composed(Struct, frozen=True, kw_only=True):
    """An employee and what other lists say; composed by us. A key that is missing did not come."""

    employee: dict[str, Any]
    contract: dict[str, Any] = field(default_factory=dict)
    # names of what the employee's ids stand for
    names: dict[str, Any] = field(default_factory=dict)


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: Composed


class Head(Struct, frozen=True):
    """What an employee is joined by, and whether a bank number came."""

    id: str | int | None = None
    location_id: str | int | None = None
    legal_entity_id: str | int | None = None
    bank_number: str | int | None = None


class Meta(Struct, frozen=True):
    """Where a page stands in the whole."""

    has_next_page: bool
    end_cursor: str | int | None = None
    total: int | None = None


class Listed(Struct, frozen=True):
    """A page of any list."""

    data: Raw
    meta: Meta


class Credentials(Struct, frozen=True):
    """``GET .../api_public/credentials``; which of the names is the company's is assumed."""

    company_id: str | int | None = None
    legal_name: str | None = None
    name: str | None = None


class Wrapped(Struct, frozen=True):
    """The same where it is wrapped as lists are (assumed)."""

    data: Credentials | list[Credentials]


listed: Final = msgspec.json.Decoder(Listed)
wrapped: Final = msgspec.json.Decoder(Wrapped)
credentials: Final = msgspec.json.Decoder(Credentials)
heads: Final = msgspec.json.Decoder(list[Head])
head: Final = msgspec.json.Decoder(Head)
raws: Final = msgspec.json.Decoder(list[Raw])
framed: Final = msgspec.json.Decoder(Framed)
