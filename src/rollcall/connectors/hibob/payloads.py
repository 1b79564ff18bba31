"""HiBob's JSON, as far as we read it. Sources: documented on apidocs.hibob.com, seen where marked."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a person; ours, and part of every record. Fields go by their ids."""

    # field of Employee -> field, where it is not the usual one
    fields: Mapping[str, str] = field(default_factory=dict)
    # field of BankAccount -> field, where they are not the usual ones
    bank: Mapping[str, str] = field(default_factory=dict)
    # field -> name to deliver it under
    custom: Mapping[str, str] = field(default_factory=dict)
    # field -> where it stands, where its id does not say it
    paths: Mapping[str, str] = field(default_factory=dict)
    # fields that hold ids of list items, besides the usual ones
    lists: tuple[str, ...] = ()
    # fields that came for nobody: not delivered. Where somebody has a field, missing means empty.
    hidden: tuple[str, ...] = ()
    # fields of Employee that the admin does not want read
    leave_out: tuple[str, ...] = ()


class Composed(Struct, frozen=True, kw_only=True):
    """A person and what stood elsewhere; composed by us."""

    person: dict[str, Any]
    # list field -> label, where the answer has none
    labels: dict[str, str] = field(default_factory=dict)
    # rows of the list of bank accounts, for people without the single one; UNSET if nobody can tell
    accounts: list[dict[str, Any]] | UnsetType = UNSET


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: Composed


@lru_cache(maxsize=4_096)
def _flat(name: str) -> str:
    """Return HiBob's name of a field in the flat shape (documented): slashes instead of dots, and one before."""
    return "/" + name.replace(".", "/")


class FlatId(Struct, frozen=True):
    """The id in the flat shape."""

    value: str | int | None = None


class RowId(Struct, frozen=True):
    """The id alone, in either shape: text of about 19 digits (documented); a number is taken too."""

    id: str | int | None = None
    flat: FlatId = field(name=_flat("root.id"), default_factory=FlatId)


class Found(Struct, frozen=True):
    """``POST /v1/people/search``."""

    employees: Raw


class TypeData(Struct, frozen=True):
    """Of a list field; old lists have numbers for ids (assumed)."""

    list_id: str | int | None = field(name="listId", default=None)


class FieldInfo(Struct, frozen=True, rename="camel"):
    """An entry of ``GET /v1/company/people/fields``. ``name`` is in the tenant's language."""

    id: str
    name: str | None = None
    json_path: str | None = None
    type: str | None = None
    type_data: TypeData | None = None
    category_id: str | None = None


class Accounts(Struct, frozen=True):
    """``GET /v1/people/{id}/bank-accounts``; wrapper as on other tables of employees (assumed)."""

    values: list[dict[str, Any]]


def at(person: Mapping[str, Any], name: str, path: str | None = None) -> Any:
    """Return the value of the field ``name``, or UNSET: nested, else flat with slashes (both documented)."""
    for each in (path, name):
        if each is not None and (found := nested(person, each)) is not UNSET:
            return found
    flat = person.get(_flat(name))
    return flat.get("value", UNSET) if isinstance(flat, dict) else UNSET


def nested(tree: Any, path: str) -> Any:
    """Return what stands in ``tree`` at the dotted path, or UNSET; fields of root stand at the top."""
    for part in _parts(path):
        if not isinstance(tree, dict) or part not in tree:
            return UNSET
        tree = tree[part]
    return tree


@lru_cache(maxsize=4_096)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.removeprefix("root.").split("."))
