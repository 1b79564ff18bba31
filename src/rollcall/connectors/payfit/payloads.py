"""PayFit's JSON, as far as we read it.

Sources: documented on developers.payfit.io as of 2026-11-22, apart from what is marked.
"""

from typing import Any, Final

from msgspec import Raw, Struct, field

PERSON: Final = (
    "id",
    "matricule",
    "firstName",
    "lastName",
    "secondLastName",
    "emails",
    "managerId",
    "teamName",
    "contracts",
    "terminationDate",
    "iban",
    "bic",
)
"""What is kept of a collaborator: birth, address, nationality and the like come too and are dropped at once."""

CONTRACT: Final = ("contractId", "id", "status", "startDate", "endDate", "jobName", "isFullTime")
"""What is kept of a contract of ``/contracts``."""

NATURE: Final = "natureContratDsn"
"""Of ``/contracts-fr``: what kind of contract it is, by the code of the French social declaration."""


class Introspected(Struct, frozen=True):
    """``POST /introspect``: 200 even for a key that is not known (seen)."""

    active: bool
    # scopes, separated by blanks
    scope: str = ""
    company_id: str = ""


class Company(Struct, frozen=True):
    """``GET /companies/{id}``: the legal entity. ``country`` is FR, ES or GB."""

    id: str
    name: str | None = None
    country: str | None = None


class Meta(Struct, frozen=True, rename="camel"):
    """Of a page. Whether ``count`` is of the page or of all is not clear, so it is not read."""

    next_page_token: str | None = None


class Collaborators(Struct, frozen=True):
    """``GET /companies/{id}/collaborators``."""

    rows: Raw = field(name="collaborators")
    meta: Meta


class Contracts(Struct, frozen=True):
    """``GET /companies/{id}/contracts``; the same shape for ``contracts-fr`` (assumed)."""

    rows: Raw = field(name="contracts")
    meta: Meta


class IdRow(Struct, frozen=True):
    """The id of a collaborator: 24 hexadecimal digits."""

    id: str | int | None = None


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row; ours, and part of every record."""

    # the company's name and country
    name: str | None = None
    country: str | None = None
    # fields of Employee that a scope is missing for, or that the admin left out: never delivered
    withheld: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    """A collaborator with their contracts of ``/contracts``; null if those may not be read."""

    person: dict[str, Any]
    contracts: list[dict[str, Any]] | None = None


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: Row
