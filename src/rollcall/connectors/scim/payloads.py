"""SCIM's JSON, as far as we read it (RFC 7643, RFC 7644, RFC 9865). Attribute names come in any case."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row; ours, and part of every record.

    A server leaves out what a person has not (RFC 7643, 2.5), so a missing attribute is empty where the server
    is known to deliver it, and unknown elsewhere.
    """

    # paths that the first people of the list have, in lower case
    came: tuple[str, ...] = ()
    # field of Employee -> path
    fields: Mapping[str, str] = field(default_factory=dict)
    # field of BankAccount -> path
    bank: Mapping[str, str] = field(default_factory=dict)
    # path -> name to deliver it under
    custom: Mapping[str, str] = field(default_factory=dict)
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: dict[str, Any]


class Listed(Struct, frozen=True, kw_only=True):
    """A list answer in our words."""

    # users as they came
    raws: Sequence[Raw]
    # of the list, or of the page with some servers (seen)
    total: int | None
    # of cursor paging; None on the last page
    next_cursor: str | None


class Config(Struct, frozen=True, kw_only=True):
    """What the server says that it can do."""

    filters: bool = False
    cursors: bool = False
