"""The form that says how a CSV file is read: from the posted fields to a layout, and what its selects offer.

Fields: ``column-<i>`` for column ``i`` of the header (a field's name, ``custom`` or nothing), ``word-<word>`` for a
word of the status column, and ``dates``, ``key``, ``encoding``, ``separator``, ``everybody``, ``clear``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollcall.connections.source_files import (
    ENCODINGS,
    FIELDS,
    NEEDED,
    SEPARATORS,
    Layout,
    Look,
    Sheet,
    Status,
    folded,
    status_of,
    suggest,
)
from rollcall.sync.words.sentences import field_label

CUSTOM: Final = "custom"
# what looks like an IBAN is not shown in full, whatever its column is read as
_ACCOUNT: Final = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{11,40}")
MOST_WORDS: Final = 50

_LABELS: Final = {
    "manager_id": _("Line manager’s employee number"),
    "manager_email": _("Line manager’s e-mail"),
    "bank_account.iban": _("IBAN"),
    "bank_account.bic": _("BIC"),
    "bank_account.holder": _("Account holder"),
    "bank_account.account_number": _("Account number"),
    "bank_account.sort_code": _("Sort code"),
    "bank_account.routing_number": _("Routing number"),
    "bank_account.currency": _("Currency of the account"),
}

STATUSES: Final = {
    Status.ACTIVE: _("works here"),
    Status.UPCOMING: _("is about to start"),
    Status.ON_LEAVE: _("is on leave"),
    Status.INACTIVE: _("has left"),
    Status.UNKNOWN: _("not known: nothing is decided from it"),
}

ENCODING_LABELS: Final = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "windows-1252": _("Windows-1252 (Western Europe)"),
    "windows-1250": _("Windows-1250 (Central Europe)"),
    "iso-8859-15": _("ISO 8859-15 (Western Europe)"),
    "mac-roman": _("Mac Roman"),
}

SEPARATOR_LABELS: Final = {
    ",": _("Comma"),
    ";": _("Semicolon"),
    "\t": _("Tab"),
    "|": _("Vertical bar"),
}

ORDER_LABELS: Final = {
    "iso": _("year first: 2026-11-22"),
    "dmy": _("day first: 22/11/2026"),
    "mdy": _("month first: 11/22/2026"),
}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A layout being made, perhaps unfinished."""

    layout: Layout
    # nobody has said yet in which order days are written
    dates_open: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a select."""

    value: str
    label: str
    chosen: bool


def label(name: str) -> str:
    """Return what a field is called in the selects and the preview."""
    return str(_LABELS[name]) if name in _LABELS else field_label(name)


def masked(number: str) -> str:
    """Return an account's number, or what goes with it, by its last four signs."""
    return f"•••• {number[-4:]}" if len(number) > 4 else "••••"


def suggested(sheet: Sheet, known: Layout | None) -> Draft:
    """Return the layout to begin with."""
    found = suggest(sheet, known)
    return Draft(layout=found.layout, dates_open=found.dates_open)


def from_post(post: QueryDict, sheet: Sheet, before: Draft) -> Draft:
    """Return the layout as posted for a file with this header; what is not posted or no option stays as before."""
    columns, custom = _columns(post, sheet.header)
    old = before.layout
    dates = _one_of(post, "dates", tuple(ORDER_LABELS), "")
    fields: dict[str, Any] = {
        "dates": dates or old.dates,
        "key": _one_of(post, "key", ("employee_number", "work_email"), old.key),
        "encoding": _one_of(post, "encoding", ENCODINGS, old.encoding),
        "separator": sheet.separator,
        "everybody": _one_of(post, "everybody", ("yes", "no"), "yes" if old.everybody else "no") == "yes",
        "clear": _one_of(post, "clear", ("yes", "no"), "yes" if old.clear else "no") == "yes",
    }
    words = {**old.statuses, **_words(post)}
    own = {word: status for word, status in words.items() if status_of(word, {}) != status}
    made = Layout(columns=columns, custom=custom, statuses=own, **fields)
    return Draft(layout=made, dates_open=before.dates_open and not dates)


def written_otherwise(post: QueryDict, before: Draft) -> tuple[str, str] | None:
    """Return encoding and separator if either was changed: then the header is another one, and its columns too."""
    old = before.layout
    encoding = _one_of(post, "encoding", ENCODINGS, old.encoding)
    separator = _one_of(post, "separator", SEPARATORS, old.separator)
    return (encoding, separator) if (encoding, separator) != (old.encoding, old.separator) else None


def _one_of(post: QueryDict, name: str, options: Sequence[str], otherwise: str) -> str:
    given = post.get(name, "")
    return given if given in options else otherwise


def _columns(post: QueryDict, header: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    columns: dict[str, str] = {}
    custom: dict[str, str] = {}
    for at, name in enumerate(header):
        chosen = post.get(f"column-{at}", "")
        if chosen in FIELDS:
            columns.setdefault(chosen, name)
        elif chosen == CUSTOM and name:
            custom.setdefault(name, name)
    return columns, custom


def _words(post: QueryDict) -> dict[str, Status]:
    known = {str(one): one for one in Status}
    given = ((key.removeprefix("word-"), post.get(key, "")) for key in post if key.startswith("word-"))
    return {folded(word): known[value] for word, value in list(given)[:MOST_WORDS] if value in known}


def twice_chosen(post: QueryDict, header: Sequence[str]) -> list[str]:
    """Return the labels of fields for which two columns were chosen."""
    chosen = [post.get(f"column-{at}", "") for at in range(len(header))]
    return [label(name) for name in FIELDS if chosen.count(name) > 1]


def selects(draft: Draft, sheet: Sheet) -> Mapping[str, list[Choice]]:
    """Return the options of how the file is written and understood."""
    layout = draft.layout
    return {
        "encodings": _choices({one: ENCODING_LABELS[one] for one in ENCODINGS}, sheet.encoding),
        "separators": _choices({one: SEPARATOR_LABELS[one] for one in SEPARATORS[::-1]}, sheet.separator),
        "orders": _choices(ORDER_LABELS, "" if draft.dates_open else layout.dates),
        "keys": _choices(
            {"employee_number": field_label("employee_number"), "work_email": field_label("work_email")},
            layout.key,
        ),
    }


def _choices(options: Mapping[Any, Any], chosen: str) -> list[Choice]:
    return [
        Choice(value=str(value), label=str(text), chosen=value == chosen) for value, text in options.items()
    ]


def columns(draft: Draft, sheet: Sheet, samples: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return each column of the file with some of its cells and what it may be read as."""
    chosen = {folded(column): name for name, column in draft.layout.columns.items()}
    own = {folded(column) for column in draft.layout.custom.values()}
    found = []
    for at, name in enumerate(sheet.header):
        key = folded(name)
        # of two columns with one name neither is shown as chosen twice
        now = chosen.pop(key, "") or (CUSTOM if key in own else "")
        found.append(
            {
                "at": at,
                "name": name or gettext("(no name)"),
                "named": bool(name),
                "samples": [
                    masked(text) if now.startswith("bank_account.") or _ACCOUNT.fullmatch(text) else text
                    for text in samples[at]
                ],
                "chosen": now,
                "choices": _choices({one: label(one) for one in FIELDS}, now),
                "custom": now == CUSTOM,
            }
        )
    return found


def missing(layout: Layout) -> list[str]:
    """Return the labels of fields that still need a column."""
    return [label(name) for name in dict.fromkeys((*NEEDED, layout.key)) if name not in layout.columns]


def words(found: Look | None) -> list[dict[str, Any]]:
    """Return the words of the status column, each with what it may stand for."""
    return [
        {"word": one.word, "name": one.folded, "count": one.count, "choices": _choices(STATUSES, one.status)}
        for one in (found.words if found else ())
    ]
