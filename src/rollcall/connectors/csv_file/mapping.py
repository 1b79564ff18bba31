"""One row of a file as an ``Employee``, and what is doubtful about it. Pure; reads no clock."""

import gettext
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import pycountry
from msgspec import UNSET, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.csv_file.layout import BANK, DATES, Layout, Order
from rollcall.connectors.csv_file.problems import Reason
from rollcall.connectors.csv_file.reading import folded
from rollcall.engine.snapshot import Employee, Status, Text, fold_email, is_email

CUSTOM: Final = "custom."

_WORDS: Final = {
    Status.ACTIVE: (
        "active|employed|current|working|in post|hired|present|enabled|yes|true|onboarded|probation"
        "|actif|active|actifs|en poste|en activite|present|presente|embauche|embauchee|oui|vrai|en contrat"
        "|periode d essai|aktiv|aktive|beschaftigt|angestellt|im dienst|ja|wahr|probezeit"
    ),
    Status.INACTIVE: (
        "inactive|terminated|left|leaver|former|ex employee|resigned|dismissed|departed|retired|no|false"
        "|disabled|ended|deceased|offboarded"
        "|inactif|inactive|inactifs|sorti|sortie|parti|partie|ancien|ancien salarie|demissionne|licencie"
        "|licenciee|retraite|retraitee|non|faux|termine|inaktiv|ausgeschieden|ausgetreten|gekundigt"
        "|ehemalig|entlassen|im ruhestand|nein|falsch|beendet"
    ),
    Status.ON_LEAVE: (
        "on leave|leave|leave of absence|absent|long term leave|parental leave|maternity leave"
        "|paternity leave|sick leave|sabbatical|garden leave|furlough"
        "|en conge|conge|absent|absente|conge parental|conge maternite|conge paternite|conge sabbatique"
        "|conge sans solde|arret maladie|suspendu|suspendue|contrat suspendu"
        "|beurlaubt|abwesend|elternzeit|mutterschutz|langzeitkrank|ruhend|freigestellt|sabbatical"
    ),
    Status.UPCOMING: (
        "upcoming|future|future hire|pre hire|prehire|preboarding|onboarding|starter|new starter|not started"
        "|pending start|a venir|futur|future|futur salarie|nouvel arrivant|pre embauche|preembauche"
        "|zukunftig|kunftig|bevorstehend|neueintritt|noch nicht gestartet"
    ),
}

STATUSES: Final[Mapping[str, Status]] = {
    word: status for status, words in _WORDS.items() for word in words.split("|")
}
"""Folded word of the status column -> status (assumed: everyday words of English, French and German files).

Without a status column, or in an empty cell, the dates decide alone (``engine.status.standing``).
"""

_ORDERED: Final = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII
)
_BREAKS: Final = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?", re.ASCII)
_DAY_NUMBER: Final = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_LOST: Final = "\ufffd"
_NUMBERS: Final = frozenset({"employee_number", "manager_id", *BANK})
_LANGUAGES: Final = ("fr", "de")

Doubts: TypeAlias = list[tuple[str, Reason]]


def tidied(cell: str) -> str:
    """Return a cell without outer blanks, hard ones included, and in one line; other blanks are the file's own."""
    return _BREAKS.sub(" ", cell).strip()


def number_of(cell: str, name: str) -> tuple[str, Reason | None]:
    """Return the value by which people are known, or "" and why it is none; ``name`` is the field."""
    value = tidied(cell)
    if _LOST in value:
        return "", Reason.DAMAGED
    if name == "employee_number" and _ROUNDED.fullmatch(value):
        return "", Reason.ROUNDED
    known = parsing.clean(fold_email(value) if name == "work_email" else value)
    return (known, None) if known else ("", Reason.NO_KEY)


def employee(number: str, row: Mapping[str, str], layout: Layout) -> tuple[Employee, Doubts]:
    """Return a person, and each field whose value was set aside or looks wrong, with the reason.

    ``row`` holds the cells of the fields that are read, those of the customer's own under ``custom.``; ``number`` is
    the person's id.
    """
    doubts: Doubts = []
    fields: dict[str, Any] = {}
    bank: dict[str, Text] = {}
    custom: dict[str, str | None] = {}
    for name, cell in row.items():
        value = _value(name, tidied(cell), layout, doubts)
        if name.startswith(CUSTOM):
            if not isinstance(value, UnsetType):
                custom[name.removeprefix(CUSTOM)] = value
        elif name in BANK:
            bank[name.partition(".")[2]] = value
        else:
            fields[name] = value
    if any(name.startswith(CUSTOM) for name in row):
        fields["custom"] = custom
    return Employee(id=number, bank_account=parsing.bank_account(bank), **fields), doubts


def _value(name: str, cell: str, layout: Layout, doubts: Doubts) -> Any:
    if not cell:
        return None if layout.clear and name != "status" else UNSET
    reason = _unreadable(name, cell)
    if reason is None:
        value, reason = _PARSERS.get(name, _text)(cell, layout)
    else:
        value = UNSET
    if reason is not None:
        doubts.append((name, reason))
    return value


def _unreadable(name: str, cell: str) -> Reason | None:
    if _LOST in cell:
        return Reason.DAMAGED
    if name in _NUMBERS and _ROUNDED.fullmatch(cell):
        return Reason.ROUNDED
    return None


_Read: TypeAlias = tuple[Any, Reason | None]


def _text(cell: str, layout: Layout) -> _Read:
    return parsing.clean(cell), Reason.CUT if len(cell) > parsing.LONGEST else None


def _email(cell: str, layout: Layout) -> _Read:
    value, reason = _text(cell, layout)
    return value, reason if is_email(cell) else Reason.NOT_AN_EMAIL


def _country(cell: str, layout: Layout) -> _Read:
    found = parsing.country(cell, "country")
    if found is UNSET:
        found = _translated_countries().get(cell.casefold(), UNSET)
    return found, Reason.NOT_A_COUNTRY if found is UNSET else None


@cache
def _translated_countries() -> Mapping[str, str]:
    found = {}
    for language in _LANGUAGES:
        texts = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for entry in pycountry.countries:
            for attribute in ("name", "common_name", "official_name"):
                word = getattr(entry, attribute, None)
                if word:
                    found[texts.gettext(word).casefold()] = entry.alpha_2
    return found


def status_of(word: str, statuses: Mapping[str, Status]) -> Status:
    """Return the status of a word of the file: as the admin said, else as of ``STATUSES``."""
    key = folded(word)
    return statuses.get(key) or STATUSES.get(key, Status.UNKNOWN)


def _status(cell: str, layout: Layout) -> _Read:
    found = status_of(cell, layout.statuses)
    return found, Reason.STATUS_UNKNOWN if found is Status.UNKNOWN else None


def _day(cell: str, layout: Layout) -> _Read:
    found = day(cell, layout.dates)
    if found is not UNSET:
        return found, None
    return UNSET, Reason.DAY_NUMBER if _DAY_NUMBER.fullmatch(cell) else Reason.NOT_A_DAY


@lru_cache(maxsize=16_384)
def day(cell: str, order: Order) -> date | UnsetType | None:
    """Return the calendar day of a cell; ``UNSET`` for what is none in this order (V4): years have four digits."""
    if _ISO.fullmatch(cell):
        return parsing.day(cell, "")
    match = _ORDERED.fullmatch(cell)
    if match is None or order == "iso":
        return UNSET
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    try:
        return date(year, second, first) if order == "dmy" else date(year, first, second)
    except ValueError:
        return UNSET


def orders(cell: str) -> frozenset[Order]:
    """Return the orders in which a cell could be a day; all of them for what no order could read."""
    match = _ORDERED.fullmatch(tidied(cell))
    if match is None:
        return frozenset(("iso", "dmy", "mdy"))
    first, second = int(match[1]), int(match[3])
    found: set[Order] = set()
    if second <= 12:
        found.add("dmy")
    if first <= 12:
        found.add("mdy")
    return frozenset(found)


def _part(cell: str, layout: Layout) -> _Read:
    return parsing.account_part("", cell, ""), None


_PARSERS: Final[Mapping[str, Callable[[str, Layout], _Read]]] = {
    "status": _status,
    "country": _country,
    "work_email": _email,
    "personal_email": _email,
    **dict.fromkeys(DATES, _day),
    **{name: _part for name in BANK if name != "bank_account.holder"},
}
