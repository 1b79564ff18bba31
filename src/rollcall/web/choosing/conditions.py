"""Conditions being edited, as the page shows them: attributes, values with counts, and which of them are new."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import gettext, ngettext
from msgspec import Struct

from rollcall.connections.queries import Value
from rollcall.engine.scope import CUSTOM
from rollcall.web.choosing.choices import Row, Wrong
from rollcall.web.words import attribute_label, value_label

LONG_LIST: Final = 8
"""From so many values on, a list of values gets a search field."""

SHOWN_VALUES: Final = 60

NAMED_VALUES: Final = 3
"""So many chosen values are named on the closed list; the others are counted."""


class ShownValue(Struct, frozen=True, kw_only=True):
    """A value to tick. ``new``: HR had not sent it when somebody last saved; ``gone``: HR sends it no more."""

    value: str
    label: str
    count: int
    checked: bool
    new: bool
    gone: bool


class ShownRow(Struct, frozen=True, kw_only=True):
    """A condition as a template draws it."""

    number: int
    row: Row
    # (key, label) of the tool's attributes and of the customer's own
    attributes: Sequence[tuple[str, str]]
    own: Sequence[tuple[str, str]]
    chosen: str
    values: Sequence[ShownValue]
    # values that the search leaves, beyond those shown
    more: int
    long: bool
    # new values by name, for people who never open the list
    news: str
    wrong: str
    open: bool


def shown(
    rows: Sequence[Row],
    known: Mapping[str, Sequence[Value]],
    seen: Mapping[str, Sequence[str]] | None,
    wrong: Sequence[Wrong],
) -> list[ShownRow]:
    """Return the conditions for the page.

    Args:
        rows: as edited.
        known: the mirror's values (``connections.queries.filter_values``).
        seen: ``Subscription.seen_values``: attribute to values. An attribute that is not in there has no new ones.
        wrong: what a save complained about.
    """
    complaints = {one.place: one.sentence for one in wrong}
    return [
        _shown(number, row, known, seen or {}, complaints.get(f"c{number}", ""))
        for number, row in enumerate(rows)
    ]


def _shown(
    number: int,
    row: Row,
    known: Mapping[str, Sequence[Value]],
    seen: Mapping[str, Sequence[str]],
    wrong: str,
) -> ShownRow:
    every = _values(row, known.get(row.attribute, ()), seen.get(row.attribute))
    wanted = row.search.casefold()
    found = [
        one
        for one in every
        if one.checked or wanted in one.label.casefold() or wanted in one.value.casefold()
    ]
    names = list(known) + ([row.attribute] if row.attribute and row.attribute not in known else [])
    labelled = [(name, attribute_label(name)) for name in names]
    return ShownRow(
        number=number,
        row=row,
        attributes=[one for one in labelled if not one[0].startswith(CUSTOM)],
        own=[one for one in labelled if one[0].startswith(CUSTOM)],
        chosen=chosen_words(row),
        values=found[:SHOWN_VALUES],
        more=max(0, len(found) - SHOWN_VALUES),
        long=len(every) >= LONG_LIST,
        news=_listed([one.label for one in every if one.new]),
        wrong=wrong,
        open=bool(wrong or row.search or not row.values),
    )


def _values(row: Row, known: Sequence[Value], seen: Sequence[str] | None) -> list[ShownValue]:
    counts = {one.value or "": one.count for one in known}
    # A chosen value that HR does not send any more stays visible, with nobody in it.
    every = {**{value: 0 for value in row.values if value not in counts}, **counts}
    values = [
        ShownValue(
            value=value,
            label=value_label(row.attribute, value),
            count=count,
            checked=value in row.values,
            new=bool(value and seen is not None and value in counts and value not in seen),
            gone=value not in counts,
        )
        for value, count in every.items()
    ]
    # The most common first among equals, as they came.
    return sorted(values, key=lambda one: (not one.checked, not one.new))


def chosen_words(row: Row) -> str:
    """Return what stands on the closed list of values: the first few chosen ones, and how many more."""
    if not row.values:
        return gettext("Choose values")
    return _listed([value_label(row.attribute, value) for value in row.values])


def _listed(labels: Sequence[str]) -> str:
    named = ", ".join(labels[:NAMED_VALUES])
    more = len(labels) - NAMED_VALUES
    if more <= 0:
        return named
    return ngettext("%(named)s and %(n)s more", "%(named)s and %(n)s more", more) % {
        "named": named,
        "n": more,
    }


def seen_now(known: Mapping[str, Sequence[Value]]) -> dict[str, list[str]]:
    """Return what to remember as ``Subscription.seen_values`` when somebody saves."""
    return {name: [one.value for one in values if one.value] for name, values in known.items()}
