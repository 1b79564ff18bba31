"""The sentences about a passed limit: what it is about, over what time, and its likely cause."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from rollcall.engine.causes import Cause
from rollcall.engine.limits import FIXED, Breach, Scope, Window

STOPPED = "stopped"
"""Why a plan is held whose apply died; stands among the limits that it passes (sync/runs/parking.py)."""


def said(breach: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """Return the sentences of one entry of ``Plan.breaches`` in the present language.

    ``texts`` are the tool's name, the label of the field or group, its value, the number of employees listed,
    and what the likely cause names.
    """
    code, likely = str(breach.get("breach", "")), breach.get("likely") or {}
    count, done = int(breach.get("count") or 0), int(breach.get("done") or 0)
    numbers = {
        **texts,
        "count": count,
        "of": int(breach.get("of") or 0),
        "done": done,
        "sum": count + done,
        "most": int(breach.get("most") or 0),
        "shared": int(likely.get("count") or 0),
        "shared_of": int(likely.get("of") or 0),
    }
    if code == STOPPED:
        return _stopped().format_map(_Blank(numbers))
    cause = _cause(str(likely.get("cause", ""))) or _usual_cause(code)
    parts = (_what(code, count), _how_much(breach, code, done), cause)
    filled = (part.format_map(_Blank(numbers)) for part in parts if part)
    # A sentence may begin with "the HR tool".
    return " ".join(part[:1].upper() + part[1:] for part in filled)


def _stopped() -> str:
    return gettext(
        "Making these changes broke off 3 times in Rollcall: {count} of {of} are made, the rest waits. Confirm to"
        " go on with the rest; if it breaks off again, tell whoever runs Rollcall."
    )


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _what(code: str, n: int) -> str:
    if code == Breach.NOBODY_SEEN:
        return gettext("{tool} lists nobody at all, though {of} members are managed.")
    if code == Breach.NOBODY_LEFT:
        return gettext("Nobody would be left: all {of} managed members would go.")
    if code == Breach.VANISHED:
        return ngettext(
            "{count} of {of} managed members is missing from the list of {tool} and would be archived.",
            "{count} of {of} managed members are missing from the list of {tool} and would be archived.",
            n,
        )
    if code == Breach.ARCHIVED:
        return ngettext(
            "{count} of {of} managed members would be archived.",
            "{count} of {of} managed members would be archived.",
            n,
        )
    if code == Breach.RELEASED:
        return ngettext(
            "{count} of {of} managed members would no longer be managed.",
            "{count} of {of} managed members would no longer be managed.",
            n,
        )
    if code == Breach.GROUP_GONE:
        return ngettext(
            "{count} of the {of} people whose {what} is “{group}” would go.",
            "{count} of the {of} people whose {what} is “{group}” would go.",
            n,
        )
    return _what_of_details(code, n)


def _what_of_details(code: str, n: int) -> str:
    if code == Breach.EMAILS:
        return ngettext(
            "The e-mail of {count} of {of} managed members would change.",
            "The e-mails of {count} of {of} managed members would change.",
            n,
        )
    if code == Breach.BANKS:
        return ngettext(
            "The bank account of {count} of {of} managed members would change.",
            "The bank accounts of {count} of {of} managed members would change.",
            n,
        )
    if code == Breach.MANAGERS:
        return ngettext(
            "The line manager of {count} of {of} managed members would change.",
            "The line managers of {count} of {of} managed members would change.",
            n,
        )
    if code == Breach.CLEARED:
        return gettext("The field “{what}” would become empty for {count} of the {of} members who have it.")
    if code == Breach.CREATED:
        return ngettext(
            "{count} person would be invited at once, beside {of} managed members.",
            "{count} people would be invited at once, beside {of} managed members.",
            n,
        )
    if code == Breach.RENUMBERED:
        return ngettext(
            "{count} of {of} managed members has a new number in {tool}.",
            "{count} of {of} managed members have new numbers in {tool}.",
            n,
        )
    if code == Breach.REACTIVATED:
        return ngettext(
            "{count} archived person would come back, beside {of} managed members.",
            "{count} archived people would come back, beside {of} managed members.",
            n,
        )
    return code


def _how_much(breach: Mapping[str, Any], code: str, done: int) -> str:
    """Return how much is allowed over what time; plans of before the windows do not tell."""
    if code in FIXED:
        return gettext("That always waits for a person.")
    if "most" not in breach:
        return ""
    window, together = breach.get("window"), breach.get("scope") == Scope.CONNECTION
    if window == Window.RUN:
        whole = code == Breach.GROUP_GONE and breach["count"] >= breach["of"]
        return (
            gettext("That always waits for a person.") if whole else gettext("The limit of a sync is {most}.")
        )
    if window == Window.DAY:
        said = ngettext(
            "In the last 24 hours syncs did the same for {done} already, which makes {sum};"
            " the limit of 24 hours is {most}.",
            "In the last 24 hours syncs did the same for {done} already, which makes {sum};"
            " the limit of 24 hours is {most}.",
            done,
        )
    else:
        said = ngettext(
            "In the last 7 days syncs did the same for {done} already, which makes {sum};"
            " the limit of 7 days is {most}.",
            "In the last 7 days syncs did the same for {done} already, which makes {sum};"
            " the limit of 7 days is {most}.",
            done,
        )
    # Not in an f-string: makemessages finds no text in there.
    both = gettext("All entities that use this connection count together.")
    return f"{said} {both}" if together else said


def _cause(code: str) -> str:
    if code == Cause.PLACE_MISSING:
        return gettext(
            "{shared} of {shared_of} people whose {attribute} is “{value}” are missing:"
            " has the key lost access to them?"
        )
    if code == Cause.LIST_SHORTER:
        return gettext(
            "The list of {tool} is much shorter than before: {shared} of {shared_of} managed members are"
            " missing. Most likely the key has lost a permission, or a file was not complete."
        )
    if code == Cause.SAME_DAY:
        return gettext(
            "{shared} of {shared_of} have the same last day, {day}: a mass change in {tool}, right or mistaken?"
        )
    if code == Cause.VALUE_RENAMED:
        return gettext(
            "{shared} of {shared_of} have “{value}” in the field “{attribute}”, which the filter leaves out:"
            " was it renamed in {tool}? Then add the new name to the filter."
        )
    return _cause_of_details(code)


def _cause_of_details(code: str) -> str:
    if code == Cause.OTHER_DOMAIN:
        return gettext(
            "{shared} of {shared_of} move to the domain {domain}."
            " If it is not your company’s own, confirm nothing."
        )
    if code == Cause.NO_ACCOUNT:
        return gettext(
            "{shared} of {shared_of} would have no account any more: most likely the key may not read accounts now."
        )
    if code == Cause.ONE_ACCOUNT:
        return gettext(
            "{shared} of {shared_of} would have one and the same account: confirm nothing before you know whose it is."
        )
    return ""


def _usual_cause(code: str) -> str:
    """Return what most often is behind it, where the lines themselves tell nothing."""
    causes = {
        Breach.NOBODY_SEEN: gettext(
            "Most likely the key has lost a permission: check it before you confirm."
        ),
        Breach.NOBODY_LEFT: gettext("Most likely the filter or a permission in {tool} has changed."),
        Breach.VANISHED: gettext("Most likely the key may not see them any more: leavers stay on the list."),
        Breach.ARCHIVED: gettext(
            "If that many did not leave, somebody may have changed dates in {tool} by mistake."
        ),
        Breach.RELEASED: gettext("Most likely a value that the filter names was renamed in {tool}."),
        Breach.GROUP_GONE: gettext("Perhaps it was renamed or closed in {tool}."),
        Breach.EMAILS: gettext("That is right for a new domain, and wrong after a faulty import."),
        Breach.BANKS: gettext(
            "Ask them in person before you confirm: changed accounts are how fraud begins."
        ),
        Breach.MANAGERS: gettext(
            "That is right after a reorganisation. Line managers approve expenses, so look at some of them."
        ),
        Breach.CLEARED: gettext("Most likely the key may not read it any more."),
        Breach.CREATED: gettext("Check that the filter is still the one you want."),
        Breach.RENUMBERED: gettext(
            "Look whether the names fit; then each member stays and is linked to the new number."
        ),
        Breach.REACTIVATED: gettext(
            "They get their access back. If they were not hired again, dates in {tool} may be wrong."
        ),
    }
    return causes.get(Breach(code), "") if code in set(Breach) else ""
