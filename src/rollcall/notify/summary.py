"""What the weekly summary says, from the data of its event. Call it with the reader's language active."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from rollcall.events.models import Event
from rollcall.notify.letter import Letter, Section, Sentence, as_they_are


def weekly(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To one owner or admin of the entity."""
    data = event.data
    known = {**values, "day": _day(data["from"]), "until": _day(data["until"])}
    happened, waiting, connection = list(_happened(data)), list(_waiting(data)), list(_connection(data))
    sections = [
        Section(gettext("Waiting for you"), waiting),
        Section(gettext("What happened"), happened),
        Section(gettext("The next two weeks"), list(_coming(data))),
        Section(gettext("The HR tool"), connection),
    ]
    return Letter(
        subject=Sentence(gettext("{entity}: your week from {day}"), known),
        preview=(waiting or happened or connection)[0],
        title=Sentence(gettext("{entity}, {day} to {until}"), known),
        first_name=str(values["first_name"]),
        paragraphs=[
            Sentence(
                gettext("This is the week at {entity}.")
                if waiting or (data.get("connection") or {}).get("trouble")
                else gettext("This is the week at {entity}. Nothing waits for you."),
                known,
            )
        ],
        sections=[one for one in sections if one.lines],
        action=gettext("Look at the members"),
        link=link,
        why=Sentence(
            gettext(
                "Rollcall sends this to {address} once a week because you are an owner or admin of {entity}."
            ),
            values,
        ),
    )


def _happened(data: Mapping[str, Any]) -> Iterator[Sentence]:
    for kind, group in data.get("happened", {}).items():
        n, names = int(group["n"]), group.get("names", ())
        yield Sentence(_what_happened(kind, n), {"n": n, "names": _listed(names, n)})
    invitations = int(data.get("invitations", 0))
    if invitations:
        template = ngettext(
            "{n} invitation is open. Reminders are sent automatically.",
            "{n} invitations are open. Reminders are sent automatically.",
            invitations,
        )
        yield Sentence(template, {"n": invitations})


def _what_happened(kind: str, n: int) -> str:
    templates = {
        "invited": ngettext("{n} person was invited: {names}", "{n} people were invited: {names}", n),
        "joined": ngettext("{n} person joined: {names}", "{n} people joined: {names}", n),
        "back": ngettext("{n} person came back: {names}", "{n} people came back: {names}", n),
        "updated": ngettext("{n} person was updated: {names}", "{n} people were updated: {names}", n),
        "left": ngettext("{n} person was archived: {names}", "{n} people were archived: {names}", n),
    }
    return templates[kind]


def _listed(names: Sequence[str], n: int) -> str:
    shown = ", ".join(f"\u2068{one}\u2069" for one in names)
    if n <= len(names):
        return shown
    more = n - len(names)
    return ngettext("{names} and {more} more", "{names} and {more} more", more).format(names=shown, more=more)


def _waiting(data: Mapping[str, Any]) -> Iterator[Sentence]:
    waits: Mapping[str, int] = data.get("waiting", {})
    texts = {
        "held": ngettext(
            "{n} list of changes waits for your decision.",
            "{n} lists of changes wait for your decision.",
            waits.get("held", 0),
        ),
        "conflicts": ngettext(
            "{n} person cannot be matched for sure: a conflict to look at.",
            "{n} people cannot be matched for sure: conflicts to look at.",
            waits.get("conflicts", 0),
        ),
        "banks": ngettext(
            "{n} new bank account is not confirmed by its member yet.",
            "{n} new bank accounts are not confirmed by their members yet.",
            waits.get("banks", 0),
        ),
    }
    for name, template in texts.items():
        if waits.get(name):
            yield Sentence(template, {"n": waits[name]})


def _coming(data: Mapping[str, Any]) -> Iterator[Sentence]:
    coming = data.get("coming", {})
    for one in coming.get("people", ()):
        template = (
            gettext("{day}: {name} starts.")
            if one["what"] == "starts"
            else gettext("{day}: last day of {name}.")
        )
        yield Sentence(template, {"day": _day(one["day"]), "name": one["name"]})
    more = int(coming.get("more", 0))
    if more:
        yield Sentence(ngettext("{n} more person.", "{n} more people.", more), {"n": more})


def _connection(data: Mapping[str, Any]) -> Iterator[Sentence]:
    found = data.get("connection") or {}
    if not found:
        return
    trouble = found.get("trouble") or {}
    yield from as_they_are(trouble.get(get_language() or "") or trouble.get("en") or ())
    state = {
        "paused": gettext("The sync with {tool} is paused."),
        "disconnected": gettext("{tool} is disconnected."),
        "action_required": gettext("{tool} is connected, but it is not set up yet."),
    }.get(found["state"])
    if state:
        yield Sentence(state, {"tool": found["tool"]})
    if found.get("read"):
        yield Sentence(
            gettext("{tool} was read last on {day}."), {"tool": found["tool"], "day": _day(found["read"])}
        )


def _day(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "j F Y")
