"""The values that a batch of changes is made of."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from rollcall.engine.change import Kind


class Write(Struct, kw_only=True, gc=False):
    """One change of one member, in columns. ``after`` is completed by this room before it is written."""

    number: int
    kind: Kind
    member_id: int | None
    before: dict[str, Any]
    after: dict[str, Any]
    # the employee this comes from, if it comes from one
    employee_id: str | None = None
    employee_digest: str = ""
    # the employee's bank account is to be taken over
    takes_bank: bool = False
    # the line manager's employee id: set with the rest if that is a member by then, else later
    manager: str | None = None
    why: str = ""
    params: Mapping[str, str] = {}


class Written(Struct, frozen=True, kw_only=True, gc=False):
    """One write that happened."""

    write: Write
    member_id: int
    invitation: tuple[int, str] | None = None


class Source(Struct, frozen=True, kw_only=True):
    """The connection a batch comes from, and the version of the settings it brings members in step with."""

    connection_id: int
    version: int


def as_json(value: object) -> str:
    """Return ``value`` as JSON text for a parameter of type ``jsonb``."""
    return msgspec.json.encode(value).decode()
