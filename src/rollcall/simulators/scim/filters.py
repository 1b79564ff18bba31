"""SCIM's filters (RFC 7644, 3.4.2.2): comparisons with and, or, not and brackets, attribute names in any case.

Only attributes that a provider would have an index for; anything else is refused as `invalidFilter`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from rollcall.simulators.people import Person

Predicate: TypeAlias = Callable[[Person], bool]
Value: TypeAlias = str | bool | datetime
_Attributes: TypeAlias = dict[str, Callable[[Person], Value | None]]
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:"
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[()]|[^\s()"]+)')
_ORDERED = ("gt", "ge", "lt", "le")


class BadFilter(Exception):
    """The filter cannot be read, or names an attribute that cannot be searched."""


def predicate(text: str, attributes: _Attributes) -> Predicate:
    """The filter as a function of a person; `attributes` by lower-case path. Raises `BadFilter`."""
    tokens = _TOKEN.findall(text)
    if _TOKEN.sub("", text).strip():  # a quote that is not closed
        raise BadFilter(text)
    found, rest = _either(tokens, attributes)
    if rest:
        raise BadFilter(text)
    return found


def _either(tokens: list[str], attributes: _Attributes) -> tuple[Predicate, list[str]]:
    left, rest = _both(tokens, attributes)
    while rest and rest[0].lower() == "or":
        right, rest = _both(rest[1:], attributes)
        left = _joined(left, right, any)
    return left, rest


def _both(tokens: list[str], attributes: _Attributes) -> tuple[Predicate, list[str]]:
    left, rest = _term(tokens, attributes)
    while rest and rest[0].lower() == "and":
        right, rest = _term(rest[1:], attributes)
        left = _joined(left, right, all)
    return left, rest


def _joined(left: Predicate, right: Predicate, how: Callable[[tuple[bool, bool]], bool]) -> Predicate:
    return lambda person: how((left(person), right(person)))


def _term(tokens: list[str], attributes: _Attributes) -> tuple[Predicate, list[str]]:
    if not tokens:
        raise BadFilter("end")
    if tokens[0].lower() == "not":
        inner, rest = _term(tokens[1:], attributes)
        return (lambda person: not inner(person)), rest
    if tokens[0] == "(":
        inner, rest = _either(tokens[1:], attributes)
        if rest[:1] != [")"]:
            raise BadFilter("bracket")
        return inner, rest[1:]
    get = attributes.get(tokens[0].lower().removeprefix(_ENTERPRISE))
    if get is None or len(tokens) < 2:
        raise BadFilter(tokens[0])
    comparison = tokens[1].lower()
    if comparison == "pr":
        return (lambda person: get(person) not in (None, "")), tokens[2:]
    if len(tokens) < 3:
        raise BadFilter(comparison)
    return _comparing(get, comparison, tokens[2]), tokens[3:]


def _comparing(get: Callable[[Person], Value | None], comparison: str, literal: str) -> Predicate:
    wanted = _literal(literal)
    if comparison not in ("eq", "ne", "co", "sw", "ew", *_ORDERED):
        raise BadFilter(comparison)

    def compare(person: Person) -> bool:
        value = get(person)
        if value is None:
            return comparison == "ne"
        return _holds(value, wanted, comparison)

    return compare


def _literal(text: str) -> str:
    if text.startswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if text.lower() in ("true", "false", "null") or text.isdigit():
        return text.lower()
    raise BadFilter(text)


def _holds(value: Value, wanted: str, comparison: str) -> bool:
    if isinstance(value, datetime):
        left, right = value.isoformat(), _moment(wanted)
    else:
        left, right = str(value).casefold(), wanted.casefold()
    table = {
        "eq": left == right,
        "ne": left != right,
        "co": right in left,
        "sw": left.startswith(right),
        "ew": left.endswith(right),
        "gt": left > right,
        "ge": left >= right,
        "lt": left < right,
        "le": left <= right,
    }
    return table[comparison]


def _moment(text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter(text) from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
