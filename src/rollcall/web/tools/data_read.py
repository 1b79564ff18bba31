"""The data that a tool is asked for, in the reader's words: what for, what is lost without, which permission (S12)."""

from typing import Any, Final

from django.utils.translation import gettext

from rollcall.connections.gallery import DataField, Tool

_SENSITIVE: Final = frozenset({"bank_account", "personal_email"})


def texts(tool: Tool, left_out: frozenset[str]) -> list[dict[str, Any]]:
    """Return each kind of data in the reader's language; ``left_out`` are those not to be read, by first field."""
    return [
        {
            "name": one.fields[0],
            "label": gettext(one.label),
            "why": gettext(one.why),
            "permission": gettext(one.permission) if one.permission else "",
            "without": without(one),
            "optional": one.optional,
            "read": one.fields[0] not in left_out,
            "group": _group(one),
        }
        for one in tool.data
    ]


def _group(one: DataField) -> str:
    if not one.optional:
        return "needed"
    return "sensitive" if _SENSITIVE & set(one.fields) else "useful"


def grouped(data: list[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the kinds of data in three groups, each with a title and what it means for the admin."""
    titles = {
        "needed": (gettext("Needed"), gettext("Without these nobody can be invited or archived.")),
        "useful": (gettext("Useful"), gettext("Leave out what you do not want here.")),
        "sensitive": (gettext("Sensitive"), gettext("Private details: leave out what you do not need.")),
    }
    found = [
        (title, meaning, [one for one in data if one["group"] == key])
        for key, (title, meaning) in titles.items()
    ]
    return [one for one in found if one[2]]


def without(one: DataField) -> str:
    """Return what does not work without this data; empty where it is always needed and nothing is said."""
    if one.without:
        return gettext(one.without)
    return gettext("Stays as it is in Rollcall.") if one.optional else ""


def permissions(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each permission once, in the order of the data it brings; what is left out needs none."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in data:
        if one["read"] and one["permission"]:
            found.setdefault(one["permission"], []).append(one)
    return [{"name": name, "brings": brings} for name, brings in found.items()]
