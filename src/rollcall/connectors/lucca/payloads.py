"""Lucca's JSON, as far as we read it.

Sources: documented on developers.lucca.fr as of 2026-11-22, apart from what is marked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row; ours, and part of every record."""

    # the row is of the new API
    new: bool = False
    # field of Employee -> name in the row, where the admin mapped one or it was recognised
    fields: Mapping[str, str] = field(default_factory=dict)
    # field of BankAccount -> name in the row
    bank: Mapping[str, str] = field(default_factory=dict)
    # name in the row -> name to deliver it under; empty: all there are
    custom: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()


class IdRow(Struct, frozen=True):
    """The id of a user or employee: a number in v3, text in the new API."""

    id: str | int | None = None


class LegacyRow(Struct, frozen=True):
    """A user of v3, with the names of what they refer to."""

    user: dict[str, Any]
    names: dict[str, str | None] = {}
    # custom list field -> name of the chosen entry
    picked: dict[str, str] = {}


class FramedLegacy(Struct, frozen=True):
    """One record of the legacy API as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: LegacyRow


class CurrentRow(Struct, frozen=True):
    """An employee of the new API with what applies to them; unset where it may not be read."""

    employee: dict[str, Any]
    employment: dict[str, Any] | UnsetType | None = UNSET
    position: dict[str, Any] | UnsetType | None = UNSET
    personal: dict[str, Any] | UnsetType = UNSET
    names: dict[str, str | None] = {}
    # custom attribute -> value
    attributes: dict[str, Any] = {}
    # what they refer to is of another type than documented
    is_odd: bool = False


class FramedCurrent(Struct, frozen=True):
    """One record of the new API as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: CurrentRow


class DataV3(Struct, frozen=True):
    """What is inside the envelope of v3; ``count`` comes only when asked for."""

    items: Raw
    count: int | None = None


class ListV3(Struct, frozen=True):
    """Any list of v3."""

    data: DataV3


class Named(Struct, frozen=True):
    """An axis or another thing with a name."""

    id: str | int
    name: str | None = None


class Definition(Struct, frozen=True, rename="camel"):
    """A custom field whose value is the number of an entry of a list (seen)."""

    id: str
    extension_user_property_list_entries: Sequence[Named] | None = None


class ListV4(Struct, frozen=True):
    """Any list of v4."""

    items: Raw
    count: int | None = None


class Reference(Struct, frozen=True):
    """To something by its id."""

    id: str | int


class Establishment(Struct, frozen=True, rename="camel"):
    """``/organization/structure/api/establishments``."""

    id: str | int
    legal_unit_id: str | int | None = None
    time_zone_id: str | None = None


class Country(Struct, frozen=True):
    """Of a legal unit; ``code`` of ISO 3166, with two or three letters."""

    code: str | None = None


class LegalUnit(Struct, frozen=True):
    """``/organization/structure/api/legal-units``."""

    id: str | int
    name: str | None = None
    country: Country | None = None


class Link(Struct, frozen=True):
    """To another page."""

    href: str


class Links(Struct, frozen=True):
    """Of a page of the new API."""

    next: Link | None = None


class Embedded(Struct, frozen=True):
    """What the rows of a page refer to, by id."""

    employment: dict[str, Raw] = {}
    position: dict[str, Raw] = field(name="job-position", default_factory=dict)


class ListNew(Struct, frozen=True, rename="camel"):
    """Any list of the new API. ``links`` come only when asked for: without them nobody knows whether it ends."""

    items: Raw
    links: Links
    total_count: int | None = None
    embedded: Embedded = Embedded()


class Unit(Struct, frozen=True, rename="camel"):
    """A department, legal entity, establishment or template of the new API."""

    id: str | int
    # of departments (assumed) and establishments
    name: str | None = None
    # of legal entities; the country with three letters
    legal_name: str | None = None
    country_code: str | None = None
    # of establishments
    timezone_id: str | None = None
    # of templates: such as "permanent", and for whom it is
    term: str | None = None
    audience: str | None = None
    # of qualifications: what they are a qualification of; its own name is in it (assumed)
    profession: Any = None


class Token(Struct, frozen=True):
    """``POST /connect/token``."""

    access_token: str
    # the scopes granted; none told is all asked for (RFC 6749, 5.1)
    scope: str | None = None


class Attribute(Struct, frozen=True):
    """A row of ``/lucca-api/employee-attributes``."""

    definition: Reference
    employee: Reference
    value: Any = None


class Endpoint(Struct, frozen=True):
    """``POST /lucca-api/webhook-endpoints``: the secret comes this once only."""

    id: str | int
    secret: str


class Event(Struct, frozen=True):
    """The body of a webhook; ``topic`` seen, the rest assumed."""

    topic: str = ""
    id: str | int = ""
