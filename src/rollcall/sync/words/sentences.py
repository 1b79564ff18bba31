"""Every code that a person may meet, as a sentence in their language: reasons, errors, breaches, refusals.

Used by pages, the API and commands. Parameters are texts as stored: days in ISO form, tools by key or name.
All functions return plain text; whoever shows it escapes it. A code nobody knows is returned as it is.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, gettext_noop, ngettext, pgettext

from rollcall.connections import gallery
from rollcall.engine.change import Kind, Why
from rollcall.engine.losses import Lost
from rollcall.engine.scope import CUSTOM
from rollcall.sync.words import breaches as breach_words
from rollcall.sync.words import details as why_words

_RUN_ERRORS: Final[Mapping[str, str]] = {
    "interrupted": gettext_noop("The sync was interrupted. Nothing to do: the next one goes on."),
    "internal": gettext_noop("Something went wrong in Rollcall. Tell whoever runs it; its log says more."),
    "database": gettext_noop(
        "Rollcall’s database could not do its part, so nothing of this sync counts. Rollcall tries again by itself;"
        " whoever runs it should look at its log."
    ),
    "parked": gettext_noop(
        "The last 3 syncs with {tool} broke off in Rollcall, so it starts no more by itself for a day. Choose"
        " “Sync now” to try again; if it breaks off once more, tell whoever runs Rollcall."
    ),
}

_FIELDS: Final[Mapping[str, str]] = {
    "email": gettext_noop("E-mail"),
    "work_email": gettext_noop("Work e-mail"),
    "personal_email": gettext_noop("Personal e-mail"),
    "first_name": gettext_noop("First name"),
    "last_name": gettext_noop("Last name"),
    "preferred_name": gettext_noop("Preferred name"),
    "employee_number": gettext_noop("Employee number"),
    "job_title": gettext_noop("Job title"),
    "department": gettext_noop("Department"),
    "team": gettext_noop("Team"),
    "work_location": gettext_noop("Work location"),
    "country": gettext_noop("Country"),
    "legal_entity": gettext_noop("Legal entity"),
    "cost_center": gettext_noop("Cost centre"),
    "employment_type": gettext_noop("Employment type"),
    "language": gettext_noop("Language"),
    "time_zone": gettext_noop("Time zone"),
    "status": gettext_noop("Status"),
    "start_date": gettext_noop("Start date"),
    "end_date": gettext_noop("End date"),
    "last_working_day": gettext_noop("Last working day"),
    "manager": gettext_noop("Line manager"),
    "manager_id": gettext_noop("Line manager"),
    "manager_email": gettext_noop("Line manager’s e-mail"),
    "bank_account": gettext_noop("Bank account"),
    "custom": gettext_noop("Attributes of your own"),
}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def filled(template: str, params: Mapping[str, Any]) -> str:
    return gettext(template).format_map(_Blank({name: str(value) for name, value in params.items()}))


def day_text(iso: str) -> str:
    """Return an ISO day as people write it (“3 November 2026”); any other text as it is."""
    return _day(iso, get_language())


@lru_cache(maxsize=4_096)
def _day(iso: str, _language: str | None) -> str:
    """Return the day in the present language, which is told only to be remembered by: lists have many equal days."""
    try:
        return date_format(date.fromisoformat(iso), "j F Y")
    except ValueError:
        return iso


def tool_in_words(params: Mapping[str, Any], tool: str) -> str:
    given = str(params.get("tool") or tool)
    return gallery.tool_name(given) if given else gettext("the HR tool")


def why_sentence(code: str, params: Mapping[str, Any], *, tool: str = "") -> str:
    """Return the reason of a plan's line or of a link not managed; ``tool`` is the tool's key or name."""
    texts = {
        name: day_text(str(value)) if name in ("day", "start", "since") else str(value)
        for name, value in params.items()
    }
    texts["tool"] = tool_in_words(params, tool)
    if code == Why.MASKED:
        texts["fields"] = ", ".join(field_label(name) for name in texts.get("fields", "").split(","))
    if code == Why.OUT_OF_SCOPE:
        sentence = _out_of_scope(texts)
    elif code in (Why.UNDONE, Why.CHANGED_SINCE):
        sentence = _taken_back(code, texts)
    elif code == Why.VANISHED and texts.get("since"):
        sentence = _missing(texts)
    else:
        dayless = not texts.get("day") and code in why_words.DAYLESS
        sentence = filled((why_words.DAYLESS if dayless else why_words.WHY).get(code, code), texts)
    # A sentence may begin with "the HR tool".
    return sentence[:1].upper() + sentence[1:]


def _out_of_scope(texts: Mapping[str, str]) -> str:
    shown = {**texts, "attribute": field_label(texts.get("attribute", ""))}
    if not texts.get("attribute"):
        return gettext("Does not belong to the chosen employees any more.")
    if texts.get("value") in (None, "", "-"):
        return filled(
            gettext_noop("{attribute} is empty in {tool}, and the filter asks for: {values}."), shown
        )
    if texts.get("test") == "none_of":
        return filled(gettext_noop("{attribute} is “{value}”, which the filter leaves out."), shown)
    return filled(gettext_noop("{attribute} is “{value}”, and the filter asks for: {values}."), shown)


def _missing(texts: Mapping[str, str]) -> str:
    if not texts.get("runs"):
        return filled(
            gettext_noop(
                "Is missing from the list of {tool} since {since}, without having left."
                " Nothing happens: leavers are not archived automatically here."
            ),
            texts,
        )
    said = ngettext(
        "Is missing from the list of {tool} since {since}: {runs} complete list over more than 24 hours"
        " did not have them.",
        "Is missing from the list of {tool} since {since}: {runs} complete lists over more than 24 hours"
        " did not have them.",
        int(texts["runs"]),
    )
    return said.format_map(_Blank(texts))


def _taken_back(code: str, texts: Mapping[str, str]) -> str:
    if code == Why.CHANGED_SINCE:
        names = [field_label(name) for name in texts.get("fields", "").split(",") if name]
        if not names:
            return gettext("Has changed since that sync, and is left as it is.")
        return gettext("Changed since that sync and left as it is: {fields}.").format(fields=", ".join(names))
    kinds: Mapping[str, str] = {
        Kind.CREATE: gettext_noop("Was invited by that sync: the invitation is cancelled."),
        Kind.LINK: gettext_noop("Was managed only since a sync that is undone."),
        "relinked": gettext_noop("Was linked to another record by that sync: the link goes back."),
        Kind.UPDATE: gettext_noop("Was updated by that sync: the details go back."),
        Kind.REACTIVATE: gettext_noop("Came back with that sync, and is archived again."),
        Kind.ARCHIVE: gettext_noop("Was archived by that sync, and comes back."),
        Kind.RELEASE: gettext_noop("Is no longer managed since that sync, and is managed again."),
    }
    return gettext(kinds.get(texts.get("kind", ""), gettext_noop("The sync that did this is undone.")))


def error_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Return what went wrong with a run or a test, and who must do what; empty for no error.

    ``permission`` and ``remedy`` are texts of the connector, in English, and come translated.
    """
    if not code:
        return ""
    template = {**gallery.error_templates(), **_RUN_ERRORS}.get(code, code)
    words = {name: gettext(str(params[name])) for name in ("permission", "remedy") if params.get(name)}
    sentence = filled(template, {**params, **words, "tool": tool_in_words(params, "")})
    return f"{sentence} {words['remedy']}" if "remedy" in words else sentence


def loss_sentence(kind: str, field: str, count: int, of: int, *, asked: bool = False) -> str:
    """Return that a field seems lost for many people; ``asked``: of a plan that a person asked for."""
    texts = {"field": field_label(field), "count": count, "of": of}
    said = {
        Lost.EMPTY: gettext("{field} came empty for {count} of {of} people."),
        Lost.MASKED: gettext("{field} came masked for {count} of {of} people."),
        Lost.SAME: gettext("{field} came with one and the same value for {count} of {of} people."),
    }.get(Lost(kind), "").format(**texts)
    if asked and kind != Lost.MASKED:
        return said + " " + gettext("Look at it closely: a sync by itself would keep the known values.")
    if kind == Lost.SAME:
        return (
            said + " " + gettext("The known values are kept. Has somebody changed them all in the HR tool?")
        )
    return said + " " + gettext("The known values are kept. Has the key lost a permission?")


def unusual_sentence(what: str, now: int, usual: int) -> str:
    """Return in what a read was unusual (``sync.usual``)."""
    texts = {"now": now, "usual": usual}
    if what == "fewer":
        said = gettext(
            "{now} people were listed, and usually it is about {usual}. Nobody is archived for being missing"
            " from a list like this. Has the key lost a permission?"
        )
    elif what == "slow":
        said = gettext("Reading took {now} seconds, and usually it takes about {usual}.")
    else:
        said = gettext("Nobody was listed. Check that the key may see the employees.")
    return said.format(**texts)


def breach_sentence(breach: Mapping[str, Any], *, employees: int | None = None, tool: str = "") -> str:
    """Return a passed limit in sentences: what it is about, over what time, and its likely cause.

    ``breach`` is one of ``Plan.breaches``; ``employees`` how many the tool listed.
    """
    attribute, _, group = str(breach.get("what") or "").partition("=")
    shared = (breach.get("likely") or {}).get("params", {})
    return breach_words.said(
        breach,
        {
            "tool": tool_in_words({}, tool),
            "what": field_label(attribute),
            "group": group,
            "employees": "" if employees is None else str(employees),
            **shared,
            "attribute": field_label(shared.get("attribute", "")),
            "day": day_text(shared.get("day", "")),
        },
    )


def field_label(name: str) -> str:
    """Return the label of a member's or employee's field; a customer's own attribute by its own name."""
    if name.startswith(CUSTOM):
        return name.removeprefix(CUSTOM)
    return gettext(_FIELDS[name]) if name in _FIELDS else name


_KINDS: Final[Mapping[str, Callable[[int], str]]] = {
    Kind.LINK: lambda n: ngettext("now managed", "now managed", n),
    Kind.CREATE: lambda n: ngettext("invited", "invited", n),
    Kind.UPDATE: lambda n: ngettext("updated", "updated", n),
    Kind.REACTIVATE: lambda n: ngettext("coming back", "coming back", n),
    Kind.ARCHIVE: lambda n: ngettext("archived", "archived", n),
    Kind.RELEASE: lambda n: ngettext("no longer managed", "no longer managed", n),
    Kind.SKIP: lambda n: ngettext("needs a look", "need a look", n),
    Kind.NOTE: lambda n: ngettext("remark", "remarks", n),
    "conflict": lambda n: ngettext("conflict", "conflicts", n),
}


def kind_label(kind: str, n: int = 1) -> str:
    """Return what stands behind the number ``n``: “271 *invited*”; French words follow the number."""
    label = _KINDS.get(kind)
    return label(n) if label else kind


def change_sentence(counts: Mapping[str, int]) -> str:
    """Return in one line what confirming a plan with these counts does: the numbers a person decides on."""
    parts = [
        ngettext("{n} invitation will be sent", "{n} invitations will be sent", counts.get(Kind.CREATE, 0)),
        ngettext(
            "{n} existing member will be managed",
            "{n} existing members will be managed",
            counts.get(Kind.LINK, 0),
        ),
        ngettext("{n} person updated", "{n} people updated", counts.get(Kind.UPDATE, 0)),
        ngettext("{n} person brought back", "{n} people brought back", counts.get(Kind.REACTIVATE, 0)),
        ngettext("{n} person archived", "{n} people archived", counts.get(Kind.ARCHIVE, 0)),
        ngettext("{n} person no longer managed", "{n} people no longer managed", counts.get(Kind.RELEASE, 0)),
    ]
    order = (Kind.CREATE, Kind.LINK, Kind.UPDATE, Kind.REACTIVATE, Kind.ARCHIVE, Kind.RELEASE)
    said = [part.format(n=counts[kind]) for kind, part in zip(order, parts, strict=True) if counts.get(kind)]
    if not said:
        return gettext("Nobody changes.")
    return pgettext("list of changes", "{changes}. Nothing else changes.").format(changes=", ".join(said))
