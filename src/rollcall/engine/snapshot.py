"""What an HR tool says about people, in one shape for all tools."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import astuple

Text: TypeAlias = str | UnsetType | None
"""A value, ``None`` for *delivered but empty*, ``UNSET`` for *the tool did not deliver this field*."""

Day: TypeAlias = date | UnsetType | None


class Status(StrEnum):
    """Where a person stands, in our words; each connector has a table from its tool's words."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class BankAccount(Struct, frozen=True, kw_only=True, gc=False):
    """An account as the tool gave it: IBAN and BIC, or the account and bank numbers of the country."""

    iban: Text = UNSET
    bic: Text = UNSET
    holder: Text = UNSET
    account_number: Text = UNSET
    sort_code: Text = UNSET
    routing_number: Text = UNSET
    currency: Text = UNSET


class Employee(Struct, frozen=True, kw_only=True, gc=False):
    """One person of one HR tool. Only ``id`` is always there; dates are calendar days without a zone.

    Values of which there are as many as people are kept out of the garbage collector (``gc=False``): they can hold
    nothing that leads back to them, and looking for that takes a third of a large plan's time.
    """

    id: str
    employee_number: Text = UNSET
    work_email: Text = UNSET
    personal_email: Text = UNSET
    first_name: Text = UNSET
    last_name: Text = UNSET
    preferred_name: Text = UNSET
    status: Status | UnsetType = UNSET
    start_date: Day = UNSET
    end_date: Day = UNSET
    last_working_day: Day = UNSET
    manager_id: Text = UNSET
    manager_email: Text = UNSET
    job_title: Text = UNSET
    department: Text = UNSET
    team: Text = UNSET
    work_location: Text = UNSET
    # ISO 3166 alpha-2
    country: Text = UNSET
    legal_entity: Text = UNSET
    cost_center: Text = UNSET
    employment_type: Text = UNSET
    # BCP 47, as short as the tool gives it
    language: Text = UNSET
    # a name of the IANA time zone database
    time_zone: Text = UNSET
    bank_account: BankAccount | UnsetType | None = UNSET
    # attributes of the customer's own, by the tool's key
    custom: Mapping[str, str | None] | UnsetType = field(default=UNSET)


DELIVERABLE: Final = tuple(name for name in Employee.__struct_fields__ if name != "id")
"""Every field a tool may deliver; its index is its bit in a *delivered* mask."""


def delivered_mask(employee: Employee) -> int:
    """Return a bit for each field of ``DELIVERABLE`` that the tool delivered, empty or not."""
    return _mask(bytes([value is UNSET for value in astuple(employee)]))


@lru_cache(maxsize=1_000)
def _mask(unset: bytes) -> int:
    """Return the mask of a byte for each field of ``Employee``, 1 where it is not delivered; a tool has few of them."""
    return sum(1 << bit for bit, missing in enumerate(unset[1:]) if not missing)


def fold_email(address: str) -> str:
    """Return the form in which addresses are compared: outer spaces off, lower case, nothing cleverer.

    A letter is lowered only if raising it gives the same letter back: the Kelvin sign would otherwise become
    a plain k, and a look-alike address somebody else's. PostgreSQL folds the same way only because this
    result is stored; SQL never folds by itself.
    """
    address = address.strip()
    if address.isascii():
        return address.lower()
    return "".join(low if (low := letter.lower()).upper() == letter else letter for letter in address)


_EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
_NOT_IN_EMAIL = frozenset(
    ' <>()[]",;:\\'
)  # would make more than one address of it, or a name with an address


def is_email(text: str) -> bool:
    """Tell whether ``text`` can be written to: one @, something on both sides, no spaces or controls."""
    address = text.strip()
    name, _, domain = address.rpartition("@")
    labels = domain.split(".")
    return (
        bool(name)
        and "@" not in name
        and len(labels) > 1
        and all(labels)
        and len(address) <= _EMAIL_LENGTH
        # of all blanks only the plain one counts as printable
        and address.isprintable()
        and _NOT_IN_EMAIL.isdisjoint(address)
    )
