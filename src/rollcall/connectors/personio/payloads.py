"""Personio's JSON, as far as we read it. Sources: documented on developer.personio.de, seen where marked."""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row.

    Ours, and part of every record. Empty unless the admin chose.
    """

    # first, so that a record tells by its beginning
    version: int = 1
    # field of Employee -> key or universal id
    fields: Mapping[str, str] = field(default_factory=dict)
    # field of BankAccount -> key or universal id
    bank: Mapping[str, str] = field(default_factory=dict)
    # key or universal id -> name to deliver it under
    custom: Mapping[str, str] = field(default_factory=dict)
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class TokenV1(Struct, frozen=True):
    """Inside the answer to ``POST /v1/auth``."""

    token: str


class SignInV1(Struct, frozen=True):
    """``POST /v1/auth``."""

    success: bool
    data: TokenV1 | None = None


class SignInV2(Struct, frozen=True):
    """``POST /v2/auth/token``."""

    access_token: str


class Metadata(Struct, frozen=True):
    """Of a list of version 1; odd numbers in a delta (documented)."""

    total_elements: int | None = None


class EmployeesV1(Struct, frozen=True):
    """``GET /v1/company/employees``."""

    success: bool
    data: Raw
    metadata: Metadata = field(default_factory=Metadata)


class AttributeV1(Struct, frozen=True):
    """One attribute of one employee.

    ``label`` is in the account's language: nothing is ever recognised by it.
    """

    value: Any = None
    type: Any = None
    universal_id: Any = None
    label: Any = None


class RowV1(Struct, frozen=True):
    """One employee of version 1."""

    attributes: dict[str, AttributeV1]


class FramedV1(Struct, frozen=True):
    """One record of version 1 as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: RowV1


class IdValueV1(Struct, frozen=True):
    """A whole number (documented); text is taken too."""

    value: int | str | None = None


class IdAttributeV1(Struct, frozen=True):
    """The id among the attributes."""

    id: IdValueV1 = field(default_factory=IdValueV1)


class IdV1(Struct, frozen=True):
    """The id alone of a row of version 1."""

    attributes: IdAttributeV1


class ListedAttribute(Struct, frozen=True):
    """An attribute that the credential may read."""

    key: str
    universal_id: str | None = None


class AttributesV1(Struct, frozen=True):
    """``GET /v1/company/employees/attributes``."""

    success: bool
    data: list[ListedAttribute]


class Link(Struct, frozen=True):
    """Where to go on."""

    href: str


class Links(Struct, frozen=True):
    """``next`` is absent on the last page (documented)."""

    next: Link | None = None


class Meta(Struct, frozen=True):
    """Beside every list of version 2."""

    links: Links = field(default_factory=Links)


class ListV2(Struct, frozen=True):
    """Any list of version 2."""

    data: Raw = field(name="_data")
    meta: Meta = field(name="_meta", default_factory=Meta)


class IdV2(Struct, frozen=True):
    """The id alone: a numeric text (seen)."""

    id: str | int | None = None


class Unit(Struct, frozen=True):
    """A legal entity, org unit, workplace or cost centre; fields beyond id and name assumed."""

    id: str | int
    name: str | None = None
    country: str | None = None


class PersonV2(Struct, frozen=True):
    """A person, the employment that counts and the names behind its ids; composed by us."""

    person: dict[str, Any]
    employment: dict[str, Any] | None
    # kind of unit -> name; a kind is left out where the name cannot be known
    names: dict[str, str | None]


class FramedV2(Struct, frozen=True):
    """One record of version 2 as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: PersonV2
