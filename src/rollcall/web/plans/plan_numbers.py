"""The numbers people decide on, in the words of the button that acts on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from rollcall.engine.change import ACTING, Kind
from rollcall.sync.models import Plan
from rollcall.sync.plans.doubtful import counts_without
from rollcall.sync.words.sentences import field_label
from rollcall.web.choosing.choices import described
from rollcall.web.words import value_label


def numbers(counts: Mapping[str, int], always: Sequence[Kind] = ()) -> str:
    """Return “invite 210, manage 25”: every kind that happens, and the kinds of ``always`` even if they don't."""
    words = {
        Kind.CREATE: gettext("invite %(n)s"),
        Kind.LINK: gettext("manage %(n)s"),
        Kind.UPDATE: gettext("update %(n)s"),
        Kind.REACTIVATE: gettext("bring back %(n)s"),
        Kind.ARCHIVE: gettext("archive %(n)s"),
        Kind.RELEASE: gettext("stop managing %(n)s"),
    }
    return ", ".join(
        said % {"n": counts.get(kind, 0)}
        for kind, said in words.items()
        if counts.get(kind) or kind in always
    )


def button(made: Plan) -> str:
    """Return what the button says that confirms the whole plan."""
    if not made.counts.get("acting"):
        return gettext("Confirm these settings") if made.for_settings else gettext("Confirm")
    if made.undoes_id is not None:
        return gettext("Undo: %(numbers)s") % {"numbers": numbers(made.counts)}
    # Who changes settings decides on noughts too: "archive 0" is what they hoped to read.
    always = (Kind.CREATE, Kind.LINK, Kind.ARCHIVE) if made.for_settings else ()
    return gettext("Confirm: %(numbers)s") % {"numbers": numbers(made.counts, always)}


def rest(made: Plan) -> dict[str, int]:
    """Return the changes that are left without the doubtful ones; nothing if there is no such choice."""
    if not made.breaches or made.undoes_id is not None:
        return {}
    left = counts_without(made)
    return {} if sum(left.values()) == made.counts.get("acting") else left


def rest_button(left: Mapping[str, int]) -> str:
    """Return what the button says that confirms the rest alone; empty when there is nothing left."""
    if not left:
        return ""
    return gettext("Confirm only the rest: %(numbers)s") % {"numbers": numbers(left)}


def acting(counts: Mapping[str, int]) -> list[tuple[int, Kind]]:
    """Return how many changes there are of each kind that has any."""
    return [(counts[kind], kind) for kind in ACTING if counts.get(kind)]


def scope_of(settings: Mapping[str, Any]) -> list[str]:
    """Return the filter's conditions as sentences, none for everybody."""
    said = []
    for one in described(settings.get("scope", {})):
        values = ", ".join(value_label(one["attribute"], value) for value in one["values"])
        words = (
            gettext("%(attribute)s is none of: %(values)s")
            if one["test"] == "none_of"
            else gettext("%(attribute)s is one of: %(values)s")
        )
        said.append(words % {"attribute": field_label(one["attribute"]), "values": values})
    return said
