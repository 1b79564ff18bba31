"""The faults an HR tool can be told to show, named by the rows of the fault catalogue.

A fault works on *reads of people* (a list, a page, a feed) unless it is given a `path`: then on every
request whose path contains that text ("/" means every request). `page` picks one page (counted from 1;
with `onwards`, that one and all later ones), `times` is how many requests it hits before it ends by itself
(None: for ever).
"""

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """What one fault shows: `modes` (the first is the default) and a sentence for people."""

    modes: tuple[str, ...]
    says: str


CATALOGUE: dict[str, Kind] = {
    "T2": Kind(("during", "before", "after"), "connection reset in the middle of, before, or after the body"),
    "T3": Kind(("short", "chunked", "gzip"), "body ends before its announced or marked end"),
    "T4": Kind(
        ("hang", "trickle", "late"), "never answers, one byte each `seconds`, or whole after `seconds`"
    ),
    "T5": Kind(("error",), "the status given as `status` (503)"),
    "T6": Kind(("error",), "429 without Retry-After"),
    "T7": Kind(
        ("seconds", "date", "past", "nonsense", "year"), "`status` (429) with Retry-After of that form"
    ),
    "T8": Kind(("gzip",), "a compressed body that unpacks to `amount` (200) MiB"),
    "T10": Kind(("html",), "200 with an HTML sign-in page"),
    "T11": Kind(("empty", "204", "null", "object"), "no body, 204, null, or an empty object"),
    "T12": Kind(("error",), "200 whose body says that the call failed"),
    "T13": Kind(("host", "http", "internal", "loop"), "redirect to another host, http, inside, or itself"),
    "A1": Kind(("401", "403"), "not let in, from `page` on"),
    "A2": Kind(("expire",), "access tokens expire at that moment (tools with tokens; elsewhere nothing)"),
    "A3": Kind(("revoke",), "credentials refused while on"),
    "A4": Kind(
        ("office", "half"), "list complete but shorter: without the largest office, or without every other"
    ),
    "A5": Kind(("hidden", "null"), "`fields` (default: bank details) missing or null for everybody"),
    "A6": Kind(("company",), "the credentials open another company"),
    "A7": Kind(("403",), "403 on the paths that contain `path`"),
    "P1": Kind(("empty",), "an empty list"),
    "P2": Kind(
        ("error", "last", "short"), "page `page` answers 500; is said to be the last; lacks half of its rows"
    ),
    "P3": Kind(("added", "removed"), "somebody comes or goes just before `page` (2): one twice, or a gap"),
    "P4": Kind(("more", "less"), "the total is wrong by `amount` (1)"),
    "P5": Kind(
        ("endless", "repeat", "expired"), "no last page; the same page again and again; cursor refused"
    ),
    "P8": Kind(("twice",), "the first person again on `page` (2) with another name"),
    "E1": Kind(("utf8", "latin1"), "a byte sequence that is no UTF-8, or a body in Latin-1"),
    "E2": Kind(("nul",), "NUL in a name"),
    "E3": Kind(("controls", "rtl", "emoji", "none"), "controls, right-to-left marks, emoji, or no name"),
    "E4": Kind(("long",), "a name of `amount` (10,000) characters"),
    "E5": Kind(("markup",), "script in name and title"),
    "E6": Kind(("types",), "name is an object, title a list, e-mail a number"),
    "E7": Kind(("status", "fields"), "a status nobody knows; fields nobody knows"),
    "E8": Kind(("nan", "infinity", "digits", "nesting"), "what JSON or its readers cannot take"),
    "E9": Kind(("gone",), "the first of `fields` (default: the id) is gone from every record"),
    "H6": Kind(
        ("doctype", "entities", "external", "dtd", "nesting"),
        "XML with a DOCTYPE, entities that multiply or read a file, a DTD from inside, 200,000 levels",
    ),
    "I1": Kind(("gone",), "one record without id"),
    "I2": Kind(("same",), "two people with one e-mail"),
    "M1": Kind(("self",), "somebody is their own manager"),
    "M2": Kind(("loop",), "`amount` (2) managers in a circle"),
}
# Seen in the people themselves, so every answer shows them, not only lists.
IN_PEOPLE = frozenset({"E2", "E3", "E4", "E5", "E6", "E7", "E9", "I1", "I2", "M1", "M2", "A4", "A5", "A6"})
IN_ROWS = frozenset({"P1", "P2", "P3", "P4", "P5", "P8"})


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault switched on. `people` are the ids it strikes; left empty, some are chosen and told."""

    id: str
    mode: str = ""
    page: int | None = None
    onwards: bool = False
    times: int | None = None
    path: str | None = None
    status: int | None = None
    seconds: float = 1.0
    amount: int | None = None
    fields: list[str] = []
    people: list[int] = []
    struck: int = 0  # how many requests it was aimed at so far; told, not asked for


class Unknown(Exception):
    """Asked for a fault or a mode that the catalogue does not have."""


def checked(fault: Fault) -> Fault:
    """The fault with its default mode filled in; `Unknown` if there is no such fault or mode."""
    kind = CATALOGUE.get(fault.id)
    if kind is None or (fault.mode and fault.mode not in kind.modes):
        raise Unknown(f"no fault {fault.id} {fault.mode}".strip())
    fault.mode = fault.mode or kind.modes[0]
    if fault.id in {"P3", "P8", "P5"} and fault.page is None:
        fault.page, fault.onwards = 2, fault.id == "P5"
    if fault.id == "A1":
        fault.onwards = True
    if fault.id == "A2" and fault.times is None:
        fault.times = 1
    return fault


def strikes(fault: Fault, path: str, page: int | None) -> bool:
    """Whether the fault shows on this request; `page` is None for anything but a read of people."""
    if fault.path is not None:
        return fault.path in path and fault.page in (None, page)
    if page is None:
        return False
    return fault.page is None or fault.page == page or (fault.onwards and page > fault.page)
