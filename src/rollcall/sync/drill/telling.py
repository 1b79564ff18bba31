"""A fire drill in sentences: what goes wrong, what Rollcall would have done, and what an admin would have read."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop, ngettext

from rollcall.sync.drill.playing import Outcome
from rollcall.sync.words.sentences import breach_sentence, change_sentence, error_sentence, why_sentence

_TITLES: Final[Mapping[str, str]] = {
    "empty_list": gettext_noop("The list is empty"),
    "half_list": gettext_noop("Half of the people are missing from the list"),
    "half_list_two_days": gettext_noop("The same half is missing on two days in a row"),
    "one_office_missing": gettext_noop("Everybody at the largest work location is missing"),
    "many_leavers": gettext_noop("30% of the people leave at once"),
    "other_domain": gettext_noop("All e-mails move to another domain"),
    "ibans_gone": gettext_noop("All bank accounts are gone"),
    "one_iban": gettext_noop("Everybody has the same bank account"),
    "names_emptied": gettext_noop("All names are empty"),
    "new_ids": gettext_noop("Everybody has a new id, as after a change of HR tool"),
    "managers_gone": gettext_noop("All line managers are gone"),
    "a_month_at_once": gettext_noop("All changes of the last month come at once"),
}

_CANNOT: Final[Mapping[str, str]] = {
    "not_connected": gettext_noop("No HR tool is connected, so there is nothing to drill with."),
    "not_read_yet": gettext_noop(
        "The HR tool has not been read yet. Wait for the first sync, then try again."
    ),
    "not_set_up": gettext_noop(
        "Nobody is managed yet. Choose the employees and confirm the preview, then try again."
    ),
    "busy": gettext_noop("A sync is at work. Try again when it has finished: a drill never holds it up."),
    "internal": gettext_noop("Something went wrong in Rollcall. Nobody was changed. Tell whoever runs it."),
}


def title(disaster: str) -> str:
    """Return what goes wrong in the HR tool."""
    return gettext(_TITLES.get(disaster, disaster))


def cannot(code: str) -> str:
    """Return why there was no drill, and what to do."""
    return gettext(_CANNOT.get(code, code))


def verdict(found: Outcome) -> str:
    """Return the one sentence that counts."""
    if not found.struck:
        return gettext("Nobody here whom it could strike.")
    if found.passes:
        return gettext("Nobody would have lost access.")
    return ngettext(
        "{n} person would have lost access.", "{n} people would have lost access.", found.lost
    ).format(n=found.lost)


def done(found: Outcome) -> str:
    """Return what Rollcall would have done; empty when nobody is struck."""
    if not found.struck:
        return ""
    if found.error:
        return gettext("The sync would have ended with an error. Nobody would have been changed.")
    if found.held:
        return gettext("The sync would have waited for you: {changes}").format(
            changes=change_sentence(found.held)
        )
    if found.applied:
        return gettext("Made by itself: {changes}").format(changes=change_sentence(found.applied))
    return gettext("The sync would have changed nobody.")


def read(found: Outcome, *, tool: str) -> list[str]:
    """Return the sentences that an admin would have read; ``tool`` is the tool's key or name."""
    if found.error:
        return [error_sentence(found.error, {**found.error_params, "tool": tool})]
    told = [breach_sentence(one, employees=found.employees, tool=tool) for one in found.breaches]
    return told + [_remark(why, n, tool) for why, n in found.remarks.items() if n]


def _remark(why: str, n: int, tool: str) -> str:
    who = ngettext("{n} person", "{n} people", n).format(n=n)
    # A remark is of many people here, so no single name or day can stand in it.
    params: Mapping[str, Any] = {"email": "…", "manager": "…", "start": "…", "day": ""}
    return gettext("{who}: {reason}").format(who=who, reason=why_sentence(why, params, tool=tool))
