"""From an ``Employee`` value to a row of the mirror and back."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET
from schwifty import IBAN

from rollcall.accounts import secrets
from rollcall.engine.masks import is_cut_number
from rollcall.engine.roster import Bank
from rollcall.engine.snapshot import DELIVERABLE, BankAccount, Employee, Status, delivered_mask, fold_email

TEXT_COLUMNS: Final = tuple(
    name
    for name in DELIVERABLE
    if name not in {"status", "start_date", "end_date", "last_working_day", "bank_account", "custom"}
)
DATE_COLUMNS: Final = ("start_date", "end_date", "last_working_day")

VALUE_COLUMNS: Final = (
    *TEXT_COLUMNS,
    *DATE_COLUMNS,
    "status",
    "custom",
    "email_key",
    "bank_sealed",
    "bank_digest",
    "bank_mask",
    "delivered",
)
"""The columns that come from the tool, in the order of ``values``."""

_BITS: Final = {name: 1 << bit for bit, name in enumerate(DELIVERABLE)}


def values(employee: Employee, *, company_id: int, connection_id: int) -> tuple[tuple[Any, ...], str]:
    """Return the values of ``VALUE_COLUMNS`` and the digest by which two rows are compared.

    A bank account is sealed for the row's key, which is connection and employee id.
    """
    texts = tuple(_plain(getattr(employee, name)) for name in TEXT_COLUMNS)
    dates = tuple(_plain(getattr(employee, name)) for name in DATE_COLUMNS)
    custom = employee.custom if isinstance(employee.custom, Mapping) else None
    email = employee.work_email
    key = (fold_email(email) or None) if isinstance(email, str) else None
    bank = employee.bank_account if isinstance(employee.bank_account, BankAccount) else None
    seen = bank_seen(bank, company_id=company_id)
    encoded = msgspec.json.encode(custom).decode() if custom is not None else None
    status = str(employee.status) if isinstance(employee.status, Status) else None
    mask = delivered_mask(employee)
    digest = hashlib.blake2b(
        msgspec.msgpack.encode((texts, dates, status, encoded, seen, mask)), digest_size=16
    ).hexdigest()
    sealed = None
    if bank is not None and seen is not None and seen.digest:
        sealed = secrets.seal(
            msgspec.json.encode(bank),
            company_id=company_id,
            table="connections_employee",
            field="bank_sealed",
            row=f"{connection_id}:{employee.id}",
        )
    found = (seen.digest or None, seen.mask) if seen else (None, None)
    return (
        *texts,
        *dates,
        status,
        dict(custom) if custom is not None else None,
        key,
        sealed,
        *found,
        mask,
    ), digest


def bank_seen(bank: BankAccount | None, *, company_id: int) -> Bank | None:
    """Return the digest and the mask of an account, ``None`` when it has no number at all.

    A number that no account can have, or of which the tool shows only a part (V7), has a mask and no digest, so that
    it is told and never taken over.
    """
    if bank is None:
        return None
    number = _plain(bank.iban) or _plain(bank.account_number)
    if not number:
        return None
    head = str(number)[:4] if bank.iban else ""
    mask = f"{head} •••• {str(number)[-4:]}".strip()
    if isinstance(bank.iban, str) and bank.iban and not IBAN(bank.iban, allow_invalid=True).is_valid:
        return Bank(digest="", mask=mask)
    if is_cut_number(str(number)):
        return Bank(digest="", mask=mask)
    return Bank(
        digest=secrets.digest(msgspec.json.encode(bank), company_id=company_id, purpose="bank"), mask=mask
    )


def employee_of(row: Mapping[str, Any]) -> Employee:
    """Return the value of a mirror row (a mapping of column to value), without the bank account's numbers.

    ``bank_account`` is ``None`` or an empty account when it was delivered, so that its presence is known; one that
    cannot be real has its mask for a number.
    """
    plain, special = _delivered(int(row["delivered"]))
    given: dict[str, Any] = {name: row[name] for name in plain}
    for name in special:
        if name == "bank_account":
            invalid = BankAccount(iban=row["bank_mask"]) if row["bank_mask"] else None
            given[name] = BankAccount() if row["bank_digest"] else invalid
        elif name == "status":
            given[name] = Status(row["status"])
        else:
            # Django leaves jsonb of a plain cursor as text.
            custom = row["custom"] or {}
            given[name] = msgspec.json.decode(custom) if isinstance(custom, str) else custom
    return Employee(id=row["external_id"], **given)


_SPECIAL: Final = frozenset({"bank_account", "status", "custom"})


@lru_cache(maxsize=256)
def _delivered(mask: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return the fields of a mask, those that are columns as they are apart; a tool has few masks."""
    names = [name for name, bit in _BITS.items() if mask & bit]
    return [one for one in names if one not in _SPECIAL], [one for one in names if one in _SPECIAL]


def _plain(value: object) -> str | date | None:
    return None if value is UNSET or value is None else value  # type: ignore[return-value] # texts and dates only
