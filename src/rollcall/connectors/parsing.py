"""Values of HR tools as ours: text, ids, days, countries. Pure; an answer for every JSON value.

Three outcomes, kept apart: ``None`` is *delivered but empty*, ``UNSET`` is *not delivered, or set aside
because nobody can tell what it means*, and ``UnreadableRecord`` is *of another type than documented*.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias, TypeVar

import pycountry
from msgspec import UNSET, UnsetType

from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import BankAccount, Day, Text

T = TypeVar("T")

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
"""What a JSON document may hold."""

_BLANK: Final = ("", " ")
_REMEMBERED: Final = 20_000

LONGEST: Final = 500
"""Characters kept of a text (E4): far over any name, far under what a database index takes."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_DAY: Final = "0000-00-00"
_DAY: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](?:[01]\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:\.\d+)?)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?",
    re.ASCII,
)

NUMBERS: Final = frozenset({"iban", "account_number"})
"""Fields of ``BankAccount`` by which money finds its way."""

# field of BankAccount -> how customers call the field that holds it (assumed)
BANK_NAMES: Final = tuple(
    (part, re.compile(pattern, re.IGNORECASE))
    for part, pattern in (
        ("iban", r"iban"),
        ("bic", r"(?<![a-z])(?:custom)?(?:bic|swift)(?![a-z])"),
        ("sort_code", r"sort[ _-]?code"),
        ("account_number", r"account[ _-]?(?:number|no\b)"),
        ("holder", r"account[ _-]?(?:holder|owner)"),
    )
)

# Everyday English names that ISO 3166 has under another one.
_OTHER_NAMES: Final = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "russia": "RU",
    "south korea": "KR",
    "north korea": "KP",
    "turkey": "TR",
    "ivory coast": "CI",
    "czech republic": "CZ",
    "the netherlands": "NL",
    "holland": "NL",
    "vietnam": "VN",
    "viet nam": "VN",
    "laos": "LA",
    "syria": "SY",
    "brunei": "BN",
    "cape verde": "CV",
    "swaziland": "SZ",
    "macedonia": "MK",
    "kosovo": "XK",
    "palestine": "PS",
    "hong kong": "HK",
    "macau": "MO",
    "macao": "MO",
    "congo": "CG",
    "democratic republic of the congo": "CD",
}


def clean(text: str) -> str | None:
    """Return ``text`` without control characters, cut to ``LONGEST``; ``None`` if nothing is left to read."""
    if text.isprintable() and len(text) <= LONGEST and text[:1] not in _BLANK:
        return text
    kept = _CONTROLS.sub("", text)[:LONGEST]
    return None if not kept or kept.isspace() else kept


def text(value: Json | UnsetType, name: str) -> Text:
    """Return a text; one of nothing but controls is set aside, for nobody can tell that it means *empty* (E2).

    Raises ``UnreadableRecord`` naming the tool's field ``name`` for any other type (E6).
    """
    if isinstance(value, str):
        if value.isprintable() and len(value) <= LONGEST and value[:1] not in _BLANK:
            # nearly every text there is
            return value
        kept = clean(value)
        return UNSET if kept is None and value.strip() else kept
    if value is UNSET or value is None:
        return value
    raise UnreadableRecord(name)


class Remembered(dict[Any, T]):
    """What a parser makes of texts that come again and again in one read: value as delivered -> what it is.

    ``parse`` gets the value and no name. Values that can't be keys raise ``TypeError``, which says nothing of them.
    It forgets before it grows large.
    """

    def __init__(self, parse: Callable[[Any, str], T]) -> None:
        """Know nothing yet."""
        super().__init__()
        self._parse = parse

    def __missing__(self, value: Any) -> T:
        found = self._parse(value, "")
        # 1 and True are one key: what is neither a text nor nothing is looked at each time
        if isinstance(value, str) or value is None or value is UNSET:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[value] = found
        return found


def person_id(value: Json | UnsetType, name: str) -> str:
    """Return an id as text, from a text or a whole number.

    Raises ``UnreadableRecord`` if there is none (I1).
    """
    found = optional_id(value, name)
    if isinstance(found, str):
        return found
    raise UnreadableRecord(name)


def optional_id(value: Json | UnsetType, name: str) -> Text:
    """Return an id that may be missing, such as a manager's; outer spaces are no part of an id."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    found = text(value, name)
    return found.strip() if isinstance(found, str) else found


def account_part(part: str, value: Json | UnsetType, name: str) -> Text:
    """Return a field of ``BankAccount``.

    The holder as written, codes in capitals without blanks; not validated.
    """
    written = text(value, name)
    if not isinstance(written, str) or part == "holder":
        return written
    return "".join(written.split()).upper()


def day(value: Json | UnsetType, name: str) -> Day:
    """Return the calendar day as written, whatever time and offset stand behind it: dates stay dates (V3).

    ``""`` and ``0000-00-00`` are empty. Impossible days and other notations are set aside (V4). Raises
    ``UnreadableRecord`` for what is no text at all.
    """
    written = text(value, name)
    if not isinstance(written, str):
        return written
    return _day(written.strip())


@lru_cache(maxsize=16_384)
def _day(written: str) -> Day:
    if written.startswith(_NO_DAY):
        return None
    match = _DAY.fullmatch(written)
    if match is None:
        return UNSET
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return UNSET


def country(value: Json | UnsetType, name: str) -> Text:
    """Return ISO 3166 alpha-2 for a code of two or three letters or an English name.

    Unknown ones are set aside.
    """
    written = text(value, name)
    return _country(written) if isinstance(written, str) else written


@lru_cache(maxsize=4_096)
def _country(written: str) -> str | UnsetType:
    return _countries().get(written.strip().casefold(), UNSET)


@cache
def _countries() -> Mapping[str, str]:
    found = dict(_OTHER_NAMES)
    for entry in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            word = getattr(entry, attribute, None)
            if word:
                found[word.casefold()] = entry.alpha_2
    return found


@lru_cache(maxsize=4_096)
def bank_part(name: str, label: str | None) -> str | None:
    """Return the field of ``BankAccount`` that a customer's own field is called after, else None."""
    for part, pattern in BANK_NAMES:
        if pattern.search(name) or pattern.search(label or ""):
            return part
    return None


def bank_account(parts: Mapping[str, Text]) -> BankAccount | UnsetType | None:
    """Return the account made of ``parts`` (fields of ``BankAccount``).

    Empty only if every delivered part is. Without any number delivered there is no account to speak of: a bank's
    name or a holder alone shows that the numbers are hidden (A5).
    """
    delivered = {name: part for name, part in parts.items() if part is not UNSET}
    if NUMBERS.isdisjoint(delivered):
        return UNSET
    if not any(delivered.values()) and all(part is None for part in delivered.values()):
        return None
    return BankAccount(**delivered)


def as_text(value: Json | UnsetType) -> Text:
    """Return any value of a customer's own field as text.

    Numbers and lists written out, objects set aside.
    """
    if type(value) is str:
        return clean(value)
    match value:
        case None | UnsetType():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return clean(str(value))
        case list():
            parts = [part for item in value if isinstance(part := as_text(item), str)]
            return clean(", ".join(parts))
        case _:
            return UNSET
