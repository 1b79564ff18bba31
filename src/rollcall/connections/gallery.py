"""HR tools as pages and sentences see them: the gallery, what a tool reads, and its errors.

Only this room speaks to connectors, so rooms above take tools from here as values.
"""

import secrets as chance
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec
from django.utils.translation import gettext

from rollcall.accounts import secrets
from rollcall.connections.models import Connection, State
from rollcall.connectors import catalogue
from rollcall.connectors.base import Access, CredentialField, DataField, RateLimit, Tool, Wanted
from rollcall.connectors.catalogue import ANNOUNCED, Announced
from rollcall.connectors.errors import AdminMustAct, SourceError
from rollcall.engine.snapshot import DELIVERABLE

__all__ = [
    "ANNOUNCED",
    "TOOLS",
    "Access",
    "AdminMustAct",
    "Announced",
    "CredentialField",
    "DataField",
    "Pending",
    "RateLimit",
    "SourceError",
    "Tool",
    "Wanted",
    "address_of",
    "address_text",
    "error_templates",
    "left_out_of",
    "needs_admin",
    "open_pending",
    "place_of",
    "seal_pending",
    "tidied",
    "tool_name",
    "used_in_company",
    "wanted_without",
]

TOOLS: Final[Mapping[str, Tool]] = {key: kind.tool for key, kind in catalogue.TOOLS.items()}
"""Every tool that can be connected, by key."""


def tool_name(key: str) -> str:
    """Return the name people know a tool by; the key itself for a tool that is no longer offered."""
    if key in TOOLS:
        return TOOLS[key].name
    return next((one.name for one in ANNOUNCED if one.key == key), key)


def place_of(tool: Tool) -> str:
    """Return what sentences call the system behind a tool, in the reader's language."""
    return gettext(tool.place) if tool.place else tool.name


def address_of(key: str, credentials: Mapping[str, str]) -> str:
    """Return where the company is found at the tool, as the admin gave it; empty for tools without addresses."""
    fields = TOOLS[key].credentials if key in TOOLS else ()
    return next((credentials.get(one.name, "") for one in fields if one.kind in ("subdomain", "address")), "")


def address_text(key: str, label: str) -> str:
    """Return the company's address at the tool as people know it, such as ``acme.bamboohr.com``."""
    fields = TOOLS[key].credentials if key in TOOLS else ()
    suffix = next((one.suffixes[0] for one in fields if one.suffixes), "")
    return f"{label}{suffix}" if label else ""


def error_templates() -> Mapping[str, str]:
    """Return code -> English sentence for every error of a tool; ``{names}`` are parameters."""
    return {kind.code: kind.message for kind in _kinds(SourceError) if kind.message}


def needs_admin(code: str) -> bool:
    """Tell whether an admin of the HR tool must act before a run can work again; else time or an operator."""
    return any(kind.code == code for kind in _kinds(AdminMustAct))


def _kinds(root: type[SourceError]) -> Iterator[type[SourceError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _kinds(kind)


def wanted_without(tool: Tool, left_out: Collection[str]) -> Wanted:
    """Return what to ask for when the admin leaves out these data fields (each by its first name).

    Names that are unknown or not optional are ignored: a tool never loses what it cannot work without.
    """
    names = {
        name
        for one in tool.data
        if one.optional and one.fields[0] in left_out
        for name in one.fields
        if name in DELIVERABLE
    }
    return Wanted(leave_out=frozenset(names))


def tidied(tool: Tool, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return credentials without outer blanks, an address as its subdomain. Raises ``SourceError``."""
    return catalogue.normalised(catalogue.TOOLS[tool.key], credentials)


def left_out_of(tool: Tool, wanted: Mapping[str, object]) -> frozenset[str]:
    """Return the data fields (as above) that a stored connection does not read."""
    names = msgspec.convert(wanted or {}, Wanted).leave_out
    return frozenset(one.fields[0] for one in tool.data if one.optional and set(one.fields) <= names)


def used_in_company(company_id: int) -> list[Connection]:
    """Return the company's connections that another entity could share, by tool."""
    found = Connection.objects.filter(company_id=company_id).exclude(
        state__in=(State.DISCONNECTED, State.PAUSED)
    )
    return list(found.order_by("tool"))


_TABLE: Final = "session"
_FIELD: Final = "pending_credentials"


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials that were tested and wait for a *confirm*, with what the test saw."""

    tool: str
    credentials: Mapping[str, str]
    wanted: Wanted
    access: Access


def seal_pending(pending: Pending, *, company_id: int, entity_id: int, user_id: int) -> tuple[str, str]:
    """Return a mark and the sealed value, good for this person and entity; the session may keep both."""
    mark = chance.token_hex(8)
    row = f"{entity_id}:{user_id}:{mark}"
    plain = msgspec.json.encode(pending)
    return mark, secrets.seal(plain, company_id=company_id, table=_TABLE, field=_FIELD, row=row).hex()


def open_pending(mark: str, sealed: str, *, company_id: int, entity_id: int, user_id: int) -> Pending:
    """Return what was sealed. Raises ``SealBroken`` for another person, entity or mark."""
    row = f"{entity_id}:{user_id}:{mark}"
    plain = secrets.unseal(bytes.fromhex(sealed), company_id=company_id, table=_TABLE, field=_FIELD, row=row)
    return msgspec.json.decode(plain, type=Pending)
