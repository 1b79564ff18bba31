"""How a CSV file is to be read: what an admin has looked at and confirmed, kept with the connection."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from rollcall.engine.snapshot import DELIVERABLE, BankAccount, Status

Order: TypeAlias = Literal["iso", "dmy", "mdy"]
"""How days are written: 2026-11-22 is understood in every order, 22/11/2026 or 11/22/2026 in one."""

Key: TypeAlias = Literal["employee_number", "work_email"]
"""The field by which a person is known again in the next file."""

Encoding: TypeAlias = Literal["windows-1252", "windows-1250", "iso-8859-15", "mac-roman"]
"""Encodings that no file can be recognised by; Unicode always can."""

Separator: TypeAlias = Literal[",", ";", "\t", "|"]

ENCODINGS: Final[tuple[Encoding, ...]] = ("windows-1252", "windows-1250", "iso-8859-15", "mac-roman")
# Where a header has as many of one as of another, the rarer sign is the separator.
SEPARATORS: Final[tuple[Separator, ...]] = ("\t", "|", ";", ",")

DATES: Final = ("start_date", "end_date", "last_working_day")
BANK: Final = tuple(f"bank_account.{part}" for part in BankAccount.__struct_fields__)

FIELDS: Final = (*(name for name in DELIVERABLE if name not in ("bank_account", "custom")), *BANK)
"""What a column may be read as, besides an attribute of the customer's own."""

NEEDED: Final = ("first_name", "last_name", "work_email")
"""Fields without a column for which nothing can be read, beside the key."""


class Layout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a file and those that come after it."""

    # one of FIELDS -> the column's name in the header; case, accents and blanks do not matter
    columns: Mapping[str, str]
    # the customer's own attribute -> the column's name
    custom: Mapping[str, str] = field(default_factory=dict)
    dates: Order
    key: Key = "employee_number"
    # for files that are no Unicode
    encoding: Encoding = "windows-1252"
    separator: Separator = ","
    # whoever has no row is missing; else the file lists only those who changed
    everybody: bool = True
    # an empty cell clears the field; else nothing is known from it
    clear: bool = False
    # words of the status column as the admin understands them, beside those of ``mapping.STATUSES``
    statuses: Mapping[str, Status] = field(default_factory=dict)
