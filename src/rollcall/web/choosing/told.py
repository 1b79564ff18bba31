"""Settings in words, line by line, and in which lines two of them differ."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from msgspec import Struct

from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.scope import Condition, Everybody, sends_managers
from rollcall.engine.settings import AtOnce, Ownership, Settings
from rollcall.sync.words.sentences import field_label
from rollcall.web.words import attribute_label, value_label

OWNERS: Final = {
    Ownership.HR: _("From the HR tool"),
    Ownership.AT_CREATION: _("From the HR tool at creation only"),
    Ownership.NOT_READ: _("Not read"),
}


class Differing(Struct, frozen=True, kw_only=True):
    """One line of two settings that differ."""

    label: str
    theirs: str
    yours: str


def settings_in_words(settings: Settings, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return label to text, in the order of the page; ``names`` has those of employees who are named by hand."""
    return {
        gettext("Employees"): _chosen(settings),
        gettext("Named people"): _named(settings, names or {}),
        gettext("Line managers"): gettext("Read and set")
        if sends_managers(settings.scope)
        else pgettext("line managers", "Not read"),
        gettext("When people are hired"): _hired(settings),
        gettext("Domains of your company"): ", ".join(settings.domains) or pgettext("domains", "All"),
        gettext("When people leave"): (
            gettext("Archived automatically") if settings.archive_inactive else gettext("Not archived")
        ),
        gettext("Details"): _details(settings),
    }


def differing(theirs: Settings, yours: Settings, names: Mapping[str, str] | None = None) -> list[Differing]:
    """Return the lines in which the two differ."""
    one, other = settings_in_words(theirs, names), settings_in_words(yours, names)
    return [
        Differing(label=label, theirs=one[label], yours=other[label])
        for label in one
        if one[label] != other[label]
    ]


def condition_in_words(one: Condition) -> str:
    """Return “Work location is one of: Paris, Lyon”."""
    values = ", ".join(value_label(one.attribute, value) for value in one.values)
    words = (
        gettext("%(attribute)s is none of: %(values)s")
        if one.test == "none_of"
        else gettext("%(attribute)s is one of: %(values)s")
    )
    return words % {"attribute": attribute_label(one.attribute), "values": values}


def _chosen(settings: Settings) -> str:
    if isinstance(settings.scope, Everybody):
        return gettext("All employees")
    return "; ".join(condition_in_words(one) for one in settings.scope.conditions)


def _named(settings: Settings, names: Mapping[str, str]) -> str:
    words = {"add": gettext("Added: %(names)s"), "keep_out": gettext("Kept out: %(names)s")}
    told = []
    for act, sentence in words.items():
        people = [
            f"{names.get(one.employee_id, one.employee_id)} ({one.reason})"
            for one in settings.exceptions
            if one.act == act
        ]
        if people:
            told.append(sentence % {"names": ", ".join(people)})
    return "; ".join(told) or gettext("Nobody")


def _hired(settings: Settings) -> str:
    if isinstance(settings.invite, AtOnce):
        return gettext("Invited as soon as they appear")
    days = settings.invite.days
    if not days:
        return gettext("Invited on their start date")
    return ngettext(
        "Invited %(n)s day before their start date", "Invited %(n)s days before their start date", days
    ) % {"n": days}


def _details(settings: Settings) -> str:
    told = [
        f"{field_label(name)}: {OWNERS[settings.fields[name]]}"
        for name in OWNED_FIELDS
        if settings.fields.get(name, Ownership.HR) is not Ownership.HR
    ]
    return "; ".join(told) or gettext("All from the HR tool")
