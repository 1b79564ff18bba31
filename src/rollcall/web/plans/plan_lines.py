"""The lines of a plan as rows: who, what changes in one line, why; the details fold out."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from rollcall.engine.change import Kind
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.sync.identity.both import Other
from rollcall.sync.models import Line, LineState
from rollcall.sync.words.sentences import day_text, field_label, kind_label, why_sentence
from rollcall.web.words import value_label

# What tells new people apart; name and address stand beside it.
_NEWCOMER: Final = ("job_title", "department", "work_location")
_SAID_ALREADY: Final = ("email", "first_name", "last_name")
_IN_SIGHT: Final = 2


class Field(msgspec.Struct, frozen=True):
    """One field before and after, as texts for people; empty for nothing."""

    label: str
    before: str
    after: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a plan."""

    line: Line
    name: str
    # the first changes, and how many more there are
    first: Sequence[Field]
    more: int
    # in place of the changes, where there are none
    instead: str
    fields: Sequence[Field]
    # there was nothing before
    all_new: bool
    why: str
    # what became of the line, empty while it is wanted or done
    left: str
    # who else is meant in a conflict
    others: Sequence[Other]
    # the group, where rows of several groups stand together
    group: str

    @property
    def newcomer(self) -> SafeString:
        """Return the fields with what they get: a page has six hundred, which a template's loop takes long for."""
        return SafeString(
            "".join(f"<dt>{escape(one.label)}<dd><bdi>{escape(one.after)}</bdi>" for one in self.fields)
        )


def rows(
    lines: Sequence[Line], tool: str, *, others: Mapping[int, Sequence[Other]] | None = None
) -> list[Row]:
    """Return lines as rows; ``tool`` is the HR tool's name, ``others`` comes from ``sync.both``."""
    labels = {name: field_label(name) for name in OWNED_FIELDS}
    return [_row(one, tool, labels, (others or {}).get(one.number, ())) for one in lines]


def _row(line: Line, tool: str, labels: Mapping[str, str], others: Sequence[Other]) -> Row:
    fields = {
        name: Field(
            label,
            text_of(name, line.fields[name].get("before")),
            text_of(name, line.fields[name].get("after")),
        )
        for name, label in labels.items()
        if name in line.fields
    }
    new = line.kind == Kind.CREATE
    # What replaces something first, then what tells people apart.
    order = sorted(fields, key=lambda name: (not fields[name].before, name not in _NEWCOMER))
    first = [] if new else [fields[name] for name in order[:_IN_SIGHT]]
    return Row(
        line=line,
        name=line.name or gettext("(no name)"),
        first=first,
        more=0 if new else len(fields) - len(first),
        instead="" if first else _instead(line, fields),
        fields=[one for name, one in fields.items() if not (new and name in _SAID_ALREADY)],
        all_new=not any(one.before for one in fields.values()),
        why=why_sentence(line.why, line.params, tool=tool),
        left=_left(line),
        others=others,
        group=kind_label(line.kind),
    )


def _instead(line: Line, fields: Mapping[str, Field]) -> str:
    match line.kind:
        case Kind.CREATE:
            told = [fields[name].after for name in _NEWCOMER if name in fields and fields[name].after]
            return " · ".join(told) or gettext("Gets an invitation")
        case Kind.LINK:
            return gettext("No detail differs")
        case Kind.ARCHIVE:
            return gettext("Becomes archived")
        case Kind.REACTIVATE:
            return gettext("Comes back")
        case Kind.RELEASE:
            return gettext("Stays a member, and is no longer managed")
        case _:
            return ""


def _left(line: Line) -> str:
    if line.state == LineState.STALE:
        return gettext("Not done: the member had changed meanwhile.")
    if line.state == LineState.LEFT_OUT:
        return gettext("Left out when the rest was confirmed.")
    return ""


def text_of(name: str, value: str | None) -> str:
    """Return a field's value as people say it; empty for none."""
    if not value:
        return ""
    return day_text(value) if name.endswith("_date") else value_label(name, value)
