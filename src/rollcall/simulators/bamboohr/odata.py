"""The filters of BambooHR's datasets: `status eq 'Active' and lastChanged gt '2026-11-21T00:00:00+00:00'`.

Operators as documented: eq, ne, lt, le, gt, ge, in, and, or, brackets. Values compare as text, times as
times.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Predicate: TypeAlias = Callable[[T], bool]
Getter: TypeAlias = Callable[[T], object]
_Tokens: TypeAlias = list[tuple[str, str]]

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([(),])|([^\s(),']+))")
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


class BadFilter(Exception):
    """The filter cannot be read or names a field that does not exist."""


def predicate(text: str, field: Callable[[str], Getter[T] | None]) -> Predicate[T]:
    """The filter as a function of one row; `field` finds the getter of a field. Raises `BadFilter`."""
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    found, rest = _either(tokens, field)
    if rest:
        raise BadFilter(text)
    return found


def _token(match: re.Match[str]) -> tuple[str, str]:
    if match[1] is not None:
        return "value", match[1].replace("''", "'")
    return ("mark", match[2]) if match[2] else ("word", match[3])


def _either(tokens: _Tokens, field: Callable[[str], Getter[T] | None]) -> tuple[Predicate[T], _Tokens]:
    left, tokens = _both(tokens, field)
    while tokens[:1] == [("word", "or")]:
        right, tokens = _both(tokens[1:], field)
        left = _joined(left, right, either=True)
    return left, tokens


def _both(tokens: _Tokens, field: Callable[[str], Getter[T] | None]) -> tuple[Predicate[T], _Tokens]:
    left, tokens = _term(tokens, field)
    while tokens[:1] == [("word", "and")]:
        right, tokens = _term(tokens[1:], field)
        left = _joined(left, right, either=False)
    return left, tokens


def _joined(left: Predicate[T], right: Predicate[T], *, either: bool) -> Predicate[T]:
    if either:
        return lambda row: left(row) or right(row)
    return lambda row: left(row) and right(row)


def _term(tokens: _Tokens, field: Callable[[str], Getter[T] | None]) -> tuple[Predicate[T], _Tokens]:
    if tokens[:1] == [("mark", "(")]:
        inner, rest = _either(tokens[1:], field)
        if rest[:1] != [("mark", ")")]:
            raise BadFilter("bracket")
        return inner, rest[1:]
    if not tokens[2:] or tokens[0][0] != "word" or tokens[1][0] != "word":
        raise BadFilter("term")
    getter = field(tokens[0][1])
    if getter is None:
        raise BadFilter(tokens[0][1])
    if tokens[1][1] == "in":
        return _one_of(getter, tokens[2:])
    compare = _COMPARE.get(tokens[1][1])
    if compare is None or tokens[2][0] == "mark":
        raise BadFilter(tokens[1][1])
    wanted = _comparable(tokens[2][1])
    return (lambda row: compare(_comparable(getter(row)), wanted)), tokens[3:]


def _one_of(getter: Getter[T], tokens: _Tokens) -> tuple[Predicate[T], _Tokens]:
    end = next((i for i, token in enumerate(tokens) if token == ("mark", ")")), None)
    if end is None or tokens[0] != ("mark", "("):
        raise BadFilter("in")
    wanted = {_comparable(text) for kind, text in tokens[1:end] if kind != "mark"}
    return (lambda row: _comparable(getter(row)) in wanted), tokens[end + 1 :]


def _comparable(value: object) -> str:
    text = "" if value is None else str(value)
    if text[10:] and text[4:5] == "-" and "T" in text:
        try:
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
        except ValueError:
            return text
    return text
