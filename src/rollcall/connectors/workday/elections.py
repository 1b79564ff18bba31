"""Payment elections: which account a person is paid on. Pure.

Element names documented for v31 of Cash_Management, assumed unchanged in v44.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from msgspec import UNSET

from rollcall.connectors import parsing
from rollcall.connectors.workday.mapping import keys
from rollcall.connectors.workday.tree import DESCRIPTOR, every, first, reference, text
from rollcall.engine.snapshot import BankAccount, Text

# How customers call the rules: expenses first, else regular pay (assumed)
RULES: Final = tuple(
    re.compile(each, re.IGNORECASE)
    for each in (r"expens|reimburs|frais|spesen|auslagen", r"regular|salar|payroll|\bpay\b|paie|gehalt|lohn")
)

# Bank_ID_Number is the bank's number of the country; these call it sort code
SORT_CODES: Final = frozenset({"GB", "IE"})

_MASKED: Final = re.compile(r"[*•]|[Xx]{3}")
_RULE: Final = "Payment_Election_Rule_Reference"
_LAST: Final = 10**9


def accounts(enrollment: Element) -> Iterator[tuple[str, BankAccount | None]]:
    """Yield the key (see ``mapping.keys``) and the account of each person of an enrolment; None if there is none."""
    for data in every(enrollment, "Payment_Election_Enrollment_Data"):
        for key in keys(reference(first(data, "Role_ID_Reference")))[:1]:
            yield key, _account(data)


def has_number(account: BankAccount | None) -> bool:
    """Tell whether money could be sent there."""
    return account is not None and (isinstance(account.iban, str) or isinstance(account.account_number, str))


def _account(data: Element) -> BankAccount | None:
    groups = sorted(every(data, "Payment_Election_Rule_Group_Data"), key=_rank)
    for group in groups:
        elections = sorted(every(group, "Payment_Election_Data"), key=_order)
        for election in elections:
            written = first(election, "Worker_Bank_Account_Data")
            # a cheque has none
            if written is not None:
                return _read(written)
    return None


def _rank(group: Element) -> int:
    rule = first(group, _RULE)
    name = "" if rule is None else rule.get(DESCRIPTOR, "")
    words = " ".join((name, *reference(rule).values()))
    return next((rank for rank, each in enumerate(RULES) if each.search(words)), len(RULES))


def _order(election: Element) -> tuple[bool, int]:
    """Sort by which account gets the rest, then by order (assumed)."""
    balance = (text(election, "Distribution_Balance") or "").strip()
    order = (text(election, "Order") or "").strip()
    return balance not in ("1", "true"), int(order) if order.isdecimal() and len(order) < 9 else _LAST


def _read(written: Element) -> BankAccount:
    country = reference(first(written, "Country_Reference")).get("ISO_3166-1_Alpha-2_Code", "")
    bank = "sort_code" if country in SORT_CODES else "routing_number"
    currency = reference(first(written, "Currency_Reference")).get("Currency_ID")
    parts = {
        "iban": _part("iban", written, "IBAN"),
        "bic": _part("bic", written, "BIC"),
        "holder": _part("holder", written, "Bank_Account_Name"),
        "account_number": _part("account_number", written, "Account_Number"),
        bank: _part(bank, written, "Bank_ID_Number"),
        "currency": parsing.account_part("currency", currency, "Currency_Reference"),
    }
    return BankAccount(**parts)


def _part(part: str, written: Element, name: str) -> Text:
    """Return a part of the account; a masked number says nothing, so it counts as not delivered."""
    value = parsing.account_part(part, text(written, name), name)
    # a BIC may well end with XXX
    masked = part in ("iban", "account_number") and isinstance(value, str) and _MASKED.search(value)
    return UNSET if masked else value
