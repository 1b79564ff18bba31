"""Labels for ids of list items, where the answer itself has none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollcall.connectors import parsing


def labels_of(told: Any) -> dict[str, dict[str, str]]:
    """Return list id or name -> item id -> label, from ``GET /v1/company/named-lists``.

    An object keyed by the list's name in some tenants, an array in others (seen); children nest (documented).
    Ids are text, numbers in old lists (assumed): compared as text. Whatever has another shape is passed over.
    """
    found: dict[str, dict[str, str]] = {}
    pairs = told.items() if isinstance(told, dict) else ((None, each) for each in told)
    for key, listed in pairs:
        if not isinstance(listed, dict):
            continue
        items = dict(_items(listed.get("items")))
        for name in (key, listed.get("id"), listed.get("name")):
            if isinstance(name, str | int):
                found.setdefault(str(name), items)
    return found


def _items(listed: Any) -> Iterator[tuple[str, str]]:
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict):
            continue
        shown = parsing.as_text(item.get("value", item.get("name")))
        number = item.get("id")
        if isinstance(shown, str) and isinstance(number, str | int):
            yield str(number), shown
        yield from _items(item.get("children"))


def label_for(items: Mapping[str, str], value: Any) -> str | None:
    """Return the label of one item or of several, by id or, for old accounts, by name; None unless all are known."""
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    names = {*items.values()}
    found = [items.get(str(each)) or (str(each) if str(each) in names else None) for each in values]
    known = [each for each in found if each is not None]
    return ", ".join(known) if known and len(known) == len(found) else None
