"""What a check is, and what two reads of the same company are compared by."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from rollcall.project.conformance.subject import Read, Subject, came, key, must_come


class Failed(Exception):
    """The connector does not do what it must; the text says what was seen."""


class NotApplicable(Exception):
    """The tool has nothing that this check is about; the text says why."""


class Check(Struct, frozen=True, kw_only=True):
    """A check by the sentence that holds when it passes."""

    title: str
    run: Callable[[Subject], str]
    # needs a stand-in that can be told to misbehave
    stand_in: bool = True
    # the stand-in has more people than fit on two pages
    several_pages: bool = False
    # what it does to the stand-in is not undone by switching faults off
    alters: bool = False


def all_there(found: Read, truth: list[dict[str, Any]]) -> None:
    """Nobody who must come is missing, and nobody came who is not there. Raises ``Failed``."""
    missing = must_come(truth) - came(found)
    if missing:
        raise Failed(f"{missing.total()} people of {len(truth)} are missing")
    strangers = len(found.employees) - len(truth)
    if strangers > 0:
        raise Failed(f"{strangers} people too many")


def by_name(truth: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return people by what they are recognised by, without those who share it."""
    names = Counter(key(one["first_name"], one["last_name"]) for one in truth)
    found = {key(one["first_name"], one["last_name"]): one for one in truth}
    return {name: one for name, one in found.items() if names[name] == 1}
