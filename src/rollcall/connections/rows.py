"""From an ``Employee`` value to a row of the mirror and back."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from rollcall.accounts import secrets
from rollcall.connections.ibans import is_iban
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
"""The columns that come from the tool, in the order of ``Columns.of``."""

_BITS: Final = {name: 1 << bit for bit, name in enumerate(DELIVERABLE)}
_ALL: Final = (1 << len(DELIVERABLE)) - 1

_texts: Final = itemgetter(*(Employee.__struct_fields__.index(name) for name in TEXT_COLUMNS))
_dates: Final = itemgetter(*(Employee.__struct_fields__.index(name) for name in DATE_COLUMNS))
_rest: Final = itemgetter(
    *(Employee.__struct_fields__.index(name) for name in ("status", "bank_account", "custom"))
)
_json: Final = msgspec.json.Encoder().encode
_msgpack: Final = msgspec.msgpack.Encoder().encode


class Columns:
    """Makes rows of one connection's employees; what they share is worked out once. For a batch, not for long."""

    def __init__(self, *, company_id: int, connection_id: int) -> None:
        """Take the keys by which bank accounts are sealed and compared."""
        self._row = f"{connection_id}:"
        self._sealer = _sealer(company_id)

    def of(self, employee: Employee) -> tuple[tuple[Any, ...], str]:
        """Return the values of ``VALUE_COLUMNS``, *custom* as JSON, and the digest by which two rows are compared.

        A bank account is sealed for the row's key, which is connection and employee id.
        """
        fields = astuple(employee)
        mask = delivered_mask(employee)
        given = fields
        if mask != _ALL:
            filled = list(fields)
            for at in _missing(mask):
                filled[at] = None
            given = tuple(filled)
        texts, dates = _texts(given), _dates(given)
        status, account, custom = _rest(fields)
        encoded = None if custom is UNSET else _json(custom).decode()
        shown = status.value if isinstance(status, Status) else None
        seen, sealed = None, None
        if account is not None and account is not UNSET:
            plain = _json(account)
            seen = _seen(account, plain, self._sealer)
            if seen is not None and seen.digest:
                sealed = self._sealer.seal(plain, self._row + employee.id)
        digest = hashlib.blake2b(_msgpack((texts, dates, shown, encoded, seen, mask)), digest_size=16)
        found = (seen.digest or None, seen.mask) if seen else (None, None)
        email = employee.work_email
        key = (fold_email(email) or None) if isinstance(email, str) else None
        return (*texts, *dates, shown, encoded, key, sealed, *found, mask), digest.hexdigest()


def bank_seen(bank: BankAccount | None, *, company_id: int) -> Bank | None:
    """Return the digest and the mask of an account, ``None`` when it has no number at all.

    A number that no account can have, or of which the tool shows only a part (V7), has a mask and no digest, so that
    it is told and never taken over.
    """
    return None if bank is None else _seen(bank, _json(bank), _sealer(company_id))


def _sealer(company_id: int) -> secrets.Sealer:
    return secrets.Sealer(
        company_id=company_id, table="connections_employee", field="bank_sealed", purpose="bank"
    )


def _seen(bank: BankAccount, plain: bytes, sealer: secrets.Sealer) -> Bank | None:
    number = _plain(bank.iban) or _plain(bank.account_number)
    if not number:
        return None
    head = str(number)[:4] if bank.iban else ""
    mask = f"{head} •••• {str(number)[-4:]}".strip()
    if isinstance(bank.iban, str) and bank.iban and not is_iban(bank.iban):
        return Bank(digest="", mask=mask)
    if is_cut_number(str(number)):
        return Bank(digest="", mask=mask)
    return Bank(digest=sealer.digest(plain), mask=mask)


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
            given[name] = _STATUSES[row["status"]]
        else:
            # Django leaves jsonb of a plain cursor as text.
            custom = row["custom"] or {}
            given[name] = msgspec.json.decode(custom) if isinstance(custom, str) else custom
    return Employee(id=row["external_id"], **given)


# calling an enumeration takes ten times as long
_STATUSES: Final = {one.value: one for one in Status}
_SPECIAL: Final = frozenset({"bank_account", "status", "custom"})


@lru_cache(maxsize=256)
def _missing(mask: int) -> Sequence[int]:
    """Return the places of the fields of ``Employee`` that a mask leaves out; the id is the first."""
    return [place for place, name in enumerate(DELIVERABLE, start=1) if not mask & _BITS[name]]


@lru_cache(maxsize=256)
def _delivered(mask: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return the fields of a mask, those that are columns as they are apart; a tool has few masks."""
    names = [name for name, bit in _BITS.items() if mask & bit]
    return [one for one in names if one not in _SPECIAL], [one for one in names if one in _SPECIAL]


def _plain(value: object) -> str | date | None:
    return None if value is UNSET or value is None else value  # type: ignore[return-value] # texts and dates only
