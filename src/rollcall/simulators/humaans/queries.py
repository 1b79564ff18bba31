"""Humaans' filters in the query: `field=x`, `field[$in]=x`, `field[$gt]=x` and so on."""

import re
from collections.abc import Callable

from rollcall.simulators.humaans.records import Getter
from rollcall.simulators.people import Person
from rollcall.simulators.wire import Request

_NAME = re.compile(r"(\w+)(?:\[(\$\w+)\](?:\[\d*\])?)?")
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "$gt": lambda value, wanted: value > wanted,
    "$gte": lambda value, wanted: value >= wanted,
    "$lt": lambda value, wanted: value < wanted,
    "$lte": lambda value, wanted: value <= wanted,
    "$ne": lambda value, wanted: value != wanted,
}


class BadQuery(Exception):
    """A field or an operator that cannot be filtered by."""


def tests(request: Request, fields: dict[str, Getter]) -> list[Callable[[Person], bool]]:
    """One test a filter; `$limit` and `$skip` are none. Raises `BadQuery`."""
    made: list[Callable[[Person], bool]] = []
    choices: dict[str, set[str]] = {}
    for name, text in request.query:
        if name.startswith(("$limit", "$skip", "$sort")):
            continue
        match = _NAME.fullmatch(name)
        if match is None or match[1] not in fields:
            raise BadQuery(name)
        if match[2] in (None, "$in"):
            choices.setdefault(match[1], set()).update([text] if match[2] is None else text.split(","))
        elif match[2] in _COMPARE:
            made.append(_comparing(fields[match[1]], _COMPARE[match[2]], text))
        else:
            raise BadQuery(name)
    made += [_one_of(fields[name], wanted) for name, wanted in choices.items()]
    return made


def _comparing(get: Getter, compare: Callable[[str, str], bool], wanted: str) -> Callable[[Person], bool]:
    def test(person: Person) -> bool:
        value = get(person)
        return value is not None and compare(value, wanted)

    return test


def _one_of(get: Getter, wanted: set[str]) -> Callable[[Person], bool]:
    return lambda person: get(person) in wanted
