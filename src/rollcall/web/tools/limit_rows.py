"""What the page of limits shows: a row for each limit with its use, and the inputs that change it."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext
from msgspec import Struct

from rollcall.engine.limits import RANGES, Breach, Limits, Scope, Window
from rollcall.sync.limiting import Use
from rollcall.sync.words import limits as limit_words
from rollcall.sync.words.sentences import kind_label


class Used(Struct, frozen=True, kw_only=True):
    """How much of one limit is used, in words; ``full``: nothing more fits in."""

    what: str
    text: str
    full: bool


class Row(Struct, frozen=True, kw_only=True):
    """One limit in a sentence, and its use in 24 hours and in 7 days."""

    title: str
    rule: str
    day: list[Used]
    week: list[Used]
    # there are as many counts as there are groups, or fields
    each: bool


class Input(Struct, frozen=True, kw_only=True):
    """One value that can be typed."""

    name: str
    label: str
    value: str
    help: str
    error: str
    decimal: bool


class Section(Struct, frozen=True, kw_only=True):
    """The inputs of one limit."""

    key: str
    title: str
    inputs: list[Input]


def rows(limits: Limits, used: Sequence[Use]) -> list[Row]:
    """Return a row for each limit, in the order of the form."""
    return [
        Row(
            title=gettext(words.title),
            rule=limit_words.rule_text(words, limits),
            day=_used(words, used, Window.DAY),
            week=_used(words, used, Window.WEEK),
            each=words.key in ("group", "cleared"),
        )
        for words in limit_words.ALL
    ]


def _used(words: limit_words.Words, used: Sequence[Use], window: Window) -> list[Used]:
    return [
        _one(one, named=len(words.counts) > 1)
        for breach in words.counts
        for one in used
        if one.limit is breach and one.window is window
    ]


def _one(use: Use, *, named: bool) -> Used:
    parts = []
    if named:
        kind = {Breach.ARCHIVED: "archive", Breach.RELEASED: "release"}[use.limit]
        parts.append(kind_label(kind, use.done))
    if use.scope is Scope.CONNECTION:
        parts.append(gettext("with the other entities"))
    text = gettext("{done} of {most}").format(done=use.done, most=use.most)
    return Used(what=", ".join(parts), text=text, full=use.done >= use.most)


def sections(
    limits: Limits, *, typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None
) -> list[Section]:
    """Return the form: the limits in force, or what was ``typed`` with what is ``wrong`` about it."""
    return [
        Section(
            key=words.key,
            title=gettext(words.title),
            inputs=[_input(name, limits, typed or {}, wrong or {}) for name in words.names],
        )
        for words in limit_words.ALL
    ]


def _input(name: str, limits: Limits, typed: Mapping[str, str], wrong: Mapping[str, str]) -> Input:
    lowest, highest = (limit_words.number_text(name, value) for value in RANGES[name])
    return Input(
        name=name,
        label=limit_words.label(name),
        value=typed.get(name, limit_words.number_text(name, getattr(limits, name))),
        help=gettext("{lowest} to {highest}").format(lowest=lowest, highest=highest),
        error=wrong.get(name, ""),
        decimal=limit_words.is_share(name) or name == "week_factor",
    )
