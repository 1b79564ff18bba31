"""BambooHR's JSON, as far as we read it.

Sources: documented on documentation.bamboohr.com, seen where marked.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct, field


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the mapping must know besides a row; ours, and part of every record."""

    # the row is of the custom report, with other names than the dataset's
    report: bool = False
    # field of Employee -> name in the row, where the admin mapped one
    fields: Mapping[str, str] = field(default_factory=dict)
    # field of BankAccount -> name in the row
    bank: Mapping[str, str] = field(default_factory=dict)
    # name in the row -> name to deliver it under
    custom: Mapping[str, str] = field(default_factory=dict)


class Framed(Struct, frozen=True):
    """One record as ``Page.records`` cuts it."""

    frame: Frame = field(name="as")
    row: dict[str, Any]


class Headed(Struct, frozen=True):
    """What stands before the row of a record, to the byte."""

    frame: Raw = field(name="as")


class DatasetId(Struct, frozen=True, gc=False):
    """The id alone. Text of digits (documented); a number is taken too."""

    eeid: str | int | None = None


class DatasetRow(Struct, frozen=True, gc=False):
    """The id of a row of the dataset."""

    fields: DatasetId


class ReportRow(Struct, frozen=True):
    """The id of a row of the report."""

    id: str | int | None = None


class Meta(Struct, frozen=True, rename="camel"):
    """Where a page stands in the whole. ``links`` beside it is ignored: object or empty array (seen)."""

    total_pages: int
    total_items: int


class DatasetPage(Struct, frozen=True):
    """``POST /api/v2/datasets/employee/data``."""

    data: Raw
    meta: Meta


class DatasetField(Struct, frozen=True):
    """A field this key can see."""

    name: str
    label: str | None = None


class Pagination(Struct, frozen=True):
    """Of the field list only."""

    total_pages: int = 1


class DatasetFields(Struct, frozen=True):
    """``GET /api/v1_2/datasets/employee/fields``."""

    fields: list[DatasetField]
    pagination: Pagination = field(default_factory=Pagination)


class MetaField(Struct, frozen=True):
    """An entry of ``GET /api/v1/meta/fields``.

    The id is a number or text, the alias may be missing (documented).
    """

    id: int | str
    name: str | None = None
    alias: str | None = None


class ReportField(Struct, frozen=True):
    """A field that the report really has; forbidden ones are dropped in silence (documented)."""

    id: str | int


class Report(Struct, frozen=True):
    """``POST /api/v1/reports/custom``."""

    fields: list[ReportField]
    employees: Raw


class Change(Struct, frozen=True):
    """``Inserted``, ``Updated`` or ``Deleted``."""

    action: str


class Changed(Struct, frozen=True):
    """``GET /api/v1/employees/changed``: an empty array when nothing changed (assumed)."""

    latest: str
    employees: dict[str, Change] | list[Any]


class Company(Struct, frozen=True, rename="camel"):
    """``GET /api/v1/company_information``."""

    legal_name: str | None = None
    display_name: str | None = None
