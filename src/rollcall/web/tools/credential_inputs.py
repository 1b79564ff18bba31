"""The inputs of the connect dialog: which there are for a tool, and which still wait to be filled in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from rollcall.connections.gallery import CredentialField, Tool


def inputs(tool: Tool, values: Mapping[str, str], wrong: str = "") -> dict[str, Any]:
    """Return the inputs: those of the usual way, and those of each other way in which the tool can be connected.

    ``wrong`` names the one that an error is about.
    """
    ways = tool.ways or (tuple(one.name for one in tool.credentials),)
    usual = set(ways[0]) | {one.name for one in tool.credentials if one.required}
    shown = {one.name: _input(one, values, required=one.name in usual) for one in tool.credentials}
    if wrong in shown:
        shown[wrong]["wrong"] = True
    others = [[shown[name] for name in way if name not in usual] for way in ways[1:]]
    return {
        "fields": [one for name, one in shown.items() if name in usual],
        "other_ways": [
            {
                "fields": way,
                "labels": ", ".join(one["label"] for one in way),
                "begun": any(values.get(one["name"], "").strip() for one in way),
            }
            for way in others
        ],
    }


def _input(one: CredentialField, values: Mapping[str, str], *, required: bool) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": gettext(one.label),
        "help": gettext(one.help) if one.help else "",
        "example": one.example,
        "secret": one.kind == "secret",
        # a secret is never sent back
        "value": "" if one.kind == "secret" else values.get(one.name, ""),
        "suffix": one.suffixes[0] if one.suffixes else "",
        # with several ways the browser cannot know which one is meant
        "required": required and one.required,
    }


def missing(tool: Tool, values: Mapping[str, str]) -> CredentialField | None:
    """Return an input that has to be filled in still, of the way that was begun."""
    filled = {name for name, value in values.items() if value.strip()}
    needed = {one.name for one in tool.credentials if one.required}
    if tool.ways and not any(filled >= set(way) for way in tool.ways):
        needed |= set(max(tool.ways, key=lambda way: len(filled & set(way))))
    return next((one for one in tool.credentials if one.name in needed - filled), None)
